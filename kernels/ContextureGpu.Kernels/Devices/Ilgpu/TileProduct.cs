using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// The 4 by 4 block of an output tile that one thread holds in registers. All access is by field: an indexed array would go to local memory.
/// </summary>
/// <typeparam name="T">Element type of the sums.</typeparam>
internal struct Block4x4<T>
    where T : unmanaged
{
    /// <summary>Its rows.</summary>
    public Four<T> R0, R1, R2, R3;
}

/// <summary>Register-blocked products of tiles that lie in shared memory, step by step along the inner dimension.</summary>
internal static class TileProduct
{
    /// <summary>
    /// <c>block_ij += sum_k left_ki right_kj</c> over <see cref="TileGeometry.Depth"/> steps, for the thread's four rows (number <paramref name="ty"/>)
    /// and four columns (number <paramref name="tx"/>); both operands have <see cref="TileGeometry.Pitch"/> elements a step.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate<T, TReal>(
        ref Block4x4<T> block, ArrayView<Four<T>> left, int leftStep, ArrayView<Four<T>> right, int ty, int tx)
        where T : unmanaged
        where TReal : IReal<T>
    {
        const int pitch = TileGeometry.Pitch / 4;
        for (int k = 0; k < TileGeometry.Depth; k += 4)
        {
            int l = (leftStep + k) * pitch + ty, r = k * pitch + tx;
            Step<T, TReal>(ref block, left[l], right[r]);
            Step<T, TReal>(ref block, left[l + pitch], right[r + pitch]);
            Step<T, TReal>(ref block, left[l + 2 * pitch], right[r + 2 * pitch]);
            Step<T, TReal>(ref block, left[l + 3 * pitch], right[r + 3 * pitch]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T, TReal>(ref Block4x4<T> block, Four<T> left, Four<T> right)
        where T : unmanaged
        where TReal : IReal<T>
    {
        Row<T, TReal>(ref block.R0, left.X, right);
        Row<T, TReal>(ref block.R1, left.Y, right);
        Row<T, TReal>(ref block.R2, left.Z, right);
        Row<T, TReal>(ref block.R3, left.W, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row<T, TReal>(ref Four<T> row, T left, Four<T> right)
        where T : unmanaged
        where TReal : IReal<T>
    {
        row.X = TReal.Fma(left, right.X, row.X);
        row.Y = TReal.Fma(left, right.Y, row.Y);
        row.Z = TReal.Fma(left, right.Z, row.Z);
        row.W = TReal.Fma(left, right.W, row.W);
    }
}
