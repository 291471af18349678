using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Gives an expression its meaning on a sample. Concatenations have no single law; their parts are bound one by one.</summary>
internal static class ContextBinding
{
    /// <summary>Rows whose distances the median heuristic looks at; more are thinned evenly.</summary>
    private const int MedianRows = 2000;

    /// <summary>Rows whose neighbours are searched for exactly to measure the recall of an approximate search, and the stream they are drawn from.</summary>
    private const int RecallRows = 1000;

    private const ulong RecallStream = 0x72656361;

    /// <summary>Rows whose neighbours the other heuristic looks at, among all rows.</summary>
    private const int NeighborRows = 500;

    /// <summary>The law of a context on a sample; the device finds neighbours.</summary>
    /// <exception cref="InputException">The sample does not have what the context needs.</exception>
    public static BoundContext Bind(Context context, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken) =>
        Bind(context, sample, null, device, cancellationToken);

    // Masses of the rows that the context starts from are needed where features have to be centred; null for equal ones.
    private static BoundContext Bind(Context context, ContextSample sample, double[]? mass, ComputeDevice device, CancellationToken cancellationToken) => context switch
    {
        KnnContext knn => BindKnn(knn, sample, device, cancellationToken),
        RbfContext rbf => BindRbf(rbf, sample),
        LocallyScaledContext local => BindLocal(local, sample, device, cancellationToken),
        CosineContext cosine => ProjectedContext.Of(BindRbf(new RbfContext(0.5 * cosine.Gamma), UnitLength(cosine, sample)), rows => UnitLength(cosine, rows)),
        LabelsContext labels => BindLabels(labels, sample),
        GraphContext graph => BindGraph(graph, sample),
        ConvolutionContext chain => BindChain(chain, sample, mass, device, cancellationToken),
        CombinationContext sum => BindCombination(sum, sample, mass, device, cancellationToken),
        TeacherContext or KernelContext or LinearTargetContext => BindDual(context, sample, mass, device),
        TargetContext target => BindTarget(target, sample),
        SoftLabelsContext soft => BindSoftLabels(soft, sample),
        PairsContext pairs => BindPairs(pairs, sample, device, cancellationToken),
        NoiseContext noise => NoiseBinding.Bind(noise, sample),
        ViewsContext views => NoiseBinding.Bind(views, sample),
        TokensContext tokens => TokenBinding.Bind(tokens, sample),
        ScarfContext scarf => TokenBinding.Bind(scarf, sample),
        CutoutContext cutout => TokenBinding.Bind(cutout, sample),
        CutMixContext cutmix => CutMixBinding.Bind(cutmix, sample),
        MaskContext mask when ContextTree.Leaves(mask).Any(FeatureBinding.IsDual) => throw new InputException(
            $"{mask}: what follows a mask must be a law of A given the visible columns; a dual kernel has none"),
        MaskContext mask => TokenBinding.Bind(
            mask, sample, (then, seen) => Bind(then, seen, device, cancellationToken), device.Description.PreferredStorage(), cancellationToken),
        CustomContext custom => BindCustom(custom, sample),
        _ => throw new ArgumentException($"'{context}' has no single law", nameof(context)),
    };

    /// <summary>The context with every heuristic for a scale replaced by the number it gives on this sample.</summary>
    public static Context Resolve(Context context, ContextSample sample) => ContextTree.Replace(context, leaf => leaf switch
    {
        RbfContext { Gamma: null } rbf => new RbfContext(Scale(rbf, sample), rbf.Kind),
        PairsContext pairs => new PairsContext(pairs.File, Resolve(pairs.Then, Partner(pairs, sample))),
        _ => leaf,
    });

    /// <summary>The context with every approximate search replaced by the exact one.</summary>
    public static Context WithExactSearches(Context context) => ContextTree.Replace(context, leaf => leaf switch
    {
        KnnContext knn => knn.WithExactSearch(),
        PairsContext pairs => new PairsContext(pairs.File, WithExactSearches(pairs.Then)),
        _ => leaf,
    });

