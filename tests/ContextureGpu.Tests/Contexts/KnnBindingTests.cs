using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>The law of knn contexts on a sample and at new rows, against plain loops over float64 distances.</summary>
public sealed class KnnBindingTests
{
    private const int N = 70, D = 3, K = 6;

    public static TheoryData<NeighborMetric, bool> Cases => new MatrixTheoryData<NeighborMetric, bool>(Enum.GetValues<NeighborMetric>(), [true, false]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheLawIsUniformOnTheNearestRows(NeighborMetric metric, bool self)
    {
        // Rows 0 and 60 are the same, as are 1 and 61: the row itself is left out by its number.
        double[] values = Normals(N * D, 1);
        values.AsSpan(0, 2 * D).CopyTo(values.AsSpan(60 * D));
        double[] rows = [.. values.AsSpan(61 * D, D), .. Normals(9 * D, 2)];
        var sample = new ContextSample(values, N, D);
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<double> on = device.Arithmetic<double>();
        BoundContext bound = ContextBinding.Bind(Context.Knn(K, self ? KnnSelf.Included : KnnSelf.Excluded, metric), sample, device, TestContext.Current.CancellationToken);
        using LinearOperator<double> law = bound.OnSample(on), at = bound.At(on, new ContextSample(rows, 10, D), device);
        AssertLaw(law, i => Nearest(values, values.AsSpan(i * D, D).ToArray(), metric, self ? -1 : i));
        AssertLaw(at, i => Nearest(values, rows.AsSpan(i * D, D).ToArray(), metric, self || i > 0 ? -1 : 1));
    }

    [Fact]
    public void ZeroRowsHaveNoDirection()
    {
        double[] values = Normals(N * D, 3);
        values.AsSpan(5 * D, D).Clear();
        values[5 * D] = -0.0;
        var sample = new ContextSample(values, N, D);
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Context context = Context.Knn(K, metric: NeighborMetric.Cosine);
        string message = Assert.Throws<InputException>(() => ContextBinding.Bind(context, sample, device, TestContext.Current.CancellationToken)).Message;
        Assert.Contains("row 5 ", message, StringComparison.Ordinal);
        values[5 * D] = 1;
        BoundContext bound = ContextBinding.Bind(context, sample, device, TestContext.Current.CancellationToken);
        var rows = new ContextSample([1, 2, 3, 0, 0, 0], 2, D);
        Assert.Contains("row 1 ", Assert.Throws<InputException>(() => bound.At(device.Arithmetic<double>(), rows, device)).Message, StringComparison.Ordinal);
    }

    private static void AssertLaw(LinearOperator<double> law, Func<int, HashSet<int>> expected)
    {
        Arithmetic<double> on = law.Arithmetic;
        var identity = new double[N * N];
        for (int i = 0; i < N; i++)
            identity[(i * N) + i] = 1;
        using DeviceMatrix<double> unit = on.UploadMatrix<double>(identity, N, N), dense = on.Allocate(law.Rows, N);
        law.Apply(unit, dense);
        double[] values = on.DownloadDouble(dense);
        for (int i = 0; i < law.Rows; i++)
        {
            HashSet<int> nearest = expected(i);
            for (int j = 0; j < N; j++)
                Assert.Equal(nearest.Contains(j) ? 1.0 / K : 0, values[(i * N) + j]);
        }
    }

    private static HashSet<int> Nearest(double[] values, double[] query, NeighborMetric metric, int without) =>
        [.. Enumerable.Range(0, N).Where(j => j != without).OrderBy(j => Distance(values.AsSpan(j * D, D).ToArray(), query, metric)).ThenBy(j => j).Take(K)];

    private static double Distance(double[] a, double[] b, NeighborMetric metric) => metric switch
    {
        NeighborMetric.Manhattan => a.Zip(b, (x, y) => Math.Abs(x - y)).Sum(),
        NeighborMetric.Cosine => Math.Round(1 - (Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b))), 12),
        _ => a.Zip(b, (x, y) => (x - y) * (x - y)).Sum(),
    };

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Normals(int count, ulong stream)
    {
        var values = new double[count];
        new Philox(21, stream).Normals(0, values.AsSpan());
        return values;
    }
}
