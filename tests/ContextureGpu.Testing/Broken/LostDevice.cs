using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>A device that does what another does until it is lost, after a number of operations: then it refuses every one, as an accelerator does whose driver has failed.</summary>
public sealed class LostDevice : ComputeDevice
{
    private readonly ComputeDevice _inner;
    private readonly int _operations;

    /// <summary>Takes over a device.</summary>
    /// <param name="inner">Does the operations.</param>
    /// <param name="operations">Operations until it is lost.</param>
    /// <param name="index">Its number among the CUDA devices that it pretends to be one of.</param>
    public LostDevice(ComputeDevice inner, int operations = int.MaxValue, int index = 7)
        : base((inner ?? throw new ArgumentNullException(nameof(inner))).Description with { Backend = BackendKind.Cuda, Index = index })
    {
        (_inner, _operations) = (inner, operations);
    }

    /// <summary>Operations asked for so far.</summary>
    public int Operations { get; private set; }

    /// <inheritdoc/>
    public override MemoryLedger Memory => _inner.Memory;

    /// <inheritdoc/>
    public override HostLinearAlgebra LinearAlgebra => _inner.LinearAlgebra;

    /// <inheritdoc/>
    public override Arithmetic<T> Arithmetic<T>() => new Mortal<T>(_inner.Arithmetic<T>(), this);

    /// <inheritdoc/>
    public override Arithmetic<T> CancellableArithmetic<T>(CancellationToken cancellationToken) => new Mortal<T>(_inner.CancellableArithmetic<T>(cancellationToken), this);

    /// <inheritdoc/>
    public override void Synchronize() => Count();

    /// <inheritdoc/>
    protected override void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        Count();
        _inner.NearestNeighbors(x, y, dimension, k, metric, indices, distances, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _inner.Dispose();

    private void Count()
    {
        if (Operations++ >= _operations)
            throw new DeviceFailureException(Description.Selector, $"operation {Operations} failed: CL_DEVICE_NOT_AVAILABLE");
    }

    private sealed class Mortal<T>(Arithmetic<T> inner, LostDevice device) : ForwardingArithmetic<T>(inner)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public override ComputeDevice Device => device;

        public override DeviceMatrix<T> Allocate(int rows, int columns)
        {
            device.Count();
            return base.Allocate(rows, columns);
        }

        public override SparseMatrix<T> CreateSparse(CompressedRows matrix)
        {
            device.Count();
            return base.CreateSparse(matrix);
        }

        protected override void UploadCore(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination)
        {
            device.Count();
            base.UploadCore(rowMajor, destination);
        }

        protected override void DownloadCore(DeviceMatrix<T> source, Span<T> rowMajor)
        {
            device.Count();
            base.DownloadCore(source, rowMajor);
        }

        protected override void MultiplyCore(
            T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
        {
            device.Count();
            base.MultiplyCore(alpha, a, orientationA, b, orientationB, beta, c);
        }

        protected override void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c)
        {
            device.Count();
            base.InnerProductsCore(a, b, c);
        }

        protected override void CombineCore(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y)
        {
            device.Count();
            base.CombineCore(alpha, x, beta, y);
        }

        protected override void KernelProductCore(
            RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
            DeviceMatrix<T> v, DeviceMatrix<T> output)
        {
            device.Count();
            base.KernelProductCore(kernel, x, rowOffset, y, columnOffset, v, output);
        }

        protected override void KernelLogSumCore(
            RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
        {
            device.Count();
            base.KernelLogSumCore(kernel, x, y, columnOffset, output);
        }

        protected override void SparseProductCore(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y)
        {
            device.Count();
            base.SparseProductCore(s, orientation, x, y);
        }

        protected override void AdamCore(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters)
        {
            device.Count();
            base.AdamCore(update, gradient, first, second, parameters);
        }
    }
}
