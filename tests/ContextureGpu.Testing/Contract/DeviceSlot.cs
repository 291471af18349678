using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>Keeps one device open for all tests of a class; xunit makes one slot for each class and closes it at the end.</summary>
public sealed class DeviceSlot : IDisposable
{
    private ComputeDevice? _device;

    /// <summary>The device, opened when it is first asked for.</summary>
    public ComputeDevice Get(Func<ComputeDevice> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        return _device ??= open();
    }

    /// <inheritdoc/>
    public void Dispose() => _device?.Dispose();
}
