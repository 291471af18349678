namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>A matrix, or a range of columns of one, in a buffer of an accelerator: element (i, j) lies at <c>Offset + i * LeadingDimension + j</c>.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed class IlgpuMatrix<T> : DeviceMatrix<T>
    where T : unmanaged
{
    private readonly bool _ownsBuffer;

    /// <summary>Describes a matrix in a buffer.</summary>
    /// <param name="session">The accelerator it lies on.</param>
    /// <param name="buffer">Its storage; null if it has no element.</param>
    /// <param name="offset">Its first element.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="leadingDimension">Elements between two rows.</param>
    /// <param name="ownsBuffer">Whether disposing the matrix releases the buffer.</param>
    public IlgpuMatrix(AcceleratorSession session, DeviceBuffer<T>? buffer, long offset, int rows, int columns, int leadingDimension, bool ownsBuffer)
        : base(rows, columns, leadingDimension)
    {
        Session = session;
        Buffer = buffer;
        Offset = offset;
        _ownsBuffer = ownsBuffer;
    }

    /// <summary>The accelerator it lies on.</summary>
    public AcceleratorSession Session { get; }

    /// <summary>Its storage.</summary>
    public DeviceBuffer<T>? Buffer { get; }

    /// <summary>Its first element in the storage.</summary>
    public long Offset { get; }

    /// <summary>Whether rows follow each other without a gap.</summary>
    public bool IsPacked => LeadingDimension == Columns || Rows == 1;

    /// <summary>Whether both are the same elements.</summary>
    public bool Coincides(IlgpuMatrix<T> other) =>
        ReferenceEquals(Buffer, other.Buffer) && Offset == other.Offset && (Rows, Columns, LeadingDimension) == (other.Rows, other.Columns, other.LeadingDimension);

    /// <inheritdoc/>
    protected override DeviceMatrix<T> CreateColumnView(int start, int count) =>
        new IlgpuMatrix<T>(Session, Buffer, Offset + start, Rows, count, LeadingDimension, ownsBuffer: false);

    /// <inheritdoc/>
    protected override DeviceMatrix<T> CreateRowView(int start, int count) =>
        new IlgpuMatrix<T>(Session, Buffer, Offset + ((long)start * LeadingDimension), count, Columns, LeadingDimension, ownsBuffer: false);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_ownsBuffer && disposing)
            Buffer?.Dispose();
    }
}
