using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>A matrix of the reference device: an array shared by the matrix that owns it and the views of its columns.</summary>
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

    private ReferenceMatrix(ReferenceMatrix<T> parent, int start, int count)
        : base(parent.Rows, count, parent.LeadingDimension)
    {
        Device = parent.Device;
        _owner = parent._owner ?? parent;
        _storage = parent._storage;
        _offset = parent._offset + start;
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
        && _offset < other._offset + other.Columns && other._offset < _offset + Columns;

    /// <summary>Whether the two matrices are the same elements.</summary>
    internal bool Coincides(ReferenceMatrix<T> other) =>
        ReferenceEquals(_storage, other._storage) && _offset == other._offset && Columns == other.Columns;

    /// <inheritdoc/>
    protected override DeviceMatrix<T> CreateColumnView(int start, int count)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return new ReferenceMatrix<T>(this, start, count);
    }

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
