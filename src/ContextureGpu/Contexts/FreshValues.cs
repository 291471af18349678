using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// Draws values of A, as rows of inputs, by the law of a context itself: of continuous contexts not one of the finitely many values that stand for all in their operator, but a new one each time.
/// </summary>
internal abstract class FreshValues(int dimension)
{
    /// <summary>Numbers of a value.</summary>
    public int Dimension { get; } = dimension;

    /// <summary>Draws a value for a row of the sample.</summary>
    public abstract void Draw(int row, ref UniformDraws random, Span<double> value);

    /// <summary>The values of a context on a sample; none where they are no rows of inputs: classes, tokens that a mask leaves visible, a user's own.</summary>
    public static FreshValues? Of(Context context, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken)
    {
        switch (context)
        {
            case NoiseContext noise:
                return new NoisyValues(sample, [null], noise.Scale, noise.Sigma);
            case ViewsContext views:
                return new NoisyValues(sample, NoiseBinding.Maps(views, sample), 1, views.Sigma);
            case ScarfContext scarf:
                return new CorruptedValues(sample, scarf);
            case CutMixContext cutmix:
                return new MixedRows(sample, cutmix.Rate, CutMixBinding.Boxes(cutmix, sample));
            case PairsContext pairs:
                return Of(pairs.Then, sample.Partners[pairs.File], device, cancellationToken);
            case ConvolutionContext chain:
                Context before = Context.Convolve([.. chain.Factors.SkipLast(1)]);
                return Of(chain.Factors[^1], sample, device, cancellationToken) is { } last ? new ValuesBehind(ContextBinding.Bind(before, sample, device, cancellationToken), last) : null;
            case CombinationContext sum:
                FreshValues?[] parts = [.. sum.Terms.Select(t => Of(t.Part, sample, device, cancellationToken))];
                return parts[0] is { } first && Array.TrueForAll(parts, p => p?.Dimension == first.Dimension) ? new ValuesOfOne([.. sum.Terms.Select(t => t.Weight)], parts!) : null;
            default:
                BoundContext bound = ContextBinding.Bind(context, sample, device, cancellationToken);
                return bound.Space == BoundContext.SampleSpace ? new RowsOfSample(bound, sample) : null;
        }
    }

    /// <summary>Rows of the sample.</summary>
    private sealed class RowsOfSample(BoundContext bound, ContextSample sample) : FreshValues(sample.Dimension)
    {
        public override void Draw(int row, ref UniformDraws random, Span<double> value) => sample.Row(bound.DrawOne(row, ref random)).CopyTo(value);
    }

    /// <summary>A row or a view of it, with noise. A map has, for each pixel of a view, the pixel it comes from, or -1; none for the row as it is.</summary>
    private sealed class NoisyValues(ContextSample sample, int[]?[] maps, double scale, double sigma) : FreshValues(sample.Dimension)
    {
        public override void Draw(int row, ref UniformDraws random, Span<double> value)
        {
            int[]? map = maps.Length == 1 ? maps[0] : maps[(int)(random.Next() * maps.Length)];
            ReadOnlySpan<double> from = sample.Row(row);
            for (int f = 0; f < value.Length; f++)
                value[f] = (map is null ? scale * from[f] : map[f] < 0 ? 0 : from[map[f]]) + (sigma * random.Normal());
        }
    }

    /// <summary>A row with some columns replaced by values of their marginals.</summary>
    private sealed class CorruptedValues : FreshValues
    {
        private readonly ContextSample _sample;
        private readonly ScarfContext _scarf;

        // For each column that is one number: the ends of its range, or its mean and standard deviation; for the others, a row with each of its levels.
        private readonly (double First, double Second)[] _marginals;
        private readonly int[][] _levels;

        public CorruptedValues(ContextSample sample, ScarfContext scarf)
            : base(sample.Dimension)
        {
            (_sample, _scarf) = (sample, scarf);
            var table = new TokenTable(sample);
            int columns = table.Columns.Length;
            (_marginals, _levels) = (new (double, double)[columns], new int[columns][]);
            for (int c = 0; c < columns; c++)
            {
                int first = sample.ColumnStarts[c];
                double[] own = [.. Enumerable.Range(0, sample.Rows).Select(i => sample.Row(i)[first])];
                double mean = own.Average();
                _marginals[c] = scarf.Marginal == ScarfMarginal.Uniform ? (own.Min(), own.Max()) : (mean, Math.Sqrt(own.Average(v => (v - mean) * (v - mean))));
                int[] tokens = table.Columns[c];
                _levels[c] = scarf.Marginal == ScarfMarginal.Uniform ? [.. Enumerable.Range(0, table.Levels[c]).Select(level => Array.IndexOf(tokens, level))] : [];
            }
        }

        public override void Draw(int row, ref UniformDraws random, Span<double> value)
        {
            _sample.Row(row).CopyTo(value);
            for (int c = 0; c < _marginals.Length; c++)
            {
                if (random.Next() >= _scarf.Rate)
                    continue;
                int start = _sample.ColumnStarts[c], width = _sample.ColumnStarts[c + 1] - start;
                if (width == 1 && _scarf.Marginal == ScarfMarginal.Uniform)
                    value[start] = double.Lerp(_marginals[c].First, _marginals[c].Second, random.Next());
                else if (width == 1 && _scarf.Marginal == ScarfMarginal.Gaussian)
                    value[start] = _marginals[c].First + (_marginals[c].Second * random.Normal());
                else
                    _sample.Row(_levels[c] is { Length: > 0 } levels ? levels[(int)(random.Next() * levels.Length)] : (int)(random.Next() * _sample.Rows)).Slice(start, width).CopyTo(value[start..]);
            }
        }
    }

    /// <summary>A row with some columns, or the pixels of a box, of one other row.</summary>
    private sealed class MixedRows(ContextSample sample, double rate, bool[][]? boxes) : FreshValues(sample.Dimension)
    {
        public override void Draw(int row, ref UniformDraws random, Span<double> value)
        {
            sample.Row(row).CopyTo(value);
            ReadOnlySpan<double> other = sample.Row((int)(random.Next() * sample.Rows));
            bool[]? box = boxes?[(int)(random.Next() * boxes.Length)];
            for (int c = 0; c + 1 < sample.ColumnStarts.Length; c++)
            {
                if (box is null ? random.Next() < rate : box[c])
                    other[sample.ColumnStarts[c]..sample.ColumnStarts[c + 1]].CopyTo(value[sample.ColumnStarts[c]..]);
            }
        }
    }

    /// <summary>Values behind a row that another context leads to.</summary>
    private sealed class ValuesBehind(BoundContext before, FreshValues last) : FreshValues(last.Dimension)
    {
        public override void Draw(int row, ref UniformDraws random, Span<double> value) => last.Draw(before.DrawOne(row, ref random), ref random, value);
    }

    /// <summary>Values of one of several contexts at random.</summary>
    private sealed class ValuesOfOne(double[] weights, FreshValues[] parts) : FreshValues(parts[0].Dimension)
    {
        public override void Draw(int row, ref UniformDraws random, Span<double> value) => parts[random.Choose(weights)].Draw(row, ref random, value);
    }
}
