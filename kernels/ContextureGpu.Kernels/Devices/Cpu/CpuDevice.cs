using ContextureGpu.Kernels.Cpu;

namespace ContextureGpu.Kernels;

/// <summary>
/// The processor as a device: SIMD in C# on all cores the process may use, dense products and small eigenproblems in OpenBLAS or MKL where one was found.
/// </summary>
public sealed class CpuDevice : ComputeDevice
{
    private readonly Workers _workers;
    private readonly NativeBlas? _products;
    private readonly CpuArithmetic<float> _single;
    private readonly CpuArithmetic<double> _double;

    private CpuDevice(DeviceDescription description, Workers workers, BlasSelection selection)
        : base(description)
    {
        NativeBlas? blas = selection.Library, products = selection.ProductsInLibrary ? blas : null;
        (_workers, _products) = (workers, products);
        PassedOver = selection.PassedOver;
        ProductSpeeds = selection.Speeds;
        ProductsInLibrary = selection.ProductsInLibrary;
        Threads = workers.Count;
        LinearAlgebra = blas is null ? new ManagedLinearAlgebra(workers.Count) : new NativeLinearAlgebra(blas, workers);
        _single = new CpuArithmetic<float>(this, workers, products);
        _double = new CpuArithmetic<double>(this, workers, products);
    }

    /// <summary>Threads it computes with.</summary>
    public int Threads { get; }

    /// <summary>Small dense problems in float64, in the same library.</summary>
    public HostLinearAlgebra LinearAlgebra { get; }

    /// <summary>Native libraries that were looked for and not taken, and why.</summary>
    public IReadOnlyList<PassedOverDevice> PassedOver { get; }

    /// <summary>What the products were compared in, fastest first; empty where the options left nothing to choose.</summary>
    public IReadOnlyList<ProductSpeed> ProductSpeeds { get; }

    /// <summary>Whether thick products are computed in the native library, rather than in C#.</summary>
    public bool ProductsInLibrary { get; }

    /// <summary>Whether matrices on it can no longer be used.</summary>
    internal bool IsDisposed { get; private set; }

    /// <summary>Opens the processor.</summary>
    /// <param name="options">Library and threads; null for what the environment asks for.</param>
    /// <exception cref="DeviceFailureException">The native library that the options name was not found or computes wrong results.</exception>
    public static CpuDevice Open(CpuDeviceOptions? options = null)
    {
        options ??= CpuDeviceOptions.FromEnvironment();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        var workers = new Workers(options.Threads);
        BlasSelection selection = BlasSelection.Of(options, workers);
        var description = new DeviceDescription(
            BackendKind.Cpu, 0, ProcessorName.Read(), selection.Library?.Name, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, SupportsDouble: true);
        return new CpuDevice(description, workers, selection);
    }

    /// <inheritdoc/>
    public override Arithmetic<T> Arithmetic<T>()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (typeof(T) == typeof(float))
            return (Arithmetic<T>)(object)_single;
        if (typeof(T) == typeof(double))
            return (Arithmetic<T>)(object)_double;
        throw new NotSupportedException($"the CPU device does not compute in {typeof(T).Name}");
    }

    /// <inheritdoc/>
    public override Arithmetic<T> CancellableArithmetic<T>(CancellationToken cancellationToken)
    {
        Arithmetic<T> always = Arithmetic<T>();
        return cancellationToken.CanBeCanceled ? new CpuArithmetic<T>(this, _workers.Until(cancellationToken), _products) : always;
    }

    /// <inheritdoc/>
    protected override void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        NeighborSearch.Search(_workers, x, n, y, m, dimension, k, metric, indices, distances, cancellationToken);
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => IsDisposed = true;
}
