using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Memory of an accelerator that is entered in the device's account until it is disposed.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly AcceleratorSession _session;
    private MemoryBuffer1D<T, Stride1D.Dense>? _buffer;

    /// <summary>Takes over an allocation.</summary>
    public DeviceBuffer(AcceleratorSession session, MemoryBuffer1D<T, Stride1D.Dense> buffer) => (_session, _buffer) = (session, buffer);

    /// <summary>The whole buffer as kernels take it.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public ArrayView<T> View
    {
        get
        {
            ObjectDisposedException.ThrowIf(_buffer is null, this);
            return _buffer.View.BaseView;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
            _session.Release(buffer);
    }
}
