using ContextureGpu.Kernels.Cpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Neighbors;

/// <summary>
/// Exact neighbours on the processor: the same indices and bits as plain float64 loops, on data made to mislead float32, by every plan and vector width.
/// </summary>
public sealed class ProcessorSearchTests
{
    private static readonly Dictionary<string, Func<int, int, double[]>> Data = new()
    {
        ["normal"] = (n, d) => Normals(n * d, 1),
        ["all equal"] = (n, d) => Filled(n * d, _ => 0.1),
        ["each point four times"] = (n, d) => Rows(n, d, Normals(n * d, 2), i => i / 4),
        ["a grid with ties"] = (n, d) => Array.ConvertAll(Normals(n * d, 3), Math.Round),
        ["far from zero"] = (n, d) => Array.ConvertAll(Normals(n * d, 4), v => 1e6 + (1e-3 * v)),
        ["tight clusters far apart"] = (n, d) => Clusters(n, d, 1e-7),
        ["clusters that float32 cannot resolve"] = (n, d) => Clusters(n, d, 1e-12),
        ["equal in float32"] = (n, d) => Array.ConvertAll(Normals(n * d, 5), v => 1 + (1e-10 * v)),
        ["an outlier"] = (n, d) => Filled(n * d, e => e == d ? 1e9 : Normal(e, 6)),
        ["features of very different scales"] = (n, d) => Filled(n * d, e => Normal(e, 7) * Math.Pow(10, -3 * (e % d))),
        ["tiny"] = (n, d) => Array.ConvertAll(Normals(n * d, 8), v => v * 1e-150),
        ["so tiny that squares vanish"] = (n, d) => Array.ConvertAll(Normals(n * d, 8), v => v * 1e-200),
        ["subnormal"] = (n, d) => Array.ConvertAll(Normals(n * d, 8), v => Math.Round(3 * v) * double.Epsilon),
        ["huge"] = (n, d) => Array.ConvertAll(Normals(n * d, 9), v => v * 1e150),
        ["so huge that squares overflow"] = (n, d) => Array.ConvertAll(Normals(n * d, 9), v => v * 1e200),
        ["at the end of the range"] = (n, d) => Array.ConvertAll(Normals(n * d, 9), v => Math.Sign(v) * double.MaxValue / (2 * d) * Math.Min(1, Math.Abs(v))),
        ["a line"] = (n, d) => Filled(n * d, e => e / d),
        ["only one point differs"] = (n, d) => Filled(n * d, e => e < d ? 1 : 0),
    };

    public static TheoryData<string> Names => [.. Data.Keys];

