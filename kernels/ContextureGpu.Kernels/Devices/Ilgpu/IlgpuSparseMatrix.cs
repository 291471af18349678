namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Compressed rows of a matrix and of its transpose in buffers of an accelerator.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal sealed class IlgpuSparseMatrix<T> : SparseMatrix<T>
    where T : unmanaged
{
    /// <summary>Takes over the two halves.</summary>
    public IlgpuSparseMatrix(AcceleratorSession session, int rows, int columns, int nonZeros, Half normal, Half transposed)
        : base(rows, columns, nonZeros) => (Session, Normal, Transposed) = (session, normal, transposed);

    /// <summary>One orientation: buffers of at least one element each.</summary>
    /// <param name="RowStarts">Where rows start.</param>
    /// <param name="ColumnIndices">Column of each entry.</param>
    /// <param name="Values">Value of each entry.</param>
    public sealed record Half(DeviceBuffer<int> RowStarts, DeviceBuffer<int> ColumnIndices, DeviceBuffer<T> Values) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose()
        {
            RowStarts.Dispose();
            ColumnIndices.Dispose();
            Values.Dispose();
        }
    }

    /// <summary>The accelerator it lies on.</summary>
    public AcceleratorSession Session { get; }

    /// <summary>The matrix.</summary>
    public Half Normal { get; }

    /// <summary>Its transpose.</summary>
    public Half Transposed { get; }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Normal.Dispose();
            Transposed.Dispose();
        }
    }
}
