using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shape and place of <see cref="SumOfSquaresKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SumOfSquaresShape
{
    /// <summary>Elements and columns of X.</summary>
    public long Elements, Columns;

    /// <summary>First element and leading dimension of X.</summary>
    public long OffsetX, LeadingX;
}

/// <summary>
/// <c>sum x_ij^2</c>: each thread adds every so many-th element in the type of the sums, a group adds its threads' sums in a tree in shared memory, and the host adds
/// the groups in order in float64.
/// </summary>
internal static class SumOfSquaresKernel
{
    /// <summary>The most groups: enough to keep a large GPU busy.</summary>
    public const int MostGroups = 1024;

    /// <summary>The sum of each group.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Partial<T, TSum, TReal, TWidening>(ArrayView<T> x, ArrayView<TSum> partial, SumOfSquaresShape shape)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TReal : struct, IReal<TSum>
        where TWidening : struct, IWidening<T, TSum>
    {
        ArrayView<TSum> sums = SharedMemory.Allocate<TSum>(TileGeometry.Threads);
        int t = Group.IdxX;
        TSum sum = TReal.Zero;
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            TSum value = TWidening.Widen(x[shape.OffsetX + i * shape.LeadingX + j]);
            sum = TReal.Fma(value, value, sum);
        }
        sums[t] = sum;
        Group.Barrier();
        for (int half = TileGeometry.Threads / 2; half > 0; half = TileGeometry.ShiftRight(half, 1))
        {
            if (t < half)
                sums[t] += sums[t + half];
            Group.Barrier();
        }
        if (t == 0)
            partial[Grid.IdxX] = sums[0];
    }
}
