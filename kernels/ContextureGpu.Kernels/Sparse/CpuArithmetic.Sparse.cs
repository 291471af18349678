using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Compressed rows times a block: rows are shared out by their entries; a row of the result is formed in registers, eight vectors at a time.</summary>
internal sealed unsafe partial class CpuArithmetic<T>
{
    // Entries whose rows of X are asked for before they are needed.
    private const int Ahead = 12;

    protected override void SparseProductCore(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        CpuMatrix<T> from = Own(x), to = Own(y);
        if (s is not CpuSparseMatrix<T> own || own.Device != device)
            throw new ArgumentException("the sparse matrix is not on this device", nameof(s));
        (int[] starts, int[] columns, T[] values) = own.Compressed(orientation);
        int rows = to.Rows;
        long entries = columns.Length;
        int pieces = (int)Math.Min(rows, Math.Max(1, Math.Min(8L * workers.Count, entries / 512)));
        workers.Run(pieces, entries * to.Columns, piece =>
        {
            int first = RowOf(starts, rows, entries, piece, pieces), end = RowOf(starts, rows, entries, piece + 1, pieces);
            fixed (int* index = columns)
            fixed (T* value = values)
            {
                for (int i = first; i < end; i++)
                    GatherRow(index + starts[i], value + starts[i], starts[i + 1] - starts[i], index + entries, from.Pointer, from.LeadingDimension, to.Pointer + ((nint)i * to.LeadingDimension), to.Columns);
            }
        });
    }

