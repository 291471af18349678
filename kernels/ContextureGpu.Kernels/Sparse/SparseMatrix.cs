namespace ContextureGpu.Kernels;

/// <summary>
/// A sparse matrix in the memory of one device, in compressed rows, together with the compressed rows of its transpose, built once:
/// both orientations multiply without atomics and give the same bits every time.
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
public abstract class SparseMatrix<T> : IDisposable
    where T : unmanaged
{
    /// <summary>Describes a matrix; the storage belongs to the derived type.</summary>
    protected SparseMatrix(int rows, int columns, int nonZeros)
    {
        Rows = rows;
        Columns = columns;
        NonZeros = nonZeros;
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Number of stored entries.</summary>
    public int NonZeros { get; }

    /// <summary>Releases the storage.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the storage.</summary>
    protected abstract void Dispose(bool disposing);
}
