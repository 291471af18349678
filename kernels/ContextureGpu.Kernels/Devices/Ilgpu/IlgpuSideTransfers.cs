namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Copies of matrices on a lane of the session, which is on loan until disposed.</summary>
internal sealed class IlgpuSideTransfers<T>(AcceleratorSession session, TransferLane lane) : SideTransfers<T>
    where T : unmanaged
{
    private TransferLane? _lane = lane;

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination)
    {
        IlgpuMatrix<T> target = Packed(destination, rowMajor.Length);
        session.Upload(rowMajor, target.Buffer!, target.Offset, Lane);
    }

    /// <inheritdoc/>
    public override void Download(DeviceMatrix<T> source, Span<T> rowMajor)
    {
        IlgpuMatrix<T> from = Packed(source, rowMajor.Length);
        session.Download(from.Buffer!, from.Offset, rowMajor, Lane);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _lane, null) is { } rented)
            session.ReturnLane(rented);
    }

    private TransferLane Lane => _lane ?? throw new ObjectDisposedException(nameof(SideTransfers<>));

    private IlgpuMatrix<T> Packed(DeviceMatrix<T> matrix, int length)
    {
        if (matrix is not IlgpuMatrix<T> own || !ReferenceEquals(own.Session, session) || !own.IsPacked || length != (long)own.Rows * own.Columns)
            throw new ArgumentException($"a matrix ({matrix.Rows}, {matrix.Columns}) of {session.Selector} whose rows lie together is wanted, with as many values; there are {length}", nameof(matrix));
        return own;
    }
}
