using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>A device without float64, played by ILGPU's CPU accelerator: short float32 sums on the device, added in float64 on the host.</summary>
public sealed class WithoutDoubleTests : IDisposable
{
    private readonly IlgpuDevice _device;

    public WithoutDoubleTests() => _device = new IlgpuDevice(
        AcceleratorCatalog.CpuAccelerator with { SupportsDouble = false },
        ledger =>
        {
            Context context = AcceleratorCatalog.CreateContext(BackendKind.IlgpuCpu);
            return new AcceleratorSession(context, context.Devices[0].CreateAccelerator(context), "ilgpu-cpu", ledger);
        });

    [Fact]
    public void Double_is_refused_by_name() =>
        Assert.Contains("ilgpu-cpu", Assert.Throws<NotSupportedException>(() => _device.Arithmetic<double>()).Message, StringComparison.Ordinal);

    [Fact]
    public void Sums_over_rows_are_taken_in_batches_of_short_blocks()
    {
        const int n = 900, p = 2;
        double[] a = Reference.Sample(26, n * p);
        // Room for the partial sums of two blocks of 256 rows: the four blocks take two launches.
        using var on = new IlgpuArithmetic<float, SingleReal, float, SingleReal, Unchanged<float>>(_device, _device.Session) { PartialBytes = 2 * p * p * sizeof(float) };
        using DeviceMatrix<float> x = on.Allocate(n, p);
        on.Upload([.. a.Select(v => (float)v)], x);
        double[] c = new double[p * p], mean = new double[p], variance = new double[p];
        on.InnerProducts(x, x, c);
        Reference.Near<float>(c, p, 256, (i, j) => Reference.Sum(n, t => a[t * p + i] * a[t * p + j]));
        on.ColumnMoments(x, null, mean, variance);
        Reference.Near<float>(mean, p, 32, (_, j) => Reference.Sum(n, t => a[t * p + j] / n));
        Reference.Near<float>(variance, p, 32, (_, j) => Reference.Sum(n, t => Math.Pow(a[t * p + j] - mean[j], 2) / n));
    }

    public void Dispose() => _device.Dispose();
}
