using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="ColumnMomentKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ColumnMomentShape
{
    /// <summary>First element and leading dimension of X.</summary>
    public long OffsetX, LeadingX;

    /// <summary>First element and stride of the weights; stride 0 weighs all rows alike.</summary>
    public long OffsetWeight, LeadingWeight;

    /// <summary>Rows of X and rows of a block.</summary>
    public long Rows, RowsPerBlock;

    /// <summary>Columns of X, and groups of 32 of them.</summary>
    public int Columns, ColumnTiles;
}

/// <summary>
/// For each block of rows and each column <c>(sum w_i, sum w_i (x_ij - s_j), sum w_i (x_ij - s_j)^2)</c>, with a shift s that is 0 in the first pass and the
/// mean in the second.
/// <para>A group takes 32 columns of one block: thread (lane, c) adds rows lane, lane + 8, .. of column c, then one thread a column adds the eight sums in order.
/// Partials are packed (blocks, 3, columns); the host adds the blocks in order in float64.</para>
/// </summary>
internal static class ColumnMomentKernel
{
    /// <summary>Columns of a group.</summary>
    public const int ColumnsPerGroup = 32;

    private const int Lanes = TileGeometry.Threads / ColumnsPerGroup;

    /// <summary>The kernel: group g takes column tile g % ColumnTiles of block g / ColumnTiles.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Partial<T, TSum, TReal, TWidening>(
        ArrayView<T> x, ArrayView<T> weight, ArrayView<TSum> shift, ArrayView<TSum> partial, ColumnMomentShape shape)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TReal : struct, IReal<TSum>
        where TWidening : struct, IWidening<T, TSum>
    {
        ArrayView<TSum> sums = SharedMemory.Allocate<TSum>(3 * TileGeometry.Threads);
        int t = Group.IdxX, lane = TileGeometry.ShiftRight(t, 5), block = Grid.IdxX / shape.ColumnTiles;
        int column = (Grid.IdxX - block * shape.ColumnTiles) * ColumnsPerGroup + (t & 31);
        bool inside = column < shape.Columns;
        long begin = block * shape.RowsPerBlock, end = begin + shape.RowsPerBlock;
        end = end < shape.Rows ? end : shape.Rows;
        TSum s0 = TReal.Zero, s1 = TReal.Zero, s2 = TReal.Zero;
        if (inside)
        {
            TSum middle = shift[column];
            for (long i = begin + lane; i < end; i += Lanes)
            {
                TSum w = TWidening.Widen(weight[shape.OffsetWeight + i * shape.LeadingWeight]);
                TSum d = TWidening.Widen(x[shape.OffsetX + i * shape.LeadingX + column]) - middle;
                TSum wd = w * d;
                s0 += w;
                s1 += wd;
                s2 = TReal.Fma(wd, d, s2);
            }
        }
        sums[t] = s0;
        sums[TileGeometry.Threads + t] = s1;
        sums[2 * TileGeometry.Threads + t] = s2;
        Group.Barrier();
        if (inside && lane < 3)
        {
            // Lane 0, 1, 2 finishes sum 0, 1, 2 of its column.
            int first = lane * TileGeometry.Threads + (t & 31);
            TSum total = sums[first];
            for (int l = 1; l < Lanes; l++)
                total += sums[first + l * ColumnsPerGroup];
            partial[((long)block * 3 + lane) * shape.Columns + column] = total;
        }
    }
}
