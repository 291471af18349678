using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ContextureGpu;

/// <summary>
/// The values of a NumPy file, read into float64 columns. Slabs that fit the cache are read at their place in the file, by all threads, and turned into columns there: a file that
/// another program cuts off meanwhile is an error, where it would be the end of the process had it been mapped into memory.
/// </summary>
/// <param name="file">The file.</param>
/// <param name="offset">Where the values begin.</param>
/// <param name="columnMajor">Whether columns follow each other, rather than rows.</param>
/// <param name="reversed">Whether the bytes of a value are in the other order than the processor's.</param>
/// <param name="columns">Receives the values, each column as long as the others.</param>
internal sealed class NpyColumns(SafeFileHandle file, long offset, bool columnMajor, bool reversed, double[][] columns)
{
    private const int SlabBytes = 1 << 18;

    private int _missing;

    /// <summary>Reads values of one type.</summary>
    /// <returns>Whether the file has them all.</returns>
    public bool Read<T>()
        where T : unmanaged, INumberBase<T>
    {
        int rows = columns[0].Length, size = Unsafe.SizeOf<T>(), perSlab = Math.Max(1, SlabBytes / size);
        if (columnMajor)
        {
            int slabs = (int)(((long)rows + perSlab - 1) / perSlab);
            Parallel.For(0L, (long)slabs * columns.Length, slab =>
            {
                (int column, int start) = ((int)(slab / slabs), (int)(slab % slabs) * perSlab);
                Slab<T>(((long)column * rows) + start, Math.Min(perSlab, rows - start), values => Convert(values, columns[column].AsSpan(start, values.Length)));
            });
        }
        else
        {
            int height = Math.Max(1, perSlab / columns.Length);
            Parallel.For(0, (int)(((long)rows + height - 1) / height), slab =>
            {
                int start = slab * height, taken = Math.Min(height, rows - start);
                Slab<T>((long)start * columns.Length, taken * columns.Length, values => Transpose(values, start, taken));
            });
        }
        return _missing == 0;
    }

    // The slab is in the cache: each of its lines is used again for the next columns. Optimised at once, since one call can be all there is.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Transpose<T>(ReadOnlySpan<T> values, int start, int rows)
        where T : unmanaged, INumberBase<T>
    {
        int width = columns.Length;
        for (int j = 0; j < width; j++)
        {
            Span<double> to = columns[j].AsSpan(start, rows);
            ref T from = ref Unsafe.Add(ref MemoryMarshal.GetReference(values), j);
            if (typeof(T) == typeof(double))
            {
                for (int i = 0; i < to.Length; i++)
                    to[i] = Unsafe.As<T, double>(ref Unsafe.Add(ref from, (nint)i * width));
            }
            else
            {
                for (int i = 0; i < to.Length; i++)
                    to[i] = Unsafe.As<T, float>(ref Unsafe.Add(ref from, (nint)i * width));
            }
        }
    }

    private static void Convert<T>(ReadOnlySpan<T> values, Span<double> to)
        where T : unmanaged, INumberBase<T>
    {
        if (typeof(T) == typeof(double))
            MemoryMarshal.Cast<T, double>(values).CopyTo(to);
        else
            TensorPrimitives.ConvertTruncating(values, to);
    }

    private delegate void Take<T>(ReadOnlySpan<T> values);

    private void Slab<T>(long first, int count, Take<T> take)
        where T : unmanaged
    {
        T[] slab = ArrayPool<T>.Shared.Rent(count);
        try
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(slab.AsSpan(0, count));
            for (int done = 0; done < bytes.Length;)
            {
                int read = RandomAccess.Read(file, bytes[done..], offset + (first * Unsafe.SizeOf<T>()) + done);
                if (read == 0)
                {
                    Volatile.Write(ref _missing, 1);
                    return;
                }
                done += read;
            }
            if (reversed && Unsafe.SizeOf<T>() == sizeof(long))
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, long>(bytes), MemoryMarshal.Cast<byte, long>(bytes));
            else if (reversed)
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, int>(bytes), MemoryMarshal.Cast<byte, int>(bytes));
            take(slab.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<T>.Shared.Return(slab);
        }
    }
}
