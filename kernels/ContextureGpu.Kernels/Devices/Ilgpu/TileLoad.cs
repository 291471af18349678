using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Brings a tile of a matrix into shared memory.</summary>
internal static class TileLoad
{
    /// <summary>
    /// <c>target_ki = M_ik</c> for 64 values of i from <paramref name="i0"/> and 16 of k from <paramref name="k0"/>, 0 outside the matrix; target has
    /// <see cref="TileGeometry.Pitch"/> elements a k. With <paramref name="alongK"/> = 1 element (i, k) lies at <c>offset + i * leading + k</c>, with 0 at
    /// <c>offset + k * leading + i</c>; the threads follow the contiguous index in both cases.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Stage<T, TReal>(
        ArrayView<T> target, ArrayView<T> source, long offset, long leading, int alongK, int i0, int rows, int k0, int depth)
        where T : unmanaged
        where TReal : struct, IReal<T>
    {
        for (int e = Group.IdxX; e < TileGeometry.Tile * TileGeometry.Depth; e += TileGeometry.Threads)
        {
            int i = alongK != 0 ? TileGeometry.ShiftRight(e, 4) : e & 63;
            int k = alongK != 0 ? e & 15 : TileGeometry.ShiftRight(e, 6);
            long slow = alongK != 0 ? i0 + i : k0 + k;
            long quick = alongK != 0 ? k0 + k : i0 + i;
            T value = TReal.Zero;
            if (i0 + i < rows && k0 + k < depth)
                value = source[offset + slow * leading + quick];
            target[k * TileGeometry.Pitch + i] = value;
        }
    }

    /// <summary>As <see cref="Stage"/> into a shared tile of the type of the sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StageWidened<T, TSum, TReal, TWidening>(
        ArrayView<TSum> target, ArrayView<T> source, long offset, long leading, int i0, int rows, long k0, long depth)
        where T : unmanaged
        where TSum : unmanaged
        where TReal : struct, IReal<TSum>
        where TWidening : struct, IWidening<T, TSum>
    {
        for (int e = Group.IdxX; e < TileGeometry.Tile * TileGeometry.Depth; e += TileGeometry.Threads)
        {
            int i = e & 63, k = TileGeometry.ShiftRight(e, 6);
            TSum value = TReal.Zero;
            if (i0 + i < rows && k0 + k < depth)
                value = TWidening.Widen(source[offset + (k0 + k) * leading + i0 + i]);
            target[k * TileGeometry.Pitch + i] = value;
        }
    }
}
