using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="InnerProductKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InnerProductShape
{
    /// <summary>First elements and leading dimensions of A and B.</summary>
    public long OffsetA, OffsetB, LeadingA, LeadingB;

    /// <summary>Rows of A and B; the first row of this launch; rows of a block.</summary>
    public long Rows, FirstRow, RowsPerBlock;

    /// <summary>Columns of A and of B.</summary>
    public int P, Q;

    /// <summary>Tiles along P and along Q.</summary>
    public int TilesP, TilesQ;

    /// <summary>1 if A is B, so that tiles above the diagonal need not be computed; else 0.</summary>
    public int Symmetric;
}

/// <summary>
/// <c>partial_s = sum over the rows r of block s of a_r b_r^T</c>, then <c>sum_s partial_s</c> in the order of s: A^T B of tall matrices without atomics.
/// <para>A group computes one 64 by 64 tile of one block's partial, as <see cref="MatrixProductKernel"/> does, in the type of the sums: float64 where the device
/// has it. Partials are packed (blocks, P, Q); tiles above the diagonal of a symmetric product are left undefined.</para>
/// </summary>
internal static class InnerProductKernel
{
    /// <summary>The partial sums: group g computes tile g % (TilesP TilesQ) of block g / (TilesP TilesQ).</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Partial<T, TSum, TReal, TWidening>(ArrayView<T> a, ArrayView<T> b, ArrayView<TSum> partial, InnerProductShape shape)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TReal : struct, IReal<TSum>
        where TWidening : struct, IWidening<T, TSum>
    {
        ArrayView<TSum> left = SharedMemory.Allocate<TSum>(TileGeometry.Depth * TileGeometry.Pitch);
        ArrayView<TSum> right = SharedMemory.Allocate<TSum>(TileGeometry.Depth * TileGeometry.Pitch);
        int t = Group.IdxX, ty = TileGeometry.ShiftRight(t, 4), tx = t & 15;
        int tiles = shape.TilesP * shape.TilesQ, block = Grid.IdxX / tiles, tile = Grid.IdxX - block * tiles;
        int tileP = tile / shape.TilesQ, tileQ = tile - tileP * shape.TilesQ;
        int p0 = tileP * TileGeometry.Tile, q0 = tileQ * TileGeometry.Tile;
        int skipped = shape.Symmetric != 0 && tileQ > tileP ? 1 : 0;
        long begin = shape.FirstRow + block * shape.RowsPerBlock;
        long end = begin + shape.RowsPerBlock;
        end = end < shape.Rows ? end : shape.Rows;
        end = skipped != 0 ? begin : end;
        Block4x4<TSum> sum = default;
        for (long k0 = begin; k0 < end; k0 += TileGeometry.Depth)
        {
            TileLoad.StageWidened<T, TSum, TReal, TWidening>(left, a, shape.OffsetA, shape.LeadingA, p0, shape.P, k0, end);
            TileLoad.StageWidened<T, TSum, TReal, TWidening>(right, b, shape.OffsetB, shape.LeadingB, q0, shape.Q, k0, end);
            Group.Barrier();
            TileProduct.Accumulate<TSum, TReal>(ref sum, left.Cast<Four<TSum>>(), 0, right.Cast<Four<TSum>>(), ty, tx);
            Group.Barrier();
        }
        int p = p0 + ty * 4, q = q0 + tx * 4;
        if (skipped == 0)
        {
            StoreRow(partial, shape, block, p, q, sum.R0);
            StoreRow(partial, shape, block, p + 1, q, sum.R1);
            StoreRow(partial, shape, block, p + 2, q, sum.R2);
            StoreRow(partial, shape, block, p + 3, q, sum.R3);
        }
    }

    /// <summary>The sum over blocks, into the place of the first: a thread an element.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void SumBlocks<TSum>(ArrayView<TSum> partial, int blocks, long elements)
        where TSum : unmanaged, INumber<TSum>
    {
        for (long e = Grid.GlobalIndex.X; e < elements; e += TileGeometry.GridThreads)
        {
            TSum sum = partial[e];
            for (int block = 1; block < blocks; block++)
                sum += partial[block * elements + e];
            partial[e] = sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow<TSum>(ArrayView<TSum> partial, InnerProductShape shape, int block, int p, int q, Four<TSum> sum)
        where TSum : unmanaged
    {
        long at = ((long)block * shape.P + p) * shape.Q + q;
        if (p < shape.P)
        {
            if (q < shape.Q)
                partial[at] = sum.X;
            if (q + 1 < shape.Q)
                partial[at + 1] = sum.Y;
            if (q + 2 < shape.Q)
                partial[at + 2] = sum.Z;
            if (q + 3 < shape.Q)
                partial[at + 3] = sum.W;
        }
    }
}
