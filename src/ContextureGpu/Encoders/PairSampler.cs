using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>What the members of a group are; a pair is a group of two.</summary>
internal enum PairKind
{
    /// <summary>Values of A for the same x: the positive pairs of contrastive learning.</summary>
    Values,

    /// <summary>Rows that lead to the same value of A: the law of the dual kernel k_X.</summary>
    Rows,

    /// <summary>A row and a value of A that it leads to: pairs only.</summary>
    RowAndValue,
}

/// <summary>Draws groups.</summary>
internal interface IPairSampler
{
    /// <summary>Fills groups, which depend on their numbers alone: the same numbers give the same groups.</summary>
    /// <param name="start">Number of the first group.</param>
    /// <param name="members">Members of a group, at least 2.</param>
    /// <param name="ends">Receives all first members, then all second ones, and so on.</param>
    void Draw(long start, int members, Span<int> ends);
}

/// <summary>Draws groups from the law of a context on its sample, by inverting distribution functions.</summary>
internal sealed class LawSampler : IPairSampler
{
    /// <summary>The most probabilities that a law which is not stored by its non-zeros may have.</summary>
    public const long MostProbabilities = 1L << 26;

    private const ulong Stream = 0x7061_6972;
    private const int ColumnsAtOnce = 512;

    private readonly Philox _random;
    private readonly PairKind _kind;
    private readonly double[] _weights, _sums;
    private readonly CompressedRows _law;
    private readonly CompressedRows? _back;
    private readonly double[] _backSums;

    /// <param name="law">P, row-stochastic.</param>
    /// <param name="weights">Probabilities of the rows.</param>
    /// <param name="kind">What the members of a group are.</param>
    /// <param name="seed">Key of the draws.</param>
    public LawSampler(CompressedRows law, double[] weights, PairKind kind, ulong seed)
    {
        (_law, _kind, _random) = (law, kind, new Philox(seed, Stream));
        _weights = RunningSums(weights, [0, weights.Length]);
        _sums = RunningSums(law.Values, law.RowStarts);
        _backSums = [];
        if (kind != PairKind.Rows)
            return;
        var joint = (double[])law.Values.Clone();
        for (int i = 0; i < law.Rows; i++)
        {
            for (int e = law.RowStarts[i]; e < law.RowStarts[i + 1]; e++)
                joint[e] *= weights[i];
        }
        _back = new CompressedRows(law.Rows, law.Columns, law.RowStarts, law.ColumnIndices, joint).Transpose();
        _backSums = RunningSums(_back.Values, _back.RowStarts);
    }

    /// <summary>The law of a bound context by its non-zeros.</summary>
    /// <exception cref="InputException">It is dense and too large to be stored.</exception>
    public static CompressedRows LawOf<T>(BoundContext bound, Arithmetic<T> on)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        if (bound.StoredLaw is { } stored)
            return stored;
        if ((long)bound.Rows * bound.Atoms > MostProbabilities)
            throw new InputException($"the probabilities of {bound.Atoms} values for {bound.Rows} rows are too many to draw pairs from; train on all rows (no batches), or take knn");
        using LinearOperator<T> law = bound.OnSample(on);
        (int n, int m) = (law.Rows, law.Columns);
        int[] starts = new int[n + 1];
        var columns = new List<int>(m);
        var values = new List<double>(m);
        for (int start = 0; start < n; start += ColumnsAtOnce)
        {
            int count = Math.Min(ColumnsAtOnce, n - start);
            var indicators = new double[(long)n * count];
            for (int c = 0; c < count; c++)
                indicators[((start + c) * count) + c] = 1;
            using DeviceMatrix<T> x = on.UploadMatrix<T>(indicators, n, count), y = on.Allocate(m, count);
            law.ApplyAdjoint(x, y);
            double[] rows = on.DownloadDouble(y);
            for (int c = 0; c < count; c++)
            {
                for (int a = 0; a < m; a++)
                {
                    if (rows[(a * count) + c] is > 0 and var p)
                    {
                        columns.Add(a);
                        values.Add(p);
                    }
                }
                starts[start + c + 1] = columns.Count;
            }
        }
        return new CompressedRows(n, m, starts, [.. columns], [.. values]);
    }

    public void Draw(long start, int members, Span<int> ends)
    {
        int groups = ends.Length / members;
        for (int g = 0; g < groups; g++)
        {
            long at = (members + 1) * (start + g);
            int row = Inverse(_weights, 0, _weights.Length, _random.Uniform(at)), value = Value(row, _random.Uniform(at + 1));
            ends[g] = _kind == PairKind.Values ? value : row;
            for (int m = 1; m < members; m++)
            {
                ends[(m * groups) + g] = _kind switch
                {
                    PairKind.Values => Value(row, _random.Uniform(at + 1 + m)),
                    PairKind.Rows => _back!.ColumnIndices[Inverse(_backSums, _back.RowStarts[value], _back.RowStarts[value + 1], _random.Uniform(at + 1 + m))],
                    _ => value,
                };
            }
        }
    }

    private int Value(int row, double uniform) => _law.ColumnIndices[Inverse(_sums, _law.RowStarts[row], _law.RowStarts[row + 1], uniform)];

    // The first entry whose running sum exceeds the uniform share of the last one.
    private static int Inverse(double[] sums, int start, int end, double uniform)
    {
        double wanted = uniform * sums[end - 1];
        (int low, int high) = (start, end - 1);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = sums[middle] > wanted ? (low, middle) : (middle + 1, high);
        }
        return low;
    }

    private static double[] RunningSums(double[] values, ReadOnlySpan<int> starts)
    {
        var sums = new double[values.Length];
        for (int r = 0; r + 1 < starts.Length; r++)
        {
            double sum = 0;
            for (int e = starts[r]; e < starts[r + 1]; e++)
                sums[e] = sum += values[e];
        }
        return sums;
    }
}
