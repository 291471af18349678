using System.Numerics;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>An accelerator that ILGPU drives, as a device of the engine.</summary>
internal sealed class IlgpuDevice : ComputeDevice
{
    private readonly AcceleratorSession _session;
    private readonly Lock _opening = new();
    private object? _single, _double;

    /// <summary>Makes a device of a session that <paramref name="open"/> starts; it counts its memory in this device's account.</summary>
    public IlgpuDevice(DeviceDescription description, Func<MemoryLedger, AcceleratorSession> open)
        : base(description) => _session = open(Memory);

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
                ? new IlgpuArithmetic<float, SingleReal, double, DoubleReal, SingleToDouble>(this, _session)
                : new IlgpuArithmetic<float, SingleReal, float, SingleReal, Unchanged<float>>(this, _session));
        }
        if (typeof(T) == typeof(double) && supportsDouble)
            return (Arithmetic<T>)Tested<double>(ref _double, () => new IlgpuArithmetic<double, DoubleReal, double, DoubleReal, Unchanged<double>>(this, _session));
        throw new NotSupportedException($"{Description.Selector} ({Description.Name}) does not compute in {typeof(T).Name}");
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
        if (disposing)
            _session.Dispose();
    }
}
