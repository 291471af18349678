using System.Numerics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Compressed rows and those of the transpose, in host memory.</summary>
internal sealed class CpuSparseMatrix<T> : SparseMatrix<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly long _bytes;
    private (int[] Starts, int[] Columns, T[] Values) _rows, _transposed;
    private bool _disposed;

    public CpuSparseMatrix(CpuDevice device, CompressedRows matrix, Workers workers)
        : base(matrix.Rows, matrix.Columns, matrix.NonZeros)
    {
        Device = device;
        _rows = (matrix.RowStarts, matrix.ColumnIndices, matrix.Values as T[] ?? Array.ConvertAll(matrix.Values, T.CreateTruncating));
        _transposed = Transposition.Of<T>(matrix, workers);
        _bytes = Bytes(_rows) + Bytes(_transposed);
        device.Memory.Add(_bytes);
    }

    /// <summary>Where it lives.</summary>
    public CpuDevice Device { get; }

    /// <summary>The compressed rows of op(S).</summary>
    public (int[] Starts, int[] Columns, T[] Values) Compressed(Orientation orientation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return orientation == Orientation.Normal ? _rows : _transposed;
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed)
            return;
        _disposed = true;
        (_rows, _transposed) = (default, default);
        Device.Memory.Remove(_bytes);
    }

    private static unsafe long Bytes((int[] Starts, int[] Columns, T[] Values) rows) =>
        (sizeof(int) * ((long)rows.Starts.Length + rows.Columns.Length)) + ((long)sizeof(T) * rows.Values.Length);
}
