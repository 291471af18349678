using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>A sparse matrix of the reference device: the host's compressed rows with their values rounded to the element type.</summary>
public sealed class ReferenceSparseMatrix<T> : SparseMatrix<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReferenceDevice _device;
    private readonly long _bytes;

    /// <summary>Copies a matrix; the device counts its <paramref name="bytes"/>.</summary>
    internal ReferenceSparseMatrix(ReferenceDevice device, CompressedRows matrix, long bytes)
        : base(matrix.Rows, matrix.Columns, matrix.NonZeros)
    {
        _device = device;
        _bytes = bytes;
        RowStarts = [.. matrix.RowStarts];
        ColumnIndices = [.. matrix.ColumnIndices];
        Values = Array.ConvertAll(matrix.Values, T.CreateTruncating);
    }

    /// <summary>Where each row starts, and where the last one ends.</summary>
    internal int[] RowStarts { get; }

    /// <summary>Column of each entry.</summary>
    internal int[] ColumnIndices { get; }

    /// <summary>Value of each entry.</summary>
    internal T[] Values { get; }

    /// <summary>The device that holds the matrix.</summary>
    internal ReferenceDevice Device => _device;

    /// <summary>Whether the storage has been released.</summary>
    internal bool IsDisposed { get; private set; }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (IsDisposed)
            return;
        IsDisposed = true;
        _device.Memory.Remove(_bytes);
    }
}
