using ContextureGpu.Kernels.Cpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Neighbors;

/// <summary>Approximate neighbours: what is returned is consistent on any data, most of it is right, and threads do not change it.</summary>
public sealed class ApproximateNeighborsTests
{
    private const int N = 5000, D = 40, K = 12;

    private static readonly Dictionary<string, Func<int, int, double[]>> Odd = new()
    {
        ["normal"] = (n, d) => Normals(n * d, 1),
        ["all equal"] = (n, d) => Filled(n * d, _ => 0.1),
        ["each point thirty times"] = (n, d) => Filled(n * d, e => Normal((e / d % (n / 30) * d) + (e % d), 2)),
        ["far from zero"] = (n, d) => Filled(n * d, e => 1e9 + Normal(e, 3)),
        ["an outlier"] = (n, d) => Filled(n * d, e => e == d ? 1e12 : Normal(e, 4)),
        ["tiny"] = (n, d) => Filled(n * d, e => 1e-200 * Normal(e, 5)),
        ["subnormal"] = (n, d) => Filled(n * d, e => Math.Round(3 * Normal(e, 5)) * double.Epsilon),
        ["huge"] = (n, d) => Filled(n * d, e => 1e150 * Normal(e, 6)),
        ["a line"] = (n, d) => Filled(n * d, e => e / d),
    };

    public static TheoryData<string> Names => [.. Odd.Keys];

