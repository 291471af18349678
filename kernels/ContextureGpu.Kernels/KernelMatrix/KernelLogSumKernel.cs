using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>out_i = log sum_j exp(log k(x_i, y_j) - b_j)</c>.
/// <para>A group owns 64 rows of X and walks over the rows of Y, 32 at a time (<see cref="RadialTile"/>). Each thread keeps, for its four rows and its own
/// columns, the largest exponent so far and the compensated sum of the others relative to it (Milakov and Gimelshein 2018, "Online normalizer calculation for
/// softmax"); at the end one thread a row joins the sixteen partial results in order.</para>
/// </summary>
internal static class KernelLogSumKernel
{
    private const int Lanes = 16;

    /// <summary>The running state of one row: the largest exponent, the sum relative to it and what rounding took away from the sum.</summary>
    private struct LogSum<T>
        where T : unmanaged
    {
        public T Largest, Sum, Lost;
    }

    /// <summary>The kernel: group g computes rows 64 g .. 64 g + 63.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void LogSums<T, TReal, TTerm>(
        ArrayView<T> x, ArrayView<T> y, ArrayView<T> columnOffset, ArrayView<T> output, KernelProductShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
        where TTerm : struct, IFeatureTerm<T>
    {
        ArrayView<T> stagedX = SharedMemory.Allocate<T>(TileGeometry.Depth * TileGeometry.Pitch);
        ArrayView<T> stagedY = SharedMemory.Allocate<T>(TileGeometry.Depth * RadialTile.ColumnPitch);
        ArrayView<T> largest = SharedMemory.Allocate<T>(TileGeometry.Tile * Lanes);
        ArrayView<T> sums = SharedMemory.Allocate<T>(TileGeometry.Tile * Lanes);
        int t = Group.IdxX, ty = TileGeometry.ShiftRight(t, 4), tx = t & 15, row0 = Grid.IdxX * TileGeometry.Tile;
        LogSum<T> s0 = Empty<T, TReal>(), s1 = Empty<T, TReal>(), s2 = Empty<T, TReal>(), s3 = Empty<T, TReal>();
        for (int j0 = 0; j0 < shape.Points.M; j0 += RadialTile.Columns)
        {
            RadialTile.Sums<T, TReal, TTerm>(x, y, shape.Points, row0, j0, stagedX, stagedY, out Four<T> first, out Four<T> second);
            Four<T> a = Exponent<T, TReal>(first, columnOffset, shape, j0 + tx), b = Exponent<T, TReal>(second, columnOffset, shape, j0 + tx + 16);
            Include<T, TReal>(ref s0, a.X, b.X);
            Include<T, TReal>(ref s1, a.Y, b.Y);
            Include<T, TReal>(ref s2, a.Z, b.Z);
            Include<T, TReal>(ref s3, a.W, b.W);
        }
        int at = ty * 4 * Lanes + tx;
        largest[at] = s0.Largest;
        largest[at + Lanes] = s1.Largest;
        largest[at + 2 * Lanes] = s2.Largest;
        largest[at + 3 * Lanes] = s3.Largest;
        sums[at] = s0.Sum;
        sums[at + Lanes] = s1.Sum;
        sums[at + 2 * Lanes] = s2.Sum;
        sums[at + 3 * Lanes] = s3.Sum;
        Group.Barrier();
        int row = row0 + t;
        if (t < TileGeometry.Tile && row < shape.Points.N)
        {
            T top = largest[t * Lanes];
            for (int lane = 1; lane < Lanes; lane++)
            {
                T other = largest[t * Lanes + lane];
                top = other > top ? other : top;
            }
            T sum = TReal.Zero;
            for (int lane = 0; lane < Lanes; lane++)
                sum = TReal.Fma(sums[t * Lanes + lane], TReal.Exp(largest[t * Lanes + lane] - top), sum);
            T result = TReal.NegativeInfinity;
            if (sum != TReal.Zero)
                result = top + TReal.Log(sum);
            output[shape.OffsetOutput + row * shape.LeadingOutput] = result;
        }
    }

    private static LogSum<T> Empty<T, TReal>()
        where T : unmanaged
        where TReal : struct, IReal<T>
    {
        LogSum<T> empty = default;
        empty.Largest = TReal.Lowest;
        return empty;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<T> Exponent<T, TReal>(Four<T> sum, ArrayView<T> columnOffset, KernelProductShape<T> shape, int j)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        Four<T> exponent;
        exponent.X = exponent.Y = exponent.Z = exponent.W = TReal.NegativeInfinity;
        if (j < shape.Points.M)
            exponent = shape.Exponent.Of<TReal>(sum, columnOffset[shape.Exponent.OffsetColumn + j * shape.Exponent.LeadingColumn]);
        return exponent;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Include<T, TReal>(ref LogSum<T> state, T a, T b)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        T top = a > state.Largest ? a : state.Largest;
        top = b > top ? b : top;
        T scale = TReal.Exp(state.Largest - top);
        T sum = state.Sum * scale, lost = state.Lost * scale;
        KernelProductKernel.Add(ref sum, ref lost, TReal.Exp(a - top) + TReal.Exp(b - top));
        state.Largest = top;
        state.Sum = sum;
        state.Lost = lost;
    }
}
