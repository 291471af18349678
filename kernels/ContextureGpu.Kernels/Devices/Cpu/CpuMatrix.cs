using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Aligned memory outside the managed heap that knows its account; released once, at the latest by the garbage collector.</summary>
internal sealed unsafe class CpuStorage : IDisposable
{
    /// <summary>A cache line, and the widest vector.</summary>
    public const int Alignment = 64;

    private readonly MemoryLedger _ledger;
    private readonly long _bytes;
    private void* _start;

    /// <exception cref="InsufficientMemoryException">There is no room.</exception>
    public CpuStorage(CpuDevice device, Int128 bytes)
    {
        ObjectDisposedException.ThrowIf(device.IsDisposed, device);
        long live = device.Memory.LiveBytes, limit = device.Description.MemoryBytes;
        if (bytes > limit - live)
            throw new InsufficientMemoryException($"{bytes} bytes were asked for; {live} of the {limit} bytes that the process may use are taken");
        _bytes = (long)bytes;
        _ledger = device.Memory;
        try
        {
            _start = NativeMemory.AlignedAlloc((nuint)Math.Max(1, _bytes), Alignment);
        }
        catch (OutOfMemoryException refusal)
        {
            GC.SuppressFinalize(this);
            throw new InsufficientMemoryException($"{bytes} bytes were asked for and refused by the operating system", refusal);
        }
        _ledger.Add(_bytes);
    }

    ~CpuStorage() => Release();

    /// <summary>The first byte.</summary>
    public void* Start => _start;

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Release()
    {
        if (_start is null)
            return;
        NativeMemory.AlignedFree(_start);
        _start = null;
        _ledger.Remove(_bytes);
    }
}

/// <summary>A matrix in host memory, or a view of one.</summary>
internal sealed unsafe class CpuMatrix<T> : DeviceMatrix<T>
    where T : unmanaged
{
    private readonly CpuStorage _storage;
    private readonly bool _owns;
    private readonly nint _offset;

    /// <summary>A new matrix.</summary>
    public CpuMatrix(CpuDevice device, int rows, int columns)
        : this(device, new CpuStorage(device, (Int128)rows * columns * sizeof(T)), true, 0, rows, columns, columns)
    {
    }

    private CpuMatrix(CpuDevice device, CpuStorage storage, bool owns, nint offset, int rows, int columns, int leadingDimension)
        : base(rows, columns, leadingDimension) =>
        (Device, _storage, _owns, _offset) = (device, storage, owns, offset);

    /// <summary>Where it lives.</summary>
    public CpuDevice Device { get; }

    /// <summary>Element (0, 0).</summary>
    /// <exception cref="ObjectDisposedException">The matrix or the device is disposed.</exception>
    public T* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_storage.Start is null, this);
            return (T*)_storage.Start + _offset;
        }
    }

    /// <summary>Row i as a span.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<T> Row(int i) => new(Pointer + ((nint)i * LeadingDimension), Columns);

    protected override DeviceMatrix<T> CreateColumnView(int start, int count) =>
        new CpuMatrix<T>(Device, _storage, false, _offset + start, Rows, count, LeadingDimension);

    protected override DeviceMatrix<T> CreateRowView(int start, int count) =>
        new CpuMatrix<T>(Device, _storage, false, _offset + ((nint)start * LeadingDimension), count, Columns, LeadingDimension);

    protected override void Dispose(bool disposing)
    {
        if (disposing && _owns)
            _storage.Dispose();
    }
}