    private static SparseContext BindKnn(KnnContext knn, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken)
    {
        RefuseConstant(knn, sample);
        int most = knn.IncludeSelf ? sample.Rows : sample.Rows - 1;
        if (knn.K > most)
            throw new InputException($"{knn}: k is {knn.K}, but there are {sample.Rows} rows; at most {most} neighbours exist");
        if (knn.Metric == NeighborMetric.Cosine)
            RefuseZeroRows(knn, sample);
        if (knn.Counted != KnnGraph.Directed)
            return NeighborGraph.Bind(knn, sample, device, cancellationToken);
        NeighborRecall? recall = null;
        return new SparseContext(new(() => Law(sample, true, device, cancellationToken)), (rows, on) => Law(rows, false, on, CancellationToken.None), () => recall)
        {
            Rows = sample.Rows,
            Atoms = sample.Rows,
            Space = BoundContext.SampleSpace,
        };

        // Without itself, a row of the sample is left out by its number, not by its place among the neighbours; of a new row, the first row of the sample that equals it.
        CompressedRows Law(ContextSample queries, bool isSample, ComputeDevice on, CancellationToken token)
        {
            int n = queries.Rows, k = knn.K, width = knn.IncludeSelf ? k : k + 1;
            if ((long)n * width > Array.MaxLength)
                throw new InputException($"{knn}: {n} rows with {width} neighbours each are {(long)n * width}; at most {Array.MaxLength} can be held");
            if (!isSample && knn.Metric == NeighborMetric.Cosine)
                RefuseZeroRows(knn, queries);
            int[] found = new int[n * width];
            var distances = new double[found.Length];
            if (isSample && knn.Search == KnnSearch.Approximate)
            {
                ApproximateNeighbors.Search(sample.Values, sample.Dimension, width, knn.Metric, knn.Seed, found, distances, token);
                recall = ApproximateNeighbors.IsExact(n, width)
                    ? NeighborRecall.Complete(n)
                    : MeasureRecall(on, sample, width, knn.Metric, knn.Seed, distances, found, token);
            }
            else
            {
                on.NearestNeighbors(queries.Values, sample.Values, sample.Dimension, width, knn.Metric, found, distances, token);
            }
            int[] columns = knn.IncludeSelf ? found : WithoutSelf(found, distances, n, k, isSample);
            var starts = new int[n + 1];
            for (int i = 0; i < n; i++)
            {
                columns.AsSpan(i * k, k).Sort();
                starts[i + 1] = (i + 1) * k;
            }
            // The distances have served; their memory takes the probabilities.
            double[] values = distances.Length == columns.Length ? distances : new double[columns.Length];
            if (sample.Mass is { } mass)
                ShareByMass(mass, columns, k, values);
            else
                Array.Fill(values, 1.0 / k);
            return new CompressedRows(n, sample.Rows, starts, columns, values);
        }
    }

    private static void ShareByMass(double[] mass, int[] columns, int k, double[] values)
    {
        for (int start = 0; start < columns.Length; start += k)
        {
            double sum = 0;
            for (int e = start; e < start + k; e++)
                sum += values[e] = mass[columns[e]];
            TensorPrimitives.Divide(values.AsSpan(start, k), sum, values.AsSpan(start, k));
        }
    }

    // Searches exactly for the neighbours of some rows, and compares with the approximate ones, (rows, k), a row itself included.
    private static NeighborRecall MeasureRecall(
        ComputeDevice device, ContextSample sample, int k, NeighborMetric metric, ulong seed, ReadOnlySpan<double> distances, ReadOnlySpan<int> found, CancellationToken cancellationToken)
    {
        int d = sample.Dimension;
        int[] rows = Spectral.Landmarks.Uniform(sample.Rows, Math.Min(sample.Rows, RecallRows), seed ^ RecallStream), exact = new int[rows.Length * k];
        double[] queries = new double[rows.Length * d], least = new double[exact.Length];
        for (int r = 0; r < rows.Length; r++)
            sample.Values.AsSpan(checked(rows[r] * d), d).CopyTo(queries.AsSpan(r * d));
        device.NearestNeighbors(queries, sample.Values, d, k, metric, exact, least, cancellationToken);
        double sum = 0;
        for (int r = 0; r < rows.Length; r++)
        {
            int right = 0, others = 0, start = rows[r] * k;
            for (int e = 0; e < k; e++)
            {
                others += exact[(r * k) + e] != rows[r] ? 1 : 0;
                right += found[start + e] != rows[r] && distances[start + e] <= least[(r * k) + k - 1] ? 1 : 0;
            }
            sum += others == 0 ? 1 : Math.Min(1, (double)right / others);
        }
        return NeighborRecall.Of(sum / rows.Length, rows.Length);
    }

