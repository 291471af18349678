using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="CompressedRowsKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompressedRowsShape
{
    /// <summary>Elements of Y, rows times columns.</summary>
    public long Elements;

    /// <summary>Columns of X and Y.</summary>
    public long Columns;

    /// <summary>First elements and leading dimensions of X and Y.</summary>
    public long OffsetX, LeadingX, OffsetY, LeadingY;
}

/// <summary>
/// <c>y_ij = sum_e values_e x_(columns_e) j</c> over the entries e of row i: compressed rows times a dense block. The other orientation is the same kernel on the
/// transpose.
/// <para>A thread an element of Y, numbered row-major: the threads of a row read the same entry at once and neighbouring elements of X. One sum an
/// element, in the order of the entries; no atomics.</para>
/// </summary>
internal static class CompressedRowsKernel
{
    /// <summary>The kernel.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Product<T, TReal>(
        ArrayView<int> rowStarts, ArrayView<int> columnIndices, ArrayView<T> values, ArrayView<T> x, ArrayView<T> y, CompressedRowsShape shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        for (long element = Grid.GlobalIndex.X; element < shape.Elements; element += TileGeometry.GridThreads)
        {
            long i = element / shape.Columns, j = element - i * shape.Columns;
            int end = rowStarts[i + 1];
            T sum = TReal.Zero;
            for (int e = rowStarts[i]; e < end; e++)
                sum = TReal.Fma(values[e], x[shape.OffsetX + columnIndices[e] * shape.LeadingX + j], sum);
            y[shape.OffsetY + i * shape.LeadingY + j] = sum;
        }
    }
}
