using ContextureGpu.Kernels.Cpu;

namespace ContextureGpu.Kernels;

/// <summary>
/// The processor as a device: SIMD in C# on all cores the process may use, dense products and small eigenproblems in OpenBLAS or MKL where one was found.
/// </summary>
public sealed class CpuDevice : ComputeDevice
{
    private readonly Workers _workers;
    private readonly CpuArithmetic<float> _single;
    private readonly CpuArithmetic<double> _double;

    private CpuDevice(DeviceDescription description, Workers workers, NativeBlas? blas, IReadOnlyList<PassedOverDevice> passedOver)
        : base(description)
    {
        _workers = workers;
        PassedOver = passedOver;
        Threads = workers.Count;
        LinearAlgebra = blas is null ? new ManagedLinearAlgebra(workers.Count) : new NativeLinearAlgebra(blas, workers);
        _single = new CpuArithmetic<float>(this, workers, blas);
        _double = new CpuArithmetic<double>(this, workers, blas);
    }

    /// <summary>Threads it computes with.</summary>
    public int Threads { get; }

    /// <summary>Small dense problems in float64, in the same library.</summary>
    public HostLinearAlgebra LinearAlgebra { get; }

    /// <summary>Native libraries that were looked for and not taken, and why.</summary>
    public IReadOnlyList<PassedOverDevice> PassedOver { get; }

    /// <summary>Whether matrices on it can no longer be used.</summary>
    internal bool IsDisposed { get; private set; }

    /// <summary>Opens the processor.</summary>
    /// <param name="options">Library and threads; null for what the environment asks for.</param>
    /// <exception cref="DeviceFailureException">The native library that the options name was not found or computes wrong results.</exception>
    public static CpuDevice Open(CpuDeviceOptions? options = null)
    {
        options ??= CpuDeviceOptions.FromEnvironment();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        NativeBlas? blas = NativeBlas.Find(options.Blas, options.Threads, out IReadOnlyList<PassedOverDevice> passedOver);
        var description = new DeviceDescription(
            BackendKind.Cpu, 0, ProcessorName.Read(), blas?.Name, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, SupportsDouble: true);
        return new CpuDevice(description, new Workers(options.Threads), blas, passedOver);
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
