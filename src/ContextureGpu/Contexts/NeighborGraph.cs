using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Nearest neighbours that count both ways, or either way.</summary>
internal static class NeighborGraph
{
    public static SparseContext Bind(KnnContext knn, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken)
    {
        (int n, int k, bool isMutual) = (sample.Rows, knn.K, knn.Counted == KnnGraph.Mutual);
        (int[] lists, double[] radius) = Lists(knn, sample, device, cancellationToken);
        int[] nearest = [.. Enumerable.Range(0, n).Select(i => lists[i * k])];
        for (int i = 0; i < n; i++)
            lists.AsSpan(i * k, k).Sort();
        List<int>[] joined = isMutual ? Mutual(lists, n, k) : Symmetric(lists, n, k);
        int alone = 0;
        for (int i = 0; i < n; i++)
        {
            bool hasOther = joined[i].Count > (joined[i].Contains(i) ? 1 : 0);
            alone += hasOther ? 0 : 1;
            if (joined[i].Count == 0)
                joined[i].Add(nearest[i]);
        }
        CompressedRows law = Equiprobable(joined, n);
        string fate = knn.IncludeSelf ? "they stay where they are" : "they keep their nearest neighbour";
        return new SparseContext(new(() => law), (rows, on) => At(knn, sample, law, radius, rows, on))
        {
            Rows = n,
            Atoms = n,
            Space = BoundContext.SampleSpace,
            Warnings = isMutual && alone > 0 && k > 1 ? [$"{knn}: {alone} of {n} rows are neighbours of none of their neighbours; {fate}. A larger k joins more of them"] : [],
        };
    }

    // The neighbours of each row, nearest first, (n, k), and the distance to the last one.
    private static (int[] Lists, double[] Radius) Lists(KnnContext knn, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken)
    {
        int n = sample.Rows, k = knn.K, width = knn.IncludeSelf ? k : k + 1;
        if ((long)n * width > Array.MaxLength)
            throw new InputException($"{knn}: {n} rows with {width} neighbours each are {(long)n * width}; at most {Array.MaxLength} can be held");
        int[] found = new int[n * width];
        double[] distances = new double[found.Length], radius = new double[n];
        device.NearestNeighbors(sample.Values, sample.Values, sample.Dimension, width, knn.Metric, found, distances, cancellationToken);
        for (int i = 0; i < n; i++)
        {
            bool showsSelf = knn.IncludeSelf || found.AsSpan(i * width, width).Contains(i);
            radius[i] = distances[(i * width) + (showsSelf ? width : k) - 1];
        }
        return (knn.IncludeSelf ? found : ContextBinding.WithoutSelf(found, distances, n, k, isSample: true), radius);
    }

    private static List<int>[] Mutual(int[] lists, int n, int k)
    {
        var joined = new List<int>[n];
        for (int i = 0; i < n; i++)
        {
            joined[i] = [];
            foreach (int j in lists.AsSpan(i * k, k))
            {
                if (lists.AsSpan(j * k, k).BinarySearch(i) >= 0)
                    joined[i].Add(j);
            }
        }
        return joined;
    }

    private static List<int>[] Symmetric(int[] lists, int n, int k)
    {
        var joined = new List<int>[n];
        for (int i = 0; i < n; i++)
            joined[i] = [.. lists.AsSpan(i * k, k)];
        for (int i = 0; i < n; i++)
        {
            foreach (int j in lists.AsSpan(i * k, k))
            {
                if (lists.AsSpan(j * k, k).BinarySearch(i) < 0)
                    joined[j].Add(i);
            }
        }
        foreach (List<int> row in joined)
            row.Sort();
        return joined;
    }

    // A new row that equals one of the sample has its law. Others are among the neighbours of a row of the sample where they are nearer to it than the last of these.
    private static CompressedRows At(KnnContext knn, ContextSample sample, CompressedRows law, double[] radius, ContextSample rows, ComputeDevice on)
    {
        int m = rows.Rows, n = sample.Rows, d = sample.Dimension, k = Math.Min(knn.K, n);
        if (knn.Metric == NeighborMetric.Cosine)
            ContextBinding.RefuseZeroRows(knn, rows);
        int[] found = new int[checked(m * k)];
        var distances = new double[found.Length];
        on.NearestNeighbors(rows.Values, sample.Values, d, k, knn.Metric, found, distances);
        bool isCosine = knn.Metric == NeighborMetric.Cosine;
        double[] points = isCosine ? UnitRows(sample.Values, d) : sample.Values, queries = isCosine ? UnitRows(rows.Values, d) : rows.Values;
        var joined = new List<int>[m];
        Parallel.For(0, m, i =>
        {
            if (distances[i * k] == 0)
            {
                int same = found[i * k];
                joined[i] = [.. law.ColumnIndices.AsSpan(law.RowStarts[same]..law.RowStarts[same + 1])];
                return;
            }
            if (knn.Counted == KnnGraph.Mutual)
            {
                joined[i] = [.. Enumerable.Range(i * k, k).Where(e => distances[e] < radius[found[e]]).Select(e => found[e])];
                if (joined[i].Count == 0)
                    joined[i].Add(found[i * k]);
            }
            else
            {
                var all = new SortedSet<int>(found.AsSpan(i * k, k).ToArray());
                for (int j = 0; j < n; j++)
                {
                    if (Distance(knn.Metric, queries.AsSpan(i * d, d), points.AsSpan((int)((long)j * d), d)) < radius[j])
                        all.Add(j);
                }
                joined[i] = [.. all];
            }
            joined[i].Sort();
        });
        return Equiprobable(joined, n);
    }

    private static double Distance(NeighborMetric metric, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int f = 0; f < x.Length; f++)
        {
            double difference = x[f] - y[f];
            sum += metric == NeighborMetric.Manhattan ? Math.Abs(difference) : difference * difference;
        }
        return sum;
    }

    private static double[] UnitRows(double[] values, int d)
    {
        double[] unit = (double[])values.Clone();
        for (int start = 0; start < unit.Length; start += d)
        {
            Span<double> row = unit.AsSpan(start, d);
            TensorPrimitives.Divide(row, Math.Abs(TensorPrimitives.MaxMagnitude<double>(row)), row);
            TensorPrimitives.Divide(row, TensorPrimitives.Norm<double>(row), row);
        }
        return unit;
    }

    private static CompressedRows Equiprobable(List<int>[] joined, int columns)
    {
        int[] starts = new int[joined.Length + 1];
        for (int i = 0; i < joined.Length; i++)
            starts[i + 1] = checked(starts[i] + joined[i].Count);
        int[] indices = new int[starts[^1]];
        var values = new double[indices.Length];
        for (int i = 0; i < joined.Length; i++)
        {
            joined[i].CopyTo(indices, starts[i]);
            values.AsSpan(starts[i]..starts[i + 1]).Fill(1.0 / joined[i].Count);
        }
        return new CompressedRows(joined.Length, columns, starts, indices, values);
    }
}
