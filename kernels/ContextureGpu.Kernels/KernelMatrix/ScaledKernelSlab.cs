using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="ScaledKernelSlab"/>.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct ScaledKernelShape<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>X and Y.</summary>
    public PointSets Points;

    /// <summary>The kernel and the places of its offsets.</summary>
    public RadialExponent<T> Exponent;

    /// <summary>First elements and leading dimensions of the scales, and of a column of results.</summary>
    public long OffsetScaleX, LeadingScaleX, OffsetScaleY, LeadingScaleY, OffsetOutput, LeadingOutput;

    /// <summary>1 to store the entries of the kernel matrix, 0 for their logarithms.</summary>
    public int Exponentiate;

    /// <summary>Tiles of 32 rows of Y.</summary>
    public int ColumnTiles;
}

/// <summary>
/// <c>log k_ij - a_i - b_j</c> with <c>log k_ij = -gamma s_i t_j sum_f term(x_if, y_jf)</c> (of its root for the exponential kernel) or the exponential of that, stored for a slab of rows of X:
/// row-major (N, M), packed; and the logarithmic sums of its rows. What follows is a product of matrices.
/// <para>A group computes 64 by 32 entries, see <see cref="RadialTile"/>. Bound by memory: 4 or 8 bytes written and read for each entry.</para>
/// </summary>
internal static class ScaledKernelSlab
{
    /// <summary>The entries: group g computes tile (g / ColumnTiles, g % ColumnTiles).</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Entries<T, TReal, TTerm>(
        ArrayView<T> x, ArrayView<T> scaleX, ArrayView<T> rowOffset, ArrayView<T> y, ArrayView<T> scaleY, ArrayView<T> columnOffset, ArrayView<T> slab, ScaledKernelShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
        where TTerm : struct, IFeatureTerm<T>
    {
        ArrayView<T> stagedX = SharedMemory.Allocate<T>(TileGeometry.Depth * TileGeometry.Pitch);
        ArrayView<T> stagedY = SharedMemory.Allocate<T>(TileGeometry.Depth * RadialTile.ColumnPitch);
        int tileRow = Grid.IdxX / shape.ColumnTiles;
        int row0 = tileRow * TileGeometry.Tile, column0 = (Grid.IdxX - tileRow * shape.ColumnTiles) * RadialTile.Columns;
        RadialTile.Sums<T, TReal, TTerm>(x, y, shape.Points, row0, column0, stagedX, stagedY, out Four<T> first, out Four<T> second);
        int row = row0 + TileGeometry.ShiftRight(Group.IdxX, 4) * 4, column = column0 + (Group.IdxX & 15);
        RadialTile.Store(slab, shape.Points, row, column, Column<T, TReal>(first, scaleX, rowOffset, scaleY, columnOffset, shape, row, column));
        RadialTile.Store(slab, shape.Points, row, column + 16, Column<T, TReal>(second, scaleX, rowOffset, scaleY, columnOffset, shape, row, column + 16));
    }

    /// <summary><c>out_i = log sum_j exp(slab_ij)</c>: a group a row, its threads take every 256th column; the largest and the sum relative to it are found in trees in shared memory.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void LogSums<T, TReal>(ArrayView<T> slab, ArrayView<T> output, ScaledKernelShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        ArrayView<T> shared = SharedMemory.Allocate<T>(TileGeometry.Threads);
        int t = Group.IdxX;
        for (long i = Grid.IdxX; i < shape.Points.N; i += Grid.DimX)
        {
            long start = i * shape.Points.M;
            T largest = TReal.Lowest;
            for (long j = t; j < shape.Points.M; j += TileGeometry.Threads)
            {
                T value = slab[start + j];
                largest = value > largest ? value : largest;
            }
            shared[t] = largest;
            Group.Barrier();
            for (int half = TileGeometry.Threads / 2; half > 0; half = TileGeometry.ShiftRight(half, 1))
            {
                if (t < half)
                {
                    T mine = shared[t], other = shared[t + half];
                    shared[t] = other > mine ? other : mine;
                }
                Group.Barrier();
            }
            largest = shared[0];
            Group.Barrier();
            T sum = TReal.Zero;
            for (long j = t; j < shape.Points.M; j += TileGeometry.Threads)
                sum += TReal.Exp(slab[start + j] - largest);
            shared[t] = sum;
            Group.Barrier();
            for (int half = TileGeometry.Threads / 2; half > 0; half = TileGeometry.ShiftRight(half, 1))
            {
                if (t < half)
                    shared[t] += shared[t + half];
                Group.Barrier();
            }
            if (t == 0)
            {
                T total = shared[0], result = TReal.NegativeInfinity;
                if (total != TReal.Zero)
                    result = largest + TReal.Log(total);
                output[shape.OffsetOutput + i * shape.LeadingOutput] = result;
            }
            Group.Barrier();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<T> Column<T, TReal>(
        Four<T> sum, ArrayView<T> scaleX, ArrayView<T> rowOffset, ArrayView<T> scaleY, ArrayView<T> columnOffset, ScaledKernelShape<T> shape, int row, int column)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        Four<T> entries = default;
        if (column < shape.Points.M)
        {
            T scale = scaleY[shape.OffsetScaleY + column * shape.LeadingScaleY];
            // One scale after the other: where a sum is 0 no product of scales can make it anything else.
            sum.X = sum.X * At<T, TReal>(scaleX, shape.OffsetScaleX, shape.LeadingScaleX, row, shape.Points.N) * scale;
            sum.Y = sum.Y * At<T, TReal>(scaleX, shape.OffsetScaleX, shape.LeadingScaleX, row + 1, shape.Points.N) * scale;
            sum.Z = sum.Z * At<T, TReal>(scaleX, shape.OffsetScaleX, shape.LeadingScaleX, row + 2, shape.Points.N) * scale;
            sum.W = sum.W * At<T, TReal>(scaleX, shape.OffsetScaleX, shape.LeadingScaleX, row + 3, shape.Points.N) * scale;
            entries = shape.Exponent.Of<TReal>(sum, columnOffset[shape.Exponent.OffsetColumn + column * shape.Exponent.LeadingColumn]);
            entries.X -= At<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row, shape.Points.N);
            entries.Y -= At<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 1, shape.Points.N);
            entries.Z -= At<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 2, shape.Points.N);
            entries.W -= At<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 3, shape.Points.N);
            if (shape.Exponentiate != 0)
            {
                entries.X = TReal.Exp(entries.X);
                entries.Y = TReal.Exp(entries.Y);
                entries.Z = TReal.Exp(entries.Z);
                entries.W = TReal.Exp(entries.W);
            }
        }
        return entries;
    }

    // An element of a column, 0 beyond its end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T At<T, TReal>(ArrayView<T> column, long first, long stride, int index, int count)
        where T : unmanaged
        where TReal : struct, IReal<T>
    {
        T value = TReal.Zero;
        if (index < count)
            value = column[first + index * stride];
        return value;
    }
}
