using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>A matrix of the reference device: an array shared by the matrix that owns it and the views of its columns and rows.</summary>
public sealed class ReferenceMatrix<T> : DeviceMatrix<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReferenceMatrix<T>? _owner;
    private readonly T[] _storage;
    private readonly int _offset;
    private readonly long _bytes;
    private bool _disposed;

    /// <summary>A new matrix full of NaN.</summary>
    internal ReferenceMatrix(ReferenceDevice device, int rows, int columns, long bytes)
        : base(rows, columns, columns)
    {
        Device = device;
        _storage = new T[rows * columns];
        Array.Fill(_storage, T.NaN);
        _bytes = bytes;
    }

    private ReferenceMatrix(ReferenceMatrix<T> parent, int offset, int rows, int columns)
        : base(rows, columns, parent.LeadingDimension)
    {
        Device = parent.Device;
        _owner = parent._owner ?? parent;
        _storage = parent._storage;
        _offset = parent._offset + offset;
    }

    /// <summary>The device that holds the matrix.</summary>
    internal ReferenceDevice Device { get; }

    /// <summary>Whether the storage has been released.</summary>
    internal bool IsDisposed => (_owner ?? this)._disposed;

    /// <summary>Element (i, j).</summary>
    internal T this[int i, int j]
    {
        get => _storage[_offset + i * LeadingDimension + j];
        set => _storage[_offset + i * LeadingDimension + j] = value;
    }

    /// <summary>Whether the two matrices have an element in common.</summary>
    internal bool Overlaps(ReferenceMatrix<T> other) =>
        ReferenceEquals(_storage, other._storage) && !IsEmpty && !other.IsEmpty
        && Intersects(FirstColumn, Columns, other.FirstColumn, other.Columns) && Intersects(FirstRow, Rows, other.FirstRow, other.Rows);

    /// <summary>Whether the two matrices are the same elements.</summary>
    internal bool Coincides(ReferenceMatrix<T> other) =>
        ReferenceEquals(_storage, other._storage) && _offset == other._offset && Rows == other.Rows && Columns == other.Columns;

    /// <inheritdoc/>
    protected override DeviceMatrix<T> CreateColumnView(int start, int count)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new ReferenceMatrix<T>(this, start, Rows, count);
    }

    /// <inheritdoc/>
    protected override DeviceMatrix<T> CreateRowView(int start, int count)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new ReferenceMatrix<T>(this, start * LeadingDimension, count, Columns);
    }

    private int FirstRow => LeadingDimension == 0 ? 0 : _offset / LeadingDimension;

    private int FirstColumn => LeadingDimension == 0 ? 0 : _offset % LeadingDimension;

    private static bool Intersects(int start, int count, int otherStart, int otherCount) =>
        start < otherStart + otherCount && otherStart < start + count;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_owner is not null || _disposed)
            return;
        _disposed = true;
        Device.Memory.Remove(_bytes);
        Array.Fill(_storage, T.NaN);
    }
}
