using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>
/// A device that counts what its radial kernel products and logarithmic sums take at least: operations, two for a multiply-add, and entries of kernel matrices. Of points with themselves
/// half of the distances and entries are enough.
/// </summary>
internal sealed class CountingDevice(ComputeDevice inner) : ComputeDevice(inner.Description)
{
    /// <summary>Operations.</summary>
    public double Operations { get; private set; }

    /// <summary>Entries of kernel matrices.</summary>
    public double Exponentials { get; private set; }

    public override MemoryLedger Memory => inner.Memory;

    public override HostLinearAlgebra LinearAlgebra => inner.LinearAlgebra;

    public override Arithmetic<T> Arithmetic<T>() => new Counting<T>(inner.Arithmetic<T>(), this);

    public override Arithmetic<T> CancellableArithmetic<T>(CancellationToken cancellationToken) => new Counting<T>(inner.CancellableArithmetic<T>(cancellationToken), this);

    public override void Synchronize() => inner.Synchronize();

    protected override void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken) =>
        inner.NearestNeighbors(x, y, dimension, k, metric, indices, distances, cancellationToken);

    protected override void Dispose(bool disposing) => inner.Dispose();

    private void Count<T>(DeviceMatrix<T> x, DeviceMatrix<T> y, int columns)
        where T : unmanaged
    {
        double pairs = (double)x.Rows * y.Rows, entries = ReferenceEquals(x, y) ? 0.5 * pairs : pairs;
        Operations += (2 * entries * x.Columns) + (2 * pairs * columns);
        Exponentials += entries;
    }

    private sealed class Counting<T>(Arithmetic<T> inner, CountingDevice device) : ForwardingArithmetic<T>(inner)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        public override ComputeDevice Device => device;

        protected override void KernelProductCore(
            RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> v, DeviceMatrix<T> output)
        {
            device.Count(x, y, v.Columns);
            base.KernelProductCore(kernel, x, rowOffset, y, columnOffset, v, output);
        }

        protected override void KernelLogSumCore(RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
        {
            device.Count(x, y, 0);
            base.KernelLogSumCore(kernel, x, y, columnOffset, output);
        }
    }
}