    /// <summary>Points, features, neighbours: around the sizes of vectors, blocks and leaves.</summary>
    private static readonly (int N, int D, int K)[] Shapes =
        [(1, 1, 1), (2, 3, 2), (31, 2, 5), (33, 1, 33), (97, 5, 1), (191, 8, 30), (193, 17, 10), (130, 3, 100), (430, 33, 7), (70, 70, 70), (500, 2, 29)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AgreesWithPlainLoops(string name)
    {
        foreach ((int n, int d, int k) in Shapes)
        {
            double[] y = Data[name](n, d);
            double[] x = [.. y.AsSpan(0, d * ((n + 2) / 3)), .. Normals(3 * d, 10), .. Data[name](4, d)];
            foreach (NeighborMetric metric in new[] { NeighborMetric.Euclidean, NeighborMetric.Manhattan })
            {
                (int[] Indices, double[] Distances) self = NeighborChecks.Truth(y, y, n, n, d, k, metric), other = NeighborChecks.Truth(x, y, x.Length / d, n, d, k, metric);
                foreach ((int leaf, int lanes) in new[] { (0, 16), (32, 4), (96, 8), (192, 16) })
                {
                    string what = $"{name}, {metric}, (n, d, k) = ({n}, {d}, {k}), leaves of {leaf}, {lanes} lanes";
                    Check($"{what}, itself", new NeighborPlan(leaf, lanes), y, y, d, k, metric, self);
                    Check(what, new NeighborPlan(leaf, lanes), x, y, d, k, metric, other);
                }
            }
        }
    }

    [Theory]
    [InlineData(5000, 3, 30, 96)]
    [InlineData(2000, 20, 30, 384)]
    [InlineData(2500, 6, 700, 192)]
    [InlineData(4000, 4, 1700, 96)]
    public void AgreesWithPlainLoopsOnManyPoints(int n, int d, int k, int leaf)
    {
        foreach (string name in new[] { "normal", "a grid with ties", "tight clusters far apart" })
        {
            double[] y = Data[name](n, d), x = y[..(12 * d)];
            foreach (NeighborMetric metric in new[] { NeighborMetric.Euclidean, NeighborMetric.Manhattan })
            {
                (int[] Indices, double[] Distances) few = NeighborChecks.Truth(x, y, 12, n, d, k, metric);
                Check($"{name}, {metric}", new NeighborPlan(leaf, NeighborPlan.WidestLanes), x, y, d, k, metric, few);
                (int[] indices, double[] distances) = Search(new NeighborPlan(leaf, NeighborPlan.WidestLanes), 3, y, y, d, k, metric);
                Assert.Equal(few.Indices, indices[..(12 * k)]);
                Assert.Equal(few.Distances, distances[..(12 * k)]);
            }
        }
    }

    [Fact]
    public void ThreadsDoNotChangeTheResult()
    {
        double[] x = Data["tight clusters far apart"](3000, 4);
        var plan = new NeighborPlan(96, NeighborPlan.WidestLanes);
        (int[] indices, double[] distances) = Search(plan, 1, x, x, 4, 20, NeighborMetric.Euclidean);
        foreach (int threads in new[] { 2, 3, 8 })
        {
            (int[] again, double[] same) = Search(plan, threads, x, x, 4, 20, NeighborMetric.Euclidean);
            Assert.Equal(indices, again);
            Assert.Equal(distances, same);
        }
    }

    [Fact]
    public void CancellationEndsASearchThatIsUnderWay()
    {
        double[] x = Normals(150_000 * 40, 11);
        using var source = new CancellationTokenSource(200);
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Assert.ThrowsAny<OperationCanceledException>(() => device.NearestNeighbors(x, x, 40, 30, new int[150_000 * 30], new double[150_000 * 30], source.Token));
    }

    [Theory]
    [InlineData(1, 100_000, 16, 30, 0)]
    [InlineData(7, 5000, 3, 5, 0)]
    [InlineData(100, 63, 3, 5, 0)]
    [InlineData(1000, 1000, 3, 501, 0)]
    [InlineData(1000, 1000, 3, 30, 96)]
    [InlineData(1000, 1000, 10, 30, 192)]
    [InlineData(50_000, 50_000, 32, 30, 384)]
    [InlineData(50_000, 50_000, 2, 100, 384)]
    [InlineData(50_000, 50_000, 2, 20_000, 3072)]
    public void ThePlanFollowsTheSizes(int n, int m, int d, int k, int leaf) =>
        Assert.Equal(new NeighborPlan(leaf, NeighborPlan.WidestLanes), NeighborPlan.Choose(n, m, d, k));

    /// <summary>The same tests where the runtime is told that the processor has no wide vectors and no fused multiply-add.</summary>
    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    public async Task NarrowProcessorsAgree(string disabled)
    {
        (int exitCode, string output, string _) = await TestProcess.Run(["-method", $"*.{nameof(ProcessorSearchTests)}.{nameof(AgreesWithPlainLoops)}"], [disabled]);
        Assert.True(exitCode == 0 && output.Contains($"Total: {Data.Count}, Errors: 0, Failed: 0, Skipped: 0", StringComparison.Ordinal), $"{disabled}=0: exit code {exitCode}\n{output}");
    }

    private static void Check(
        string what, NeighborPlan plan, double[] x, double[] y, int d, int k, NeighborMetric metric, (int[] Indices, double[] Distances) expected)
    {
        (int[] indices, double[] distances) = Search(plan, 2, x, y, d, k, metric);
        for (int e = 0; e < indices.Length; e++)
        {
            Assert.True(
                indices[e] == expected.Indices[e] && distances[e].Equals(expected.Distances[e]),
                $"{what}: neighbour {e % k} of query {e / k} is {indices[e]} at {distances[e]:g17}, expected {expected.Indices[e]} at {expected.Distances[e]:g17}");
        }
    }

    private static (int[] Indices, double[] Distances) Search(NeighborPlan plan, int threads, double[] x, double[] y, int d, int k, NeighborMetric metric)
    {
        int n = x.Length / d;
        (HostileBuffer<int> indices, HostileBuffer<double> distances) = (new(n * k), new(n * k));
        NeighborSearch.Search(plan, new Workers(threads), x, n, y, y.Length / d, d, k, metric, indices.Span, distances.Span, TestContext.Current.CancellationToken);
        indices.AssertIntact();
        distances.AssertIntact();
        return (indices.Span.ToArray(), distances.Span.ToArray());
    }

    private static double[] Normals(int count, ulong stream)
    {
        var values = new double[count];
        new Philox(12, stream).Normals(0, values.AsSpan());
        return values;
    }

    private static double Normal(int place, ulong stream) => Normals(1, (stream << 32) + (ulong)place)[0];

    private static double[] Filled(int count, Func<int, double> value) => [.. Enumerable.Range(0, count).Select(value)];

    private static double[] Rows(int n, int d, double[] from, Func<int, int> row) => Filled(n * d, e => from[(row(e / d) * d) + (e % d)]);

    private static double[] Clusters(int n, int d, double width)
    {
        double[] centers = Normals(7 * d, 13), around = Normals(n * d, 14);
        return Filled(n * d, e => centers[(e / d % 7 * d) + (e % d)] + (width * around[e]));
    }
}
