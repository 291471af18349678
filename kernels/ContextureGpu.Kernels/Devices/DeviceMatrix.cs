namespace ContextureGpu.Kernels;

/// <summary>
/// A dense row-major matrix in the memory of one device. Element (i, j) lies at <c>i * LeadingDimension + j</c> of its storage.
/// Its contents are undefined until they are written.
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
public abstract class DeviceMatrix<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Describes a matrix; the storage belongs to the derived type.</summary>
    /// <param name="rows">Rows, at least 0.</param>
    /// <param name="columns">Columns, at least 0.</param>
    /// <param name="leadingDimension">Distance in elements between the starts of two rows, at least <paramref name="columns"/>.</param>
    protected DeviceMatrix(int rows, int columns, int leadingDimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(leadingDimension, columns);
        Rows = rows;
        Columns = columns;
        LeadingDimension = leadingDimension;
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Distance in elements between the starts of two rows.</summary>
    public int LeadingDimension { get; }

    /// <summary>Whether the matrix has no element.</summary>
    public bool IsEmpty => Rows == 0 || Columns == 0;

    /// <summary>
    /// Columns <paramref name="start"/> .. <paramref name="start"/> + <paramref name="count"/> - 1 as a matrix that shares this storage.
    /// The view is valid until this matrix is disposed; disposing the view does nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the matrix.</exception>
    public DeviceMatrix<T> ColumnRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Columns, nameof(count));
        return CreateColumnView(start, count);
    }

    /// <summary>
    /// Rows <paramref name="start"/> .. <paramref name="start"/> + <paramref name="count"/> - 1 as a matrix that shares this storage.
    /// The view is valid until this matrix is disposed; disposing the view does nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the matrix.</exception>
    public DeviceMatrix<T> RowRange(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Rows, nameof(count));
        return CreateRowView(start, count);
    }

    /// <summary>Makes the view of <see cref="ColumnRange"/>; the range has been checked.</summary>
    protected abstract DeviceMatrix<T> CreateColumnView(int start, int count);

    /// <summary>Makes the view of <see cref="RowRange"/>; the range has been checked.</summary>
    protected abstract DeviceMatrix<T> CreateRowView(int start, int count);

    /// <summary>Releases the storage, if this matrix owns it.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the storage, if this matrix owns it. Called at most usefully once; later calls do nothing.</summary>
    protected abstract void Dispose(bool disposing);
}