    // The row at which a piece begins, so that pieces hold about as many entries and rows.
    private static int RowOf(int[] starts, int rows, long entries, int piece, int pieces)
    {
        long target = (entries + rows) * piece / pieces;
        int low = 0, high = rows;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (starts[middle] + (long)middle < target)
                low = middle + 1;
            else
                high = middle;
        }
        return piece == pieces ? rows : low;
    }

    // One row of the result. The last vector may overlap the one before it: its columns are then summed twice, the second time stands, and none are summed one by one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherRow(int* index, T* value, int count, int* end, T* x, nint leadingX, T* y, int columns)
    {
        int lanes = Vector<T>.Count, j = 0;
        if (columns < lanes)
        {
            GatherFew(index, value, count, x, leadingX, y, columns);
            return;
        }
        for (; j <= columns - (8 * lanes); j += 8 * lanes)
            GatherEight(index, value, count, end, x + j, leadingX, y + j);
        if (Vector512.IsHardwareAccelerated)
        {
            for (; j <= columns - Vector512<T>.Count; j += Vector512<T>.Count)
                GatherLine(index, value, count, end, x + j, leadingX, y + j);
        }
        for (; j <= columns - (2 * lanes); j += 2 * lanes)
            GatherTwo(index, value, count, end, x + j, leadingX, y + j);
        for (; j < columns; j += lanes)
        {
            int at = Math.Min(j, columns - lanes);
            Vector<T> sum = default;
            for (int e = 0; e < count; e++)
                sum = Lanes.Fma(new Vector<T>(value[e]), *(Vector<T>*)(x + (index[e] * leadingX) + at), sum);
            *(Vector<T>*)(y + at) = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherEight(int* index, T* value, int count, int* end, T* x, nint leadingX, T* y)
    {
        int lanes = Vector<T>.Count;
        Vector<T> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        for (int e = 0; e < count; e++)
        {
            T* row = x + (index[e] * leadingX);
            if (index + e + Ahead < end)
                Prefetch(x + (index[e + Ahead] * leadingX), 8 * Vector<byte>.Count);
            var factor = new Vector<T>(value[e]);
            s0 = Lanes.Fma(factor, *(Vector<T>*)row, s0);
            s1 = Lanes.Fma(factor, *(Vector<T>*)(row + lanes), s1);
            s2 = Lanes.Fma(factor, *(Vector<T>*)(row + (2 * lanes)), s2);
            s3 = Lanes.Fma(factor, *(Vector<T>*)(row + (3 * lanes)), s3);
            s4 = Lanes.Fma(factor, *(Vector<T>*)(row + (4 * lanes)), s4);
            s5 = Lanes.Fma(factor, *(Vector<T>*)(row + (5 * lanes)), s5);
            s6 = Lanes.Fma(factor, *(Vector<T>*)(row + (6 * lanes)), s6);
            s7 = Lanes.Fma(factor, *(Vector<T>*)(row + (7 * lanes)), s7);
        }
        *(Vector<T>*)y = s0;
        *(Vector<T>*)(y + lanes) = s1;
        *(Vector<T>*)(y + (2 * lanes)) = s2;
        *(Vector<T>*)(y + (3 * lanes)) = s3;
        *(Vector<T>*)(y + (4 * lanes)) = s4;
        *(Vector<T>*)(y + (5 * lanes)) = s5;
        *(Vector<T>*)(y + (6 * lanes)) = s6;
        *(Vector<T>*)(y + (7 * lanes)) = s7;
    }

    // A vector of 512 bits; four sums in turn, so that an entry need not wait for the one before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherLine(int* index, T* value, int count, int* end, T* x, nint leadingX, T* y)
    {
        Vector512<T> s0 = default, s1 = default, s2 = default, s3 = default;
        int e = 0;
        for (; e <= count - 4; e += 4)
        {
            if (index + e + Ahead + 3 < end)
            {
                Prefetch(x + (index[e + Ahead] * leadingX), CpuStorage.Alignment);
                Prefetch(x + (index[e + Ahead + 1] * leadingX), CpuStorage.Alignment);
                Prefetch(x + (index[e + Ahead + 2] * leadingX), CpuStorage.Alignment);
                Prefetch(x + (index[e + Ahead + 3] * leadingX), CpuStorage.Alignment);
            }
            s0 = Lanes.Fma(Vector512.Create(value[e]), Vector512.Load(x + (index[e] * leadingX)), s0);
            s1 = Lanes.Fma(Vector512.Create(value[e + 1]), Vector512.Load(x + (index[e + 1] * leadingX)), s1);
            s2 = Lanes.Fma(Vector512.Create(value[e + 2]), Vector512.Load(x + (index[e + 2] * leadingX)), s2);
            s3 = Lanes.Fma(Vector512.Create(value[e + 3]), Vector512.Load(x + (index[e + 3] * leadingX)), s3);
        }
        for (; e < count; e++)
            s0 = Lanes.Fma(Vector512.Create(value[e]), Vector512.Load(x + (index[e] * leadingX)), s0);
        ((s0 + s1) + (s2 + s3)).Store(y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherTwo(int* index, T* value, int count, int* end, T* x, nint leadingX, T* y)
    {
        int lanes = Vector<T>.Count;
        Vector<T> s0 = default, s1 = default;
        for (int e = 0; e < count; e++)
        {
            T* row = x + (index[e] * leadingX);
            if (index + e + Ahead < end)
                Prefetch(x + (index[e + Ahead] * leadingX), 2 * Vector<byte>.Count);
            var factor = new Vector<T>(value[e]);
            s0 = Lanes.Fma(factor, *(Vector<T>*)row, s0);
            s1 = Lanes.Fma(factor, *(Vector<T>*)(row + lanes), s1);
        }
        *(Vector<T>*)y = s0;
        *(Vector<T>*)(y + lanes) = s1;
    }

    // Fewer columns than a vector has lanes: three at a time, so that the entries are read once for up to three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void GatherFew(int* index, T* value, int count, T* x, nint leadingX, T* y, int columns)
    {
        int j = 0;
        for (; j <= columns - 3; j += 3)
        {
            T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero;
            for (int e = 0; e < count; e++)
            {
                T* row = x + (index[e] * leadingX) + j;
                s0 = T.MultiplyAddEstimate(value[e], row[0], s0);
                s1 = T.MultiplyAddEstimate(value[e], row[1], s1);
                s2 = T.MultiplyAddEstimate(value[e], row[2], s2);
            }
            (y[j], y[j + 1], y[j + 2]) = (s0, s1, s2);
        }
        for (; j < columns; j++)
            y[j] = GatherOne(index, value, count, x + j, leadingX);
    }

    // Four sums, so that one addition need not wait for the one before it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T GatherOne(int* index, T* value, int count, T* x, nint leadingX)
    {
        T s0 = T.Zero, s1 = T.Zero, s2 = T.Zero, s3 = T.Zero;
        int e = 0;
        for (; e <= count - 4; e += 4)
        {
            s0 = T.MultiplyAddEstimate(value[e], x[index[e] * leadingX], s0);
            s1 = T.MultiplyAddEstimate(value[e + 1], x[index[e + 1] * leadingX], s1);
            s2 = T.MultiplyAddEstimate(value[e + 2], x[index[e + 2] * leadingX], s2);
            s3 = T.MultiplyAddEstimate(value[e + 3], x[index[e + 3] * leadingX], s3);
        }
        for (; e < count; e++)
            s0 = T.MultiplyAddEstimate(value[e], x[index[e] * leadingX], s0);
        return (s0 + s1) + (s2 + s3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(T* row, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        for (int line = 0; line < bytes; line += CpuStorage.Alignment)
            Sse.Prefetch0((byte*)row + line);
    }
}
