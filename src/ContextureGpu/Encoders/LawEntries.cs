using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>Laws by their non-zeros, to be drawn from.</summary>
internal static class LawEntries
{
    /// <summary>The most probabilities that a law which is not stored by its non-zeros may have.</summary>
    public const long MostProbabilities = 1L << 26;

    private const int ColumnsAtOnce = 512;

    /// <summary>The law of a bound context by its non-zeros.</summary>
    /// <exception cref="InputException">It is dense and too large to be stored.</exception>
    public static CompressedRows Of<T>(BoundContext bound, Arithmetic<T> on)
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
}
