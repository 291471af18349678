using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Testing;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Neighbours both ways and either way, and scales that follow the neighbours, against plain loops.</summary>
public sealed class NeighborGraphTests
{
    private const int N = 45, D = 3;

    public static TheoryData<int, KnnSelf, NeighborMetric, KnnGraph> Graphs
    {
        get
        {
            var data = new TheoryData<int, KnnSelf, NeighborMetric, KnnGraph>();
            foreach (int k in new[] { 1, 4, 12, N - 1 })
                foreach (KnnSelf self in Enum.GetValues<KnnSelf>())
                    foreach (NeighborMetric metric in Enum.GetValues<NeighborMetric>())
                        foreach (KnnGraph graph in Enum.GetValues<KnnGraph>())
                            data.Add(k, self, metric, graph);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Graphs))]
    public void A_neighbor_graph_is_that_of_plain_loops(int k, KnnSelf self, NeighborMetric metric, KnnGraph graph)
    {
        ContextSample sample = Sample();
        bool[,] directed = new bool[N, N];
        int[] nearest = new int[N];
        for (int i = 0; i < N; i++)
        {
            int[] order = [.. Enumerable.Range(0, N).Where(j => self == KnnSelf.Included || j != i).OrderBy(j => Distance(sample, metric, i, j)).ThenBy(j => j)];
            nearest[i] = order[0];
            foreach (int j in order.Take(k))
                directed[i, j] = true;
        }
        bool Joined(int i, int j) => graph switch
        {
            KnnGraph.Mutual => directed[i, j] && directed[j, i],
            KnnGraph.Symmetric => directed[i, j] || directed[j, i],
            _ => directed[i, j],
        };
        Matrix<double> expected = Matrix<double>.Build.Dense(N, N, (i, j) => Joined(i, j) ? 1 : 0);
        for (int i = 0; i < N; i++)
            expected[i, nearest[i]] += expected.Row(i).Sum() == 0 ? 1 : 0;
        if (graph != KnnGraph.Directed && self == KnnSelf.Included)
            Assert.True((expected - expected.Transpose()).L2Norm() == 0);
        Context context = Context.Knn(k, self, metric, graph: graph);
        Assert.True((expected.NormalizeRows(1) - Dense.Of(context, sample)).L2Norm() < 1e-14);
    }

    [Fact]
    public void Rows_without_a_mutual_neighbor_stay_and_are_counted()
    {
        // A cluster of four on a line and two rows far off, whose nearest neighbours are nearer to each other.
        ContextSample sample = new([0, 1, 2.1, 3.3, 50, -70], 6, 1);
        using CpuDevice device = CpuDevice.Open();
        foreach ((KnnSelf self, string fate) in new[] { (KnnSelf.Included, "stay where they are"), (KnnSelf.Excluded, "keep their nearest neighbour") })
        {
            Context context = Context.Knn(self == KnnSelf.Included ? 3 : 2, self, graph: KnnGraph.Mutual);
            BoundContext bound = ContextBinding.Bind(context, sample, device, CancellationToken.None);
            Assert.Contains(bound.Warnings, w => w.Contains("2 of 6 rows", StringComparison.Ordinal) && w.Contains(fate, StringComparison.Ordinal));
            Matrix<double> p = Dense.Of(context, sample);
            Assert.Equal(1, p[4, self == KnnSelf.Included ? 4 : 3]);
            Assert.Equal(1, p[5, self == KnnSelf.Included ? 5 : 0]);
        }
    }

    [Theory]
    [InlineData(KnnGraph.Mutual)]
    [InlineData(KnnGraph.Symmetric)]
    public void A_new_row_counts_for_a_row_of_the_sample_as_if_it_had_been_there(KnnGraph graph)
    {
        const int k = 6;
        foreach (NeighborMetric metric in Enum.GetValues<NeighborMetric>())
        {
            ContextSample sample = Sample();
            double[] fresh = new double[20 * D];
            new Philox(9, 10).Normals(0, fresh.AsSpan());
            using CpuDevice device = CpuDevice.Open();
            BoundContext bound = ContextBinding.Bind(Context.Knn(k, metric: metric, graph: graph), sample, device, CancellationToken.None);
            using LinearOperator<double> law = bound.At(device.Arithmetic<double>(), new ContextSample(fresh, 20, D), device);
            Matrix<double> p = Dense.Of(law);
            for (int i = 0; i < 20; i++)
            {
                ContextSample all = new([.. sample.Values, .. fresh.AsSpan(i * D, D)], N + 1, D);
                int[] own = [.. Enumerable.Range(0, N).OrderBy(j => Distance(all, metric, N, j)).Take(k)];
                int[] back = [.. Enumerable.Range(0, N).Where(j => Enumerable.Range(0, N).Count(l => Distance(all, metric, l, j) <= Distance(all, metric, N, j)) < k)];
                int[] expected = graph == KnnGraph.Symmetric ? [.. own.Union(back)] : own.Intersect(back).Any() ? [.. own.Intersect(back)] : [own[0]];
                for (int j = 0; j < N; j++)
                    Tolerance.AssertClose($"({i}, {j})", expected.Contains(j) ? 1.0 / expected.Length : 0, p[i, j], 1e-15);
            }
        }
    }

    [Fact]
    public void A_scale_follows_the_median_neighbor()
    {
        ContextSample sample = Sample();
        foreach (int k in new[] { 1, 7, N - 1 })
        {
            foreach (RadialKernelKind kind in Enum.GetValues<RadialKernelKind>())
            {
                double Delta(int i, int j)
                {
                    double sum = Enumerable.Range(0, D).Sum(f => Math.Pow(Math.Abs(sample.Values[(i * D) + f] - sample.Values[(j * D) + f]), kind == RadialKernelKind.Laplacian ? 1 : 2));
                    return kind == RadialKernelKind.Exponential ? Math.Sqrt(sum) : sum;
                }
                double[] reached = [.. Enumerable.Range(0, N).Select(i => Enumerable.Range(0, N).Where(j => j != i).Select(j => Delta(i, j)).Order().ElementAt(k - 1)).Order()];
                RbfContext resolved = (RbfContext)ContextBinding.Resolve(Context.NeighborScaled(k, kind), sample);
                Tolerance.AssertClose($"gamma of {kind}, k = {k}", 1 / reached[N / 2], resolved.Gamma!.Value, 1e-12);
                Assert.Equal(kind, resolved.Kind);
                double gamma = resolved.Gamma.Value;
                Matrix<double> expected = Matrix<double>.Build.Dense(N, N, (i, j) => Math.Exp(-gamma * Delta(i, j))).NormalizeRows(1);
                Assert.True((expected - Dense.Of(Context.NeighborScaled(k, kind), sample)).L2Norm() < 1e-11);
            }
        }
        Assert.Contains("at most 44 other rows", Assert.Throws<InputException>(() => ContextBinding.Resolve(Context.NeighborScaled(N), sample)).Message, StringComparison.Ordinal);
        var same = new ContextSample([1, 1, 1, 1, 1, 2], 6, 1);
        Assert.Contains("to neighbour 2 is 0; give gamma as a number", Assert.Throws<InputException>(() => ContextBinding.Resolve(Context.NeighborScaled(2), same)).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => Context.NeighborScaled(0));
        Assert.Throws<InputException>(() => Context.Knn(3, graph: (KnnGraph)7));
    }

    private static double Distance(ContextSample sample, NeighborMetric metric, int i, int j)
    {
        double[] x = sample.Values[(i * D)..((i + 1) * D)], y = sample.Values[(j * D)..((j + 1) * D)];
        return metric switch
        {
            NeighborMetric.Manhattan => Enumerable.Range(0, D).Sum(f => Math.Abs(x[f] - y[f])),
            NeighborMetric.Cosine => 1 - (Enumerable.Range(0, D).Sum(f => x[f] * y[f]) / Math.Sqrt(x.Sum(v => v * v) * y.Sum(v => v * v))),
            _ => Enumerable.Range(0, D).Sum(f => Math.Pow(x[f] - y[f], 2)),
        };
    }

    private static ContextSample Sample()
    {
        double[] values = new double[N * D];
        new Philox(8, 10).Normals(0, values.AsSpan());
        return new ContextSample(values, N, D);
    }
}
