using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shape and places of <see cref="ColumnSumKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ColumnSumShape
{
    /// <summary>First elements and leading dimensions of X and of the sums.</summary>
    public long OffsetX, LeadingX, OffsetY, LeadingY;

    /// <summary>Rows of X.</summary>
    public long Rows;

    /// <summary>Columns of X, and groups of 32 of them.</summary>
    public int Columns, ColumnTiles;
}

/// <summary>
/// <c>y_bj = sum of x_ij over the 256 rows i of block b</c>; applied again to its own result until one row is left, it sums columns in a tree, the same way every time.
/// <para>A group takes 32 columns of one block: thread (lane, c) adds rows lane, lane + 8, .. of column c, then one thread a column adds the eight sums in order.</para>
/// </summary>
internal static class ColumnSumKernel
{
    /// <summary>Rows of a block.</summary>
    public const int RowsPerBlock = 256;

    /// <summary>Columns of a group.</summary>
    public const int ColumnsPerGroup = 32;

    private const int Lanes = TileGeometry.Threads / ColumnsPerGroup;

    /// <summary>The kernel: group g takes column tile g % ColumnTiles of block g / ColumnTiles.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Blocks<T, TReal>(ArrayView<T> x, ArrayView<T> y, ColumnSumShape shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        ArrayView<T> sums = SharedMemory.Allocate<T>(TileGeometry.Threads);
        int t = Group.IdxX, lane = TileGeometry.ShiftRight(t, 5), block = Grid.IdxX / shape.ColumnTiles;
        int column = (Grid.IdxX - block * shape.ColumnTiles) * ColumnsPerGroup + (t & 31);
        bool inside = column < shape.Columns;
        long begin = (long)block * RowsPerBlock, end = begin + RowsPerBlock;
        end = end < shape.Rows ? end : shape.Rows;
        T sum = TReal.Zero;
        if (inside)
        {
            for (long i = begin + lane; i < end; i += Lanes)
                sum += x[shape.OffsetX + i * shape.LeadingX + column];
        }
        sums[t] = sum;
        Group.Barrier();
        if (inside && lane == 0)
        {
            T total = sums[t];
            for (int l = 1; l < Lanes; l++)
                total += sums[t + l * ColumnsPerGroup];
            y[shape.OffsetY + block * shape.LeadingY + column] = total;
        }
    }
}
