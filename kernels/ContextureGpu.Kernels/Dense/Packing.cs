using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Copies of operands in the order in which a register tile reads them (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008), converted
/// to T.
/// </summary>
internal static unsafe class Packing<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Lanes = 4;

    /// <summary>op(A)[top .. top + rows, from .. from + depth] in strips of <paramref name="height"/> rows, each strip depth-major; missing rows are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TIn>(Operand<TIn> a, int top, int rows, int height, int from, int depth, T* to)
        where TIn : unmanaged
    {
        for (int row = 0; row < rows; row += height)
        {
            int count = Math.Min(height, rows - row);
            TIn* source = a.Start + ((top + row) * a.RowStride) + (from * a.ColumnStride);
            nint rowStride = a.RowStride;
            if (rowStride == 1 && count >= Lanes)
            {
                for (int l = 0; l < depth; l++, source += a.ColumnStride, to += height)
                {
                    Copy(source, to, count);
                    for (int r = count; r < height; r++)
                        to[r] = T.Zero;
                }
                continue;
            }
            for (int l = 0; l < depth; l++, source += a.ColumnStride, to += height)
            {
                TIn* element = source;
                for (int r = 0; r < count; r++, element += rowStride)
                    to[r] = Convert(*element);
                for (int r = count; r < height; r++)
                    to[r] = T.Zero;
            }
        }
    }

    /// <summary>op(B)[from .. from + depth, left .. left + width], depth-major; columns from <paramref name="n"/> on are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns<TIn>(Operand<TIn> b, int from, int depth, int left, int n, int width, T* to)
        where TIn : unmanaged
    {
        int count = Math.Min(width, n - left);
        TIn* source = b.Start + (from * b.RowStride) + (left * b.ColumnStride);
        if (count == width && b.ColumnStride == 1)
        {
            for (int l = 0; l < depth; l++)
            {
                for (int j = 0; j < width; j += 2 * Vector<T>.Count)
                {
                    Load(source + j, out Vector<T> first, out Vector<T> second);
                    *(Vector<T>*)(to + j) = first;
                    *(Vector<T>*)(to + j + Vector<T>.Count) = second;
                }
                source += b.RowStride;
                to += width;
            }
            return;
        }
        for (int l = 0; l < depth; l++)
        {
            TIn* element = source;
            for (int j = 0; j < count; j++, element += b.ColumnStride)
                to[j] = Convert(*element);
            for (int j = count; j < width; j++)
                to[j] = T.Zero;
            source += b.RowStride;
            to += width;
        }
    }

    // Two vectors of T from as many elements in a row.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TIn>(TIn* source, out Vector<T> first, out Vector<T> second)
        where TIn : unmanaged
    {
        if (typeof(TIn) == typeof(T))
        {
            first = *(Vector<T>*)source;
            second = *(Vector<T>*)((T*)source + Vector<T>.Count);
            return;
        }
        Vector.Widen(*(Vector<float>*)source, out Vector<double> low, out Vector<double> high);
        (first, second) = (low.As<double, T>(), high.As<double, T>());
    }

    // A few elements in a row by vectors of 4, the last of which may overlap the one before it; count is at least 4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy<TIn>(TIn* source, T* to, int count)
        where TIn : unmanaged
    {
        for (int r = 0; r < count; r += Lanes)
        {
            int at = Math.Min(r, count - Lanes);
            if (sizeof(T) == sizeof(float))
                Vector128.Load((float*)(source + at)).Store((float*)(to + at));
            else if (sizeof(TIn) == sizeof(double))
                Vector256.Load((double*)(source + at)).Store((double*)(to + at));
            else
                Vector256.WidenLower(Vector128.Load((float*)(source + at)).ToVector256Unsafe()).Store((double*)(to + at));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Convert<TIn>(TIn value)
        where TIn : unmanaged
    {
        if (typeof(TIn) == typeof(T))
            return (T)(object)value;
        return (T)(object)(double)(float)(object)value;
    }
}
