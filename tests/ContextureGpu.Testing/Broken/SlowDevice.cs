using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>A device that takes its time: before each kernel product, logarithmic sum and search it rests in proportion to the rows.</summary>
/// <param name="inner">Does the work.</param>
/// <param name="secondsPerRow">How long it rests for a row.</param>
public sealed class SlowDevice(ComputeDevice inner, double secondsPerRow)
    : ComputeDevice((inner ?? throw new ArgumentNullException(nameof(inner))).Description)
{
    /// <inheritdoc/>
    public override MemoryLedger Memory => inner.Memory;

    /// <inheritdoc/>
    public override Arithmetic<T> Arithmetic<T>() => new Slow<T>(inner.Arithmetic<T>(), this);

    /// <inheritdoc/>
    public override Arithmetic<T> CancellableArithmetic<T>(CancellationToken cancellationToken) => new Slow<T>(inner.CancellableArithmetic<T>(cancellationToken), this);

    /// <inheritdoc/>
    public override void Synchronize() => inner.Synchronize();

    /// <inheritdoc/>
    protected override void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        Rest(n);
        inner.NearestNeighbors(x, y, dimension, k, metric, indices, distances, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => inner.Dispose();

    private void Rest(int rows) => Thread.Sleep(TimeSpan.FromSeconds(rows * secondsPerRow));

    private sealed class Slow<T>(Arithmetic<T> inner, SlowDevice device) : ForwardingArithmetic<T>(inner)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public override ComputeDevice Device => device;

        protected override void KernelProductCore(
            RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
            DeviceMatrix<T> v, DeviceMatrix<T> output)
        {
            device.Rest(x.Rows);
            base.KernelProductCore(kernel, x, rowOffset, y, columnOffset, v, output);
        }

        protected override void KernelLogSumCore(
            RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
        {
            device.Rest(x.Rows);
            base.KernelLogSumCore(kernel, x, y, columnOffset, output);
        }
    }
}