    /// <summary>The first k of k + 1 neighbours that are not the query itself, row-major (n, k).</summary>
    /// <param name="found">Neighbours, nearest first, (n, k + 1).</param>
    /// <param name="distances">Their distances.</param>
    /// <param name="n">Queries.</param>
    /// <param name="k">Neighbours wanted.</param>
    /// <param name="isSample">Whether the queries are the rows that were searched, so that each knows itself by its number; otherwise one that equals it stands for it.</param>
    internal static int[] WithoutSelf(int[] found, double[] distances, int n, int k, bool isSample)
    {
        var others = new int[n * k];
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<int> candidates = found.AsSpan(i * (k + 1), k + 1);
            int self = isSample ? candidates.IndexOf(i) : distances[i * (k + 1)] == 0 ? 0 : -1;
            Span<int> row = others.AsSpan(i * k, k);
            int before = self < 0 ? k : self;
            candidates[..before].CopyTo(row);
            candidates[Math.Min(before + 1, k + 1)..].CopyTo(row[before..]);
        }
        return others;
    }

    /// <summary>The cosine needs rows that have a direction.</summary>
    internal static void RefuseZeroRows(KnnContext knn, ContextSample sample)
    {
        for (int i = 0; i < sample.Rows; i++)
        {
            if (!sample.Values.AsSpan((int)((long)i * sample.Dimension), sample.Dimension).ContainsAnyExcept(0.0))
                throw new InputException($"{knn}: row {i} (counted from 0) is zero; it has no direction, so no cosine distance");
        }
    }

    private static RadialContext BindRbf(RbfContext rbf, ContextSample sample)
    {
        RefuseConstant(rbf, sample);
        var kernel = new RadialKernel(rbf.Kind, rbf.Gamma ?? Scale(rbf, sample));
        return new RadialContext(kernel, sample) { Rows = sample.Rows, Atoms = sample.Rows, Space = BoundContext.SampleSpace };
    }

    private static LocallyScaledRadialContext BindLocal(LocallyScaledContext local, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken)
    {
        RefuseConstant(local, sample);
        return LocalScaleBinding.Bind(local, sample, device, cancellationToken);
    }

    private static SparseContext BindLabels(LabelsContext labels, ContextSample sample)
    {
        ClassColumn column = Classes(sample);
        if (column.Count < 2)
            throw new InputException($"{labels}: the column has {column.Count} class; at least 2 are needed");
        return new SparseContext(new(() => Law(column, sample.Rows)), (rows, _) => Law(Classes(rows), rows.Rows))
        {
            Rows = sample.Rows,
            Atoms = column.Count,
            Space = $"classes of {labels.Column}",
        };

        ClassColumn Classes(ContextSample rows) => rows.Classes.TryGetValue(labels.Column, out ClassColumn? found)
            ? found
            : throw new InputException($"{labels}: the data has no column '{labels.Column}'");

        CompressedRows Law(ClassColumn own, int rows)
        {
            int c = column.Count;
            int unseen = Array.FindIndex(own.Index, k => k < 0);
            if (unseen >= 0)
                throw new InputException($"{labels}: row {unseen} (counted from 0) has a class that the model was not fitted with");
            if (labels.Noise == 0)
                return new CompressedRows(rows, c, [.. Enumerable.Range(0, rows + 1)], own.Index.AsSpan().ToArray(), [.. Enumerable.Repeat(1.0, rows)]);
            var values = new double[checked(rows * c)];
            for (int i = 0; i < rows; i++)
                for (int k = 0; k < c; k++)
                    values[(i * c) + k] = k == own.Index[i] ? 1 - labels.Noise : labels.Noise / (c - 1);
            return new CompressedRows(rows, c, [.. Enumerable.Range(0, rows + 1).Select(i => i * c)], [.. Enumerable.Range(0, values.Length).Select(e => e % c)], values);
        }
    }

    private static ProjectedContext BindTarget(TargetContext target, ContextSample sample)
    {
        double[] own = Numbers(sample);
        double[] equal = new double[own.Length];
        Array.Fill(equal, 1.0 / own.Length);
        double mean = TensorPrimitives.Dot<double>(own, equal), scale = FeatureBinding.Deviation(own, mean, equal);
        if (!(scale > 16 * 2.3e-16 * Math.Abs(mean)))
            throw new InputException($"{target}: the column has the same number in all rows; at least one must differ");
        return ProjectedContext.Of(BindRbf(new RbfContext(0.5 / (target.Smoothing * target.Smoothing)), Seen(sample)), Seen);

        double[] Numbers(ContextSample rows) => rows.Targets.TryGetValue(target.Column, out double[]? found)
            ? found
            : throw new InputException($"{target}: the data has no column '{target.Column}'");

        ContextSample Seen(ContextSample rows) => rows.WithInputs(Array.ConvertAll(Numbers(rows), y => (y - mean) / scale), 1, null);
    }

    private static SparseContext BindSoftLabels(SoftLabelsContext soft, ContextSample sample)
    {
        int c = soft.Columns.Count;
        CompressedRows law = Law(sample);
        return new SparseContext(new(() => law), (rows, _) => Law(rows)) { Rows = sample.Rows, Atoms = c, Space = $"classes of {soft.Names}" };

        CompressedRows Law(ContextSample rows)
        {
            if (!rows.SoftLabels.TryGetValue(soft.Names, out double[]? probabilities))
                throw new InputException($"{soft}: the data does not have these columns");
            int[] starts = new int[rows.Rows + 1];
            var columns = new List<int>(probabilities.Length);
            var values = new List<double>(probabilities.Length);
            for (int i = 0; i < rows.Rows; i++)
            {
                for (int k = 0; k < c; k++)
                {
                    if (probabilities[(i * c) + k] is > 0 and var p)
                    {
                        columns.Add(k);
                        values.Add(p);
                    }
                }
                starts[i + 1] = columns.Count;
            }
            return new CompressedRows(rows.Rows, c, starts, [.. columns], [.. values]);
        }
    }

    private static ProjectedContext BindPairs(PairsContext pairs, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken)
    {
        ContextSample partner = Partner(pairs, sample);
        BoundContext then = Bind(pairs.Then, partner, device, cancellationToken);
        return new ProjectedContext(then, _ => throw new InputException(
            $"{pairs} is defined on the rows it was fitted with: a new row has no partner. Put a context that leads to rows before it, such as knn(k=5) * {pairs}"))
        {
            Rows = then.Rows,
            Atoms = then.Atoms,
            Space = $"{then.Space}, in {pairs.File}",
            AtomRows = then.Space == BoundContext.SampleSpace ? partner : null,
            InputWeights = then.InputWeights,
            Coordinates = then.Coordinates,
            Warnings = then.Warnings,
        };
    }

    private static ContextSample Partner(PairsContext pairs, ContextSample sample) =>
        sample.Partners.TryGetValue(pairs.File, out ContextSample? partner) ? partner : throw new InputException($"{pairs}: no second modality was given under this name");

    private static SparseContext BindCustom(CustomContext custom, ContextSample sample)
    {
        ContextLaw code = custom.Law ?? throw new InputException($"{custom}: the code of this law is not at hand; give it to Context.Custom, or to SpectralModel.Load with the file");
        CompressedRows law = Checked(sample, null);
        return new SparseContext(new(() => law), (rows, _) => Checked(rows, law.Columns)) { Rows = sample.Rows, Atoms = law.Columns, Space = $"values of {custom}" };

        CompressedRows Checked(ContextSample rows, int? atoms)
        {
            CompressedRows found = code.At(sample.Values, rows.Values, sample.Dimension);
            if (found.Rows != rows.Rows || (atoms is int count && found.Columns != count))
                throw new InputException($"{custom}: its law is ({found.Rows}, {found.Columns}); ({rows.Rows}, {(atoms is int expected ? expected : "atoms")}) was expected");
            for (int i = 0; i < found.Rows; i++)
            {
                ReadOnlySpan<double> row = found.Values.AsSpan(found.RowStarts[i]..found.RowStarts[i + 1]);
                double sum = TensorPrimitives.Sum(row);
                if (!(Math.Abs(sum - 1) <= 1e-9) || TensorPrimitives.Min(row) < 0)
                    throw new InputException($"{custom}: the probabilities of row {i} (counted from 0) must not be negative and must sum to 1; they sum to {sum}");
            }
            return found;
        }
    }

    private static SparseContext BindGraph(GraphContext graph, ContextSample sample)
    {
        if (!sample.Edges.TryGetValue(graph.File, out IReadOnlyList<(int From, int To, double Weight)>? edges))
            throw new InputException($"{graph}: no edges were given under this name");
        int n = sample.Rows;
        var weights = new SortedDictionary<int, double>[n];
        for (int i = 0; i < n; i++)
            weights[i] = [];
        for (int e = 0; e < edges.Count; e++)
        {
            (int from, int to, double weight) = edges[e];
            if ((uint)from >= (uint)n || (uint)to >= (uint)n)
                throw new InputException($"{graph}: edge {e} (counted from 0) joins {from} and {to}; rows are numbered 0 .. {n - 1}");
            if (!(weight > 0 && double.IsFinite(weight)))
                throw new InputException($"{graph}: edge {e} (counted from 0) has the weight {weight}; it must be positive and finite");
            weights[from][to] = weights[from].GetValueOrDefault(to) + weight;
            if (from != to && !graph.IsDirected)
                weights[to][from] = weights[to].GetValueOrDefault(from) + weight;
        }
        double[] degree = [.. weights.Select(w => w.Values.Sum())];
        int isolated = Array.FindIndex(degree, d => d == 0);
        if (isolated >= 0)
            throw new InputException($"{graph}: {(graph.IsDirected ? $"no edge leaves row {isolated}" : $"row {isolated} has no edge")} (counted from 0); every row needs at least one");
        double total = degree.Sum();
        if (!double.IsFinite(total))
            throw new InputException($"{graph}: the weights are too large to be added");
        int[] starts = new int[n + 1];
        for (int i = 0; i < n; i++)
            starts[i + 1] = checked(starts[i] + weights[i].Count);
        var law = new CompressedRows(
            n, n, starts, [.. weights.SelectMany(w => w.Keys)], [.. weights.SelectMany((w, i) => w.Values.Select(v => v / degree[i]))]);
        return new SparseContext(new(() => law), (_, _) => throw new InputException($"{graph} is defined on the rows it was fitted with; it has no law for new ones"))
        {
            Rows = n,
            Atoms = n,
            Space = BoundContext.SampleSpace,
            InputWeights = [.. degree.Select(d => d / total)],
        };
    }

    private static FeatureContext BindDual(Context context, ContextSample sample, double[]? mass, ComputeDevice device)
    {
        double[] weights = mass ?? EqualWeights.Of(sample.Rows);
        return context switch
        {
            TeacherContext teacher => FeatureBinding.Bind(teacher, sample, weights, device.LinearAlgebra),
            KernelContext kernel => FeatureBinding.Bind(kernel, sample, weights, device.LinearAlgebra),
            _ => FeatureBinding.Bind((LinearTargetContext)context, sample, weights),
        };
    }

    private static BoundContext BindChain(ConvolutionContext chain, ContextSample sample, double[]? mass, ComputeDevice device, CancellationToken cancellationToken)
    {
        BoundContext first = Bind(chain.Factors[0], sample, mass, device, cancellationToken);
        foreach (Context factor in chain.Factors.Skip(1))
        {
            if (first.Coordinates is not null)
                throw new InputException($"'{chain}': a factor leads to {first.Space}, a dual kernel with no probability of A given x, so nothing can follow it; put it last");
            if (first.Space != BoundContext.SampleSpace)
                throw new InputException($"'{chain}': a factor leads to {first.Space}, but the next one starts from {BoundContext.SampleSpace}; only a context that leads to rows can be followed by another");
            double[]? between = ContextTree.Leaves(factor).Any(FeatureBinding.IsDual) ? Reached(first, mass ?? EqualWeights.Of(sample.Rows), device) : null;
            BoundContext second = Bind(factor, sample, between, device, cancellationToken);
            first = new ConvolvedContext(first, second)
            {
                Rows = first.Rows,
                Atoms = second.Atoms,
                Space = second.Coordinates is null ? second.Space : $"{second.Space}, behind {chain}",
                InputWeights = Agreed([first, second]),
                Coordinates = second.Coordinates,
                Warnings = [.. first.Warnings, .. second.Warnings],
            };
        }
        return first;
    }

    // The probabilities of the rows that a context leads to.
    private static double[] Reached(BoundContext context, double[] weights, ComputeDevice device)
    {
        return device.Description.SupportsDouble ? On(device.Arithmetic<double>()) : On(device.Arithmetic<float>());

        double[] On<T>(Arithmetic<T> on)
            where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
        {
            context.Normalised(on, weights, out double[] mass).Dispose();
            return mass;
        }
    }

    private static BoundContext BindCombination(CombinationContext sum, ContextSample sample, double[]? mass, ComputeDevice device, CancellationToken cancellationToken)
    {
        (double Weight, BoundContext Part)[] parts = [.. sum.Terms.Select(p => (p.Weight, Bind(p.Part, sample, mass, device, cancellationToken)))];
        double[]? weights = Agreed([.. parts.Select(p => p.Part)]);
        var bySpace = new List<(double Weight, BoundContext Part)>();
        foreach (IGrouping<string, (double Weight, BoundContext Part)> group in parts.GroupBy(p => p.Part.Space))
        {
            double share = group.Sum(p => p.Weight);
            (double Weight, BoundContext Part)[] members = [.. group.Select(p => (p.Weight / share, p.Part))];
            bySpace.Add((share, members.Length == 1 ? members[0].Part : new MixedContext(members)
            {
                Rows = sample.Rows,
                Atoms = members[0].Part.Atoms,
                Space = group.Key,
                InputWeights = weights,
                Coordinates = members[0].Part.Coordinates,
                Warnings = [.. members.SelectMany(p => p.Part.Warnings)],
            }));
        }
        return bySpace.Count == 1
            ? bySpace[0].Part
            : new TaggedContext(bySpace)
            {
                Rows = sample.Rows,
                Atoms = bySpace.Sum(p => p.Part.Atoms),
                Space = $"the union behind '{sum}'",
                InputWeights = weights,
                Coordinates = bySpace.All(p => p.Part.Coordinates is null)
                    ? null
                    : [.. bySpace.SelectMany(p => (p.Part.Coordinates ?? new double[p.Part.Atoms]).Select(measure => p.Weight * measure))],
                Warnings = [.. bySpace.SelectMany(p => p.Part.Warnings)],
            };
    }

    // Weights of the rows that all parts agree on; equal weights where they do not.
    private static double[]? Agreed(IReadOnlyList<BoundContext> parts)
    {
        double[]? first = parts[0].InputWeights;
        return first is not null && parts.All(p => p.InputWeights is { } own && own.AsSpan().SequenceEqual(first)) ? first : null;
    }

    private static void RefuseConstant(Context context, ContextSample sample)
    {
        if (!sample.Varies)
            throw new InputException($"{context}: all {sample.Rows} rows have the same inputs; at least one column must vary");
    }

    private static ContextSample UnitLength(CosineContext cosine, ContextSample rows)
    {
        double[] values = (double[])rows.Values.Clone();
        for (int i = 0; i < rows.Rows; i++)
        {
            Span<double> row = values.AsSpan(i * rows.Dimension, rows.Dimension);
            // By the largest input first, so that no square overflows or vanishes.
            double largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(row));
            if (largest == 0)
                throw new InputException($"{cosine}: row {i} (counted from 0) is zero and has no direction");
            TensorPrimitives.Divide(row, largest, row);
            TensorPrimitives.Divide(row, TensorPrimitives.Norm<double>(row), row);
        }
        return rows.WithInputs(values, rows.Dimension, rows.ColumnStarts);
    }

    // One over the median of what the kernel takes (squared distances, sums of absolute differences, distances): over all pairs, or to the k-th nearest other row.
    private static double Scale(RbfContext rbf, ContextSample sample)
    {
        double median = rbf.Neighbor is int neighbor ? MedianToNeighbor(rbf, neighbor, sample) : MedianOfPairs(rbf, sample), gamma = 1 / median;
        return median > 0 && gamma > 0 && double.IsFinite(gamma)
            ? gamma
            : throw new InputException($"{rbf}: the median of {(rbf.Kind == RadialKernelKind.Gaussian ? "the squared distance" : "the distance")} {(rbf.Neighbor is int k ? $"to neighbour {k}" : "between rows")} is {median}; give gamma as a number");
    }

    private static double MedianToNeighbor(RbfContext rbf, int neighbor, ContextSample sample)
    {
        int n = sample.Rows;
        if (neighbor > n - 1)
            throw new InputException($"{rbf}: k is {neighbor}, but there are {n} rows; at most {n - 1} other rows exist");
        int step = Math.Max(1, (n + NeighborRows - 1) / NeighborRows);
        int[] rows = [.. Enumerable.Range(0, n).Where(i => i % step == 0)];
        var reached = new double[rows.Length];
        Parallel.For(0, rows.Length, i =>
        {
            // The k smallest so far, the largest of them first to go.
            var nearest = new PriorityQueue<double, double>(neighbor + 1);
            for (int j = 0; j < n; j++)
            {
                double delta = j == rows[i] ? double.PositiveInfinity : Delta(rbf.Kind, sample, rows[i], j);
                if (nearest.Count < neighbor)
                    nearest.Enqueue(delta, -delta);
                else if (delta < nearest.Peek())
                    nearest.EnqueueDequeue(delta, -delta);
            }
            reached[i] = nearest.Peek();
        });
        return Median(reached);
    }

    private static double Delta(RadialKernelKind kind, ContextSample sample, int i, int j)
    {
        int d = sample.Dimension;
        ReadOnlySpan<double> a = sample.Values.AsSpan((int)((long)i * d), d), b = sample.Values.AsSpan((int)((long)j * d), d);
        double sum = 0;
        for (int f = 0; f < d; f++)
        {
            double difference = a[f] - b[f];
            sum += kind == RadialKernelKind.Laplacian ? Math.Abs(difference) : difference * difference;
        }
        return kind == RadialKernelKind.Exponential ? Math.Sqrt(sum) : sum;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        int half = values.Length / 2;
        return values.Length == 0 ? 0 : values.Length % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
    }

    private static double MedianOfPairs(RbfContext rbf, ContextSample sample)
    {
        int step = Math.Max(1, (sample.Rows + MedianRows - 1) / MedianRows);
        int[] rows = [.. Enumerable.Range(0, sample.Rows).Where(i => i % step == 0)];
        var distances = new double[(long)rows.Length * (rows.Length - 1) / 2];
        int at = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = 0; j < i; j++)
                distances[at++] = Delta(rbf.Kind, sample, rows[i], rows[j]);
        }
        return Median(distances);
    }
}
