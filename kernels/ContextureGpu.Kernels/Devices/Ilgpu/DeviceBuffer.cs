using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Memory of an accelerator, on loan from the session's pool and entered in the device's account until it is disposed.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed class DeviceBuffer<T> : IDisposable
    where T : unmanaged
{
    private readonly AcceleratorSession _session;
    private readonly long _length;
    private MemoryBuffer1D<byte, Stride1D.Dense>? _block;

    /// <summary>Takes over a block that holds at least <paramref name="length"/> elements.</summary>
    public DeviceBuffer(AcceleratorSession session, MemoryBuffer1D<byte, Stride1D.Dense> block, long length) => (_session, _block, _length) = (session, block, length);

    /// <summary>The whole buffer as kernels take it.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was disposed.</exception>
    public ArrayView<T> View
    {
        get
        {
            ObjectDisposedException.ThrowIf(_block is null, this);
            return _block.View.BaseView.Cast<T>().SubView(0, _length);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _block, null) is { } block)
            _session.Release(block, _length * Interop.SizeOf<T>());
    }
}
