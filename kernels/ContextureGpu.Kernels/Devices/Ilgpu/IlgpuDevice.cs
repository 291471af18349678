using System.Numerics;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>An accelerator that ILGPU drives, as a device of the engine.</summary>
internal sealed class IlgpuDevice : ComputeDevice
{
    private readonly AcceleratorSession _session;
    private readonly Lock _opening = new();
    private readonly ProductTuner? _tuner;
    private readonly List<string> _refusals = [];
    private readonly CuBlas? _cuBlas;
    private object? _single, _double;

    /// <summary>Makes a device of a session that <paramref name="open"/> starts; it counts its memory in this device's account.</summary>
    public IlgpuDevice(DeviceDescription description, Func<MemoryLedger, AcceleratorSession> open, IlgpuDiscoveryOptions? options = null)
        : base(description)
    {
        _session = open(Memory);
        options ??= new IlgpuDiscoveryOptions();
        _cuBlas = options.CuBlas && _session.Accelerator is CudaAccelerator cuda ? OpenCuBlas(cuda) : null;
        _tuner = CreateTuner(options);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings => [.. _refusals, .. _tuner?.Warnings ?? []];

    /// <summary>The accelerator behind it.</summary>
    public AcceleratorSession Session => _session;

    /// <inheritdoc/>
    /// <exception cref="DeviceFailureException">The device failed its self-test in this type, now or earlier.</exception>
    public override Arithmetic<T> Arithmetic<T>()
    {
        _session.ThrowIfUnusable();
        bool supportsDouble = Description.SupportsDouble;
        if (typeof(T) == typeof(float))
        {
            return (Arithmetic<T>)Tested<float>(ref _single, () => supportsDouble
                ? new IlgpuArithmetic<float, SingleReal, double, DoubleReal, SingleToDouble>(this, _session) { Tuner = _tuner, Library = Library() }
                : new IlgpuArithmetic<float, SingleReal, float, SingleReal, Unchanged<float>>(this, _session) { Tuner = _tuner, Library = Library() });
        }
        if (typeof(T) == typeof(double) && supportsDouble)
            return (Arithmetic<T>)Tested<double>(ref _double, () => new IlgpuArithmetic<double, DoubleReal, double, DoubleReal, Unchanged<double>>(this, _session));
        throw new NotSupportedException($"{Description.Selector} ({Description.Name}) does not compute in {typeof(T).Name}");
    }

    private CuBlas? OpenCuBlas(CudaAccelerator accelerator)
    {
        try
        {
            return new CuBlas(accelerator);
        }
        catch (Exception error) when (error is CuBlasException or DllNotFoundException or EntryPointNotFoundException)
        {
            _refusals.Add($"cuBLAS was asked for and cannot be used: {error.Message}");
            return null;
        }
    }

    private ColumnMajorProduct? Library() => _cuBlas is null ? null : (transposeA, transposeB, m, n, k, alpha, a, leadingA, b, leadingB, beta, c, leadingC) => _cuBlas.Gemm(
        transposeA ? CuBlasOperation.Transpose : CuBlasOperation.NonTranspose, transposeB ? CuBlasOperation.Transpose : CuBlasOperation.NonTranspose, m, n, k, alpha, a, leadingA, b, leadingB, beta, c,
        leadingC);

    // GPUs only: elsewhere tiles are no different from each other.
    private ProductTuner? CreateTuner(IlgpuDiscoveryOptions options)
    {
        Accelerator accelerator = _session.Accelerator;
        if (accelerator is not CudaAccelerator && accelerator.Device is not CLDevice { DeviceType: CLDeviceType.CL_DEVICE_TYPE_GPU })
            return null;
        TensorCoreUse tensorCores = accelerator is CudaAccelerator ? options.TensorCores : TensorCoreUse.None;
        if (accelerator is CudaAccelerator cuda && cuda.Architecture < CudaArchitecture.SM_80 && tensorCores != TensorCoreUse.None)
        {
            tensorCores = TensorCoreUse.None;
            _refusals.Add($"tensor cores were asked for; {Description.Selector} ({Description.Name}) has none for tf32, which compute capability 8.0 brought, so products are in float32");
        }
        return new ProductTuner(accelerator.NumMultiprocessors, $"{Description.Selector} {Description.Name}|{Description.Driver}|{Description.MemoryBytes}", options.Speeds, tensorCores, _cuBlas is not null);
    }

    // The operations in one type, after they passed the self-test; a device that fails it is marked and refuses all further work.
    private object Tested<T>(ref object? operations, Func<Arithmetic<T>> create)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        lock (_opening)
        {
            if (operations is null)
            {
                Arithmetic<T> untested = create();
                try
                {
                    DeviceSelfTest.Run(untested);
                }
                catch (DeviceFailureException failure)
                {
                    throw _session.Fail(failure);
                }
                operations = untested;
            }
            return operations;
        }
    }

    /// <inheritdoc/>
    protected override void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken) =>
        new CertifiedNeighborSearch(_session).Search(x, n, y, m, dimension, k, metric, indices, distances, cancellationToken);

    /// <inheritdoc/>
    public override void Synchronize() => _session.Synchronize();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        try
        {
            _cuBlas?.Dispose();
        }
        catch (CuBlasException)
        {
            // What a lost device still holds is the driver's to take back.
        }
        _session.Dispose();
    }
}
