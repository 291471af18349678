namespace ContextureGpu.Kernels;

/// <summary>
/// Copies between the host and matrices of a device that go on beside the work that is queued there, and do not wait for it: nothing that is queued may touch the matrices meanwhile, nor memory
/// that was theirs before.
/// </summary>
internal abstract class SideTransfers<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Copies row-major values to a matrix whose rows lie together, and waits until they are there.</summary>
    public abstract void Upload(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination);

    /// <summary>Copies a matrix whose rows lie together to the host, and waits.</summary>
    public abstract void Download(DeviceMatrix<T> source, Span<T> rowMajor);

    /// <summary>Makes them available to others.</summary>
    public abstract void Dispose();
}
