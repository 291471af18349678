using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// A stream of an accelerator for copies only, and memory of the host that they go through, a piece at a time: one half is filled or emptied while the other is on its way. The memory stays
/// where it is; on CUDA it is page-locked, too, and copies go on by themselves.
/// Calls are made under the session's lock.
/// <para>The pieces are handed to ILGPU as pinned memory: its copies from and to views of page-locked arrays move as many bytes as the whole array has on OpenCL, however long
/// the view.</para>
/// </summary>
internal sealed class TransferLane : IDisposable
{
    private const int PieceBytes = 4 << 20;

    private readonly AcceleratorStream _stream;
    private readonly PageLockedArray1D<byte> _memory;

    public TransferLane(Accelerator accelerator)
    {
        _stream = accelerator.CreateStream();
        try
        {
            _memory = accelerator.AllocatePageLocked1D<byte>(2 * PieceBytes);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Copies values to a view of the same length and waits until they are there.</summary>
    public void Upload<T>(ReadOnlySpan<T> source, ArrayView<T> target)
        where T : unmanaged
    {
        int most = PieceBytes / Unsafe.SizeOf<T>(), half = 0;
        for (int start = 0; start < source.Length; half = 1 - half)
        {
            if (start > most && half == 0)
                _stream.Synchronize();
            Span<T> piece = Piece<T>(half, Math.Min(most, source.Length - start));
            source.Slice(start, piece.Length).CopyTo(piece);
            target.SubView(start, piece.Length).CopyFromCPUUnsafeAsync(_stream, ref MemoryMarshal.GetReference(piece), piece.Length);
            start += piece.Length;
        }
        _stream.Synchronize();
    }

    /// <summary>Copies a view to the host and waits.</summary>
    public void Download<T>(ArrayView<T> source, Span<T> target)
        where T : unmanaged
    {
        int most = PieceBytes / Unsafe.SizeOf<T>(), half = 0;
        Span<T> before = default, beforeTo = default;
        for (int start = 0; start < target.Length; half = 1 - half)
        {
            Span<T> piece = Piece<T>(half, Math.Min(most, target.Length - start));
            source.SubView(start, piece.Length).CopyToCPUUnsafeAsync(_stream, ref MemoryMarshal.GetReference(piece), piece.Length);
            before.CopyTo(beforeTo);
            _stream.Synchronize();
            before = piece;
            beforeTo = target.Slice(start, piece.Length);
            start += piece.Length;
        }
        before.CopyTo(beforeTo);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memory.Dispose();
        _stream.Dispose();
    }

    private Span<T> Piece<T>(int half, int length)
        where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(_memory.Span.Slice(half * PieceBytes, PieceBytes))[..length];
}
