using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes, places and factors of <see cref="MatrixProductKernel"/>.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct MatrixProductShape<T>
    where T : unmanaged
{
    /// <summary>First elements of A, B and C in their buffers.</summary>
    public long OffsetA, OffsetB, OffsetC;

    /// <summary>Leading dimensions.</summary>
    public long LeadingA, LeadingB, LeadingC;

    /// <summary>C is (M, N), the inner dimension is K.</summary>
    public int M, N, K;

    /// <summary>1 where the operand enters transposed, else 0.</summary>
    public int TransposedA, TransposedB;

    /// <summary>Tiles side by side in a row of C.</summary>
    public int ColumnTiles;

    /// <summary>Factors of the product and of the old C.</summary>
    public T Alpha, Beta;
}

/// <summary>
/// <c>C = alpha op(A) op(B) + beta C</c>, row-major.
/// <para>A group of 256 threads computes a 64 by 64 tile of C, 4 by 4 in the registers of each thread: 16 fused multiply-adds for two 16-byte loads from shared
/// memory. The inner dimension runs in steps of 16 that are staged in shared memory with the step as the slow index (both operands
/// alike, whatever their orientation), zero beyond the edges. Threads read global memory along its contiguous direction in either orientation. One sum per
/// element, in the order of k: the same bits every time.</para>
/// </summary>
internal static class MatrixProductKernel
{
    /// <summary>The kernel: group g computes tile (g / ColumnTiles, g % ColumnTiles).</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Product<T, TReal>(ArrayView<T> a, ArrayView<T> b, ArrayView<T> c, MatrixProductShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        ArrayView<T> left = SharedMemory.Allocate<T>(TileGeometry.Depth * TileGeometry.Pitch);
        ArrayView<T> right = SharedMemory.Allocate<T>(TileGeometry.Depth * TileGeometry.Pitch);
        int t = Group.IdxX, ty = TileGeometry.ShiftRight(t, 4), tx = t & 15;
        int tileRow = Grid.IdxX / shape.ColumnTiles;
        int row0 = tileRow * TileGeometry.Tile, column0 = (Grid.IdxX - tileRow * shape.ColumnTiles) * TileGeometry.Tile;
        Block4x4<T> sum = default;
        for (int k0 = 0; k0 < shape.K; k0 += TileGeometry.Depth)
        {
            // op(A) is contiguous along k when A is not transposed, op(B) when B is.
            TileLoad.Stage<T, TReal>(left, a, shape.OffsetA, shape.LeadingA, 1 - shape.TransposedA, row0, shape.M, k0, shape.K);
            TileLoad.Stage<T, TReal>(right, b, shape.OffsetB, shape.LeadingB, shape.TransposedB, column0, shape.N, k0, shape.K);
            Group.Barrier();
            TileProduct.Accumulate<T, TReal>(ref sum, left.Cast<Four<T>>(), 0, right.Cast<Four<T>>(), ty, tx);
            Group.Barrier();
        }
        int row = row0 + ty * 4, column = column0 + tx * 4;
        StoreRow<T, TReal>(c, shape, row, column, sum.R0);
        StoreRow<T, TReal>(c, shape, row + 1, column, sum.R1);
        StoreRow<T, TReal>(c, shape, row + 2, column, sum.R2);
        StoreRow<T, TReal>(c, shape, row + 3, column, sum.R3);
    }

    /// <summary>The launch: one group a tile.</summary>
    public static KernelConfig Grid64(int m, int n) =>
        new(checked(TileGeometry.Count(m, TileGeometry.Tile) * TileGeometry.Count(n, TileGeometry.Tile)), TileGeometry.Threads);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow<T, TReal>(ArrayView<T> c, MatrixProductShape<T> shape, int row, int column, Four<T> sum)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        long at = shape.OffsetC + row * shape.LeadingC + column;
        if (row < shape.M)
        {
            Store<T, TReal>(c, at, column < shape.N, shape, sum.X);
            Store<T, TReal>(c, at + 1, column + 1 < shape.N, shape, sum.Y);
            Store<T, TReal>(c, at + 2, column + 2 < shape.N, shape, sum.Z);
            Store<T, TReal>(c, at + 3, column + 3 < shape.N, shape, sum.W);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T, TReal>(ArrayView<T> c, long at, bool inside, MatrixProductShape<T> shape, T sum)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        if (inside)
        {
            T value = shape.Alpha * sum;
            if (shape.Beta != TReal.Zero)
                value = TReal.Fma(shape.Beta, c[at], value);
            c[at] = value;
        }
    }
}