    [Theory]
    [InlineData(NeighborMetric.Euclidean)]
    [InlineData(NeighborMetric.Cosine)]
    [InlineData(NeighborMetric.Manhattan)]
    public void MostNeighborsAreRight(NeighborMetric metric)
    {
        double[] points = Surface(N);
        (int[] indices, double[] distances) = Search(2, NeighborPlan.WidestLanes, points, D, K, metric, 0);
        Check(points, D, K, metric, indices, distances);
        Assert.InRange(Recall(points, D, K, metric, distances), 0.95, 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TheResultIsConsistentOnOddData(string name)
    {
        const int d = 5;
        double[] points = Odd[name](N, d);
        foreach (NeighborMetric metric in new[] { NeighborMetric.Euclidean, NeighborMetric.Manhattan })
        {
            (int[] indices, double[] distances) = Search(2, NeighborPlan.WidestLanes, points, d, K, metric, 1);
            Check(points, d, K, metric, indices, distances);
            if (name is not ("subnormal" or "an outlier"))
                Assert.InRange(Recall(points, d, K, metric, distances), 0.95, 1);
        }
    }

    [Fact]
    public void ThreadsAndVectorsDoNotChangeTheResult()
    {
        double[] points = Surface(N);
        (int[] indices, double[] distances) = Search(1, 16, points, D, K, NeighborMetric.Euclidean, 3);
        foreach ((int threads, int lanes) in new[] { (2, 16), (3, 16), (8, 16), (2, 8), (2, 4) })
        {
            (int[] others, double[] otherDistances) = Search(threads, lanes, points, D, K, NeighborMetric.Euclidean, 3);
            Assert.Equal(indices, others);
            Assert.Equal(distances, otherDistances);
        }
        Assert.NotEqual(indices, Search(2, 16, points, D, K, NeighborMetric.Euclidean, 4).Indices);
    }

    [Fact]
    public void FewPointsAreSearchedCompletely()
    {
        double[] points = Normals(300 * 3, 1);
        Assert.True(ApproximateNeighbors.IsExact(300, 9));
        int[] indices = new int[300 * 9];
        var distances = new double[indices.Length];
        ApproximateNeighbors.Search(points, 3, 9, NeighborMetric.Euclidean, 0, indices, distances, TestContext.Current.CancellationToken);
        (int[] truth, double[] least) = NeighborChecks.Truth(points, points, 300, 300, 3, 9, NeighborMetric.Euclidean);
        Assert.Equal(truth, indices);
        Assert.Equal(least, distances);
    }

    [Fact]
    public void ASearchCanBeCancelled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        double[] points = Surface(N);
        Assert.Throws<OperationCanceledException>(() => ApproximateNeighbors.Search(points, D, K, NeighborMetric.Euclidean, 0, new int[N * K], new double[N * K], cancelled.Token));
    }

    [Fact]
    public void BadArgumentsAreRefused()
    {
        double[] points = Normals(60, 1);
        Assert.Throws<ArgumentException>(() => ApproximateNeighbors.Search(points, 3, 21, NeighborMetric.Euclidean, 0, new int[420], new double[420]));
        Assert.Throws<ArgumentException>(() => ApproximateNeighbors.Search(points, 3, 2, NeighborMetric.Euclidean, 0, new int[40], new double[39]));
        Assert.Throws<ArgumentException>(() => ApproximateNeighbors.Search(points, 7, 2, NeighborMetric.Euclidean, 0, new int[40], new double[40]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ApproximateNeighbors.Search(points, 3, 0, NeighborMetric.Euclidean, 0, [], []));
        Assert.Throws<ArgumentException>(() => ApproximateNeighbors.Search(new double[60], 3, 2, NeighborMetric.Cosine, 0, new int[40], new double[40]));
    }

    // Twelve numbers seen through sines, with noise: neither a cloud nor a lattice.
    private static double[] Surface(int n)
    {
        const int q = 12;
        double[] directions = Normals(q * D, 1), hidden = Normals(n * q, 2), noise = Normals(n * D, 3);
        return Filled(n * D, e =>
        {
            double sum = 0;
            for (int r = 0; r < q; r++)
                sum += hidden[(e / D * q) + r] * directions[(r * D) + (e % D)];
            return Math.Sin(0.5 * sum) + (0.1 * noise[e]);
        });
    }

    private static (int[] Indices, double[] Distances) Search(int threads, int lanes, double[] points, int d, int k, NeighborMetric metric, ulong seed)
    {
        int[] indices = new int[points.Length / d * k];
        var distances = new double[indices.Length];
        Array.Fill(indices, -1);
        Array.Fill(distances, double.NaN);
        if (metric == NeighborMetric.Cosine)
            ApproximateNeighbors.Search(new Workers(threads), points, d, k, metric, seed, indices, distances, CancellationToken.None);
        else
            NeighborDescent.Search(lanes, new Workers(threads), points, points.Length / d, d, k, metric, seed, indices, distances, CancellationToken.None);
        return (indices, distances);
    }

    // Ordered by (distance, index), nobody twice, and every distance that of the contract.
    private static void Check(double[] points, int d, int k, NeighborMetric metric, int[] indices, double[] distances)
    {
        double[] rows = metric == NeighborMetric.Cosine ? UnitRows.Of(points, d, "") : points;
        NeighborMetric plain = metric == NeighborMetric.Cosine ? NeighborMetric.Euclidean : metric;
        for (int i = 0; i < points.Length / d; i++)
        {
            for (int e = 0; e < k; e++)
            {
                int at = (i * k) + e;
                Assert.Equal(ExactRanking.Distance(plain, rows.AsSpan(i * d, d), rows.AsSpan(indices[at] * d, d)), distances[at]);
                if (e > 0)
                    Assert.True(ExactRanking.Before(distances[at - 1], indices[at - 1], distances[at], indices[at]), $"row {i}, neighbour {e}");
            }
            if (distances[(i * k) + k - 1] > 0)
                Assert.Contains(i, indices.AsSpan(i * k, k).ToArray());
        }
    }

    private static double Recall(double[] points, int d, int k, NeighborMetric metric, double[] distances)
    {
        const int Queries = 200;
        int n = points.Length / d, right = 0;
        double[] rows = metric == NeighborMetric.Cosine ? UnitRows.Of(points, d, "") : points;
        double[] queries = [.. Enumerable.Range(0, Queries).SelectMany(q => rows.AsSpan(q * (n / Queries) * d, d).ToArray())];
        NeighborMetric plain = metric == NeighborMetric.Cosine ? NeighborMetric.Euclidean : metric;
        (_, double[] least) = NeighborChecks.Truth(queries, rows, Queries, n, d, k, plain);
        for (int q = 0; q < Queries; q++)
            for (int e = 1; e < k; e++)
                right += distances[(q * (n / Queries) * k) + e] <= least[(q * k) + k - 1] ? 1 : 0;
        return right / (double)(Queries * (k - 1));
    }

    private static double[] Normals(int count, ulong stream)
    {
        var values = new double[count];
        new Philox(7, stream).Normals<double>(0, values);
        return values;
    }

    private static double Normal(int index, ulong stream)
    {
        Span<double> one = stackalloc double[1];
        new Philox(7, stream).Normals(index, one);
        return one[0];
    }

    private static double[] Filled(int count, Func<int, double> value)
    {
        var values = new double[count];
        for (int e = 0; e < count; e++)
            values[e] = value(e);
        return values;
    }
}
