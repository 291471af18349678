using System.Numerics;
using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Compressed rows times a block: rows are shared out by their entries; a row of the result is formed in registers, four vectors at a time.</summary>
internal sealed unsafe partial class CpuArithmetic<T>
{
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
                    GatherRow(index + starts[i], value + starts[i], starts[i + 1] - starts[i], from.Pointer, from.LeadingDimension, to.Pointer + ((nint)i * to.LeadingDimension), to.Columns);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherRow(int* index, T* value, int count, T* x, nint leadingX, T* y, int columns)
    {
        int lanes = Vector<T>.Count, j = 0;
        for (; j <= columns - (4 * lanes); j += 4 * lanes)
        {
            Vector<T> s0 = default, s1 = default, s2 = default, s3 = default;
            for (int e = 0; e < count; e++)
            {
                T* row = x + (index[e] * leadingX) + j;
                var factor = new Vector<T>(value[e]);
                s0 = Lanes.Fma(factor, *(Vector<T>*)row, s0);
                s1 = Lanes.Fma(factor, *(Vector<T>*)(row + lanes), s1);
                s2 = Lanes.Fma(factor, *(Vector<T>*)(row + (2 * lanes)), s2);
                s3 = Lanes.Fma(factor, *(Vector<T>*)(row + (3 * lanes)), s3);
            }
            *(Vector<T>*)(y + j) = s0;
            *(Vector<T>*)(y + j + lanes) = s1;
            *(Vector<T>*)(y + j + (2 * lanes)) = s2;
            *(Vector<T>*)(y + j + (3 * lanes)) = s3;
        }
        for (; j <= columns - lanes; j += lanes)
        {
            Vector<T> sum = default;
            for (int e = 0; e < count; e++)
                sum = Lanes.Fma(new Vector<T>(value[e]), *(Vector<T>*)(x + (index[e] * leadingX) + j), sum);
            *(Vector<T>*)(y + j) = sum;
        }
        for (; j < columns; j++)
        {
            T sum = T.Zero;
            for (int e = 0; e < count; e++)
                sum += value[e] * x[(index[e] * leadingX) + j];
            y[j] = sum;
        }
    }
}
