using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="KernelProductKernel"/>.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct KernelProductShape<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>X and Y.</summary>
    public PointSets Points;

    /// <summary>A radial kernel and its offsets.</summary>
    public RadialExponent<T> Exponent;

    /// <summary>Of a polynomial kernel: the factor of the inner product and what is added to it.</summary>
    public T Gamma, Constant;

    /// <summary>Of a polynomial kernel: its degree, at least 1, and the place of the highest bit of it.</summary>
    public int Degree, HighestBit;

    /// <summary>First elements and leading dimensions of V and of the output.</summary>
    public long OffsetV, LeadingV, OffsetOutput, LeadingOutput;

    /// <summary>Columns of V, and tiles of 64 of them.</summary>
    public int P, ColumnTiles;
}

/// <summary>
/// <c>out_i = sum_j exp(log k(x_i, y_j) - a_i - b_j) v_j</c>, or with <c>k(x_i, y_j)</c> itself, with no kernel matrix in memory.
/// <para>A group owns 64 rows of X and 64 columns of V and walks over the rows of Y, 32 at a time: sums over the features in registers (<see cref="RadialTile"/>), their
/// weights into shared memory, then the product of the (64, 32) weights with the (32, 64) tile of V, staged sixteen rows at a time. A tile's sums
/// are added to the running ones with compensation (Kahan 1965), so the error does not grow with the number of rows of Y. Weights are computed anew for every 64
/// columns of V. Shared memory: 15 KB in float32, 30 KB in float64.</para>
/// </summary>
internal static class KernelProductKernel
{
    /// <summary>The kernel: group g computes tile (g / ColumnTiles, g % ColumnTiles) of the output.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Product<T, TReal, TTerm, TWeight>(
        ArrayView<T> x, ArrayView<T> rowOffset, ArrayView<T> y, ArrayView<T> columnOffset, ArrayView<T> v, ArrayView<T> output,
        KernelProductShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
        where TTerm : struct, IFeatureTerm<T>
        where TWeight : struct, IPairWeight<T>
    {
        // The rows of X while distances are computed, the rows of V while products are.
        ArrayView<T> staged = SharedMemory.Allocate<T>(TileGeometry.Depth * TileGeometry.Pitch);
        ArrayView<T> stagedY = SharedMemory.Allocate<T>(TileGeometry.Depth * RadialTile.ColumnPitch);
        ArrayView<T> weights = SharedMemory.Allocate<T>(RadialTile.Columns * TileGeometry.Pitch);
        int t = Group.IdxX, ty = TileGeometry.ShiftRight(t, 4), tx = t & 15;
        int tileRow = Grid.IdxX / shape.ColumnTiles;
        int row0 = tileRow * TileGeometry.Tile, p0 = (Grid.IdxX - tileRow * shape.ColumnTiles) * TileGeometry.Tile;
        int row = row0 + ty * 4;
        Four<T> offsets;
        offsets.X = Offset<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row, shape.Points.N);
        offsets.Y = Offset<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 1, shape.Points.N);
        offsets.Z = Offset<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 2, shape.Points.N);
        offsets.W = Offset<T, TReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 3, shape.Points.N);
        Block4x4<T> total = default, lost = default;
        for (int j0 = 0; j0 < shape.Points.M; j0 += RadialTile.Columns)
        {
            RadialTile.Sums<T, TReal, TTerm>(x, y, shape.Points, row0, j0, staged, stagedY, out Four<T> first, out Four<T> second);
            ArrayView<Four<T>> weights4 = weights.Cast<Four<T>>();
            weights4[tx * (TileGeometry.Pitch / 4) + ty] = Weight<T, TWeight>(first, offsets, columnOffset, shape, j0 + tx);
            weights4[(tx + 16) * (TileGeometry.Pitch / 4) + ty] = Weight<T, TWeight>(second, offsets, columnOffset, shape, j0 + tx + 16);
            Block4x4<T> sum = default;
            for (int h = 0; h < RadialTile.Columns; h += TileGeometry.Depth)
            {
                TileLoad.Stage<T, TReal>(staged, v, shape.OffsetV, shape.LeadingV, 0, p0, shape.P, j0 + h, shape.Points.M);
                Group.Barrier();
                TileProduct.Accumulate<T, TReal>(ref sum, weights4, h, staged.Cast<Four<T>>(), ty, tx);
                Group.Barrier();
            }
            AddRow(ref total.R0, ref lost.R0, sum.R0);
            AddRow(ref total.R1, ref lost.R1, sum.R1);
            AddRow(ref total.R2, ref lost.R2, sum.R2);
            AddRow(ref total.R3, ref lost.R3, sum.R3);
        }
        int column = p0 + tx * 4;
        StoreRow(output, shape, row, column, total.R0);
        StoreRow(output, shape, row + 1, column, total.R1);
        StoreRow(output, shape, row + 2, column, total.R2);
        StoreRow(output, shape, row + 3, column, total.R3);
    }

    /// <summary>An element of a column of offsets, 0 beyond its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Offset<T, TReal>(ArrayView<T> offsets, long first, long stride, int index, int count)
        where T : unmanaged
        where TReal : struct, IReal<T>
    {
        T value = TReal.Zero;
        if (index < count)
            value = offsets[first + index * stride];
        return value;
    }

    /// <summary>Adds <paramref name="term"/> to <paramref name="sum"/>; what rounding takes away is kept in <paramref name="lost"/> and brought in next time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<T>(ref T sum, ref T lost, T term)
        where T : unmanaged, INumber<T>
    {
        T y = term - lost;
        T next = sum + y;
        lost = next - sum - y;
        sum = next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<T> Weight<T, TWeight>(Four<T> sum, Four<T> rowOffset, ArrayView<T> columnOffset, KernelProductShape<T> shape, int j)
        where T : unmanaged, INumber<T>
        where TWeight : struct, IPairWeight<T>
    {
        Four<T> weight = default;
        if (j < shape.Points.M)
            weight = TWeight.Of(sum, rowOffset, columnOffset[shape.Exponent.OffsetColumn + j * shape.Exponent.LeadingColumn], shape);
        return weight;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<T>(ref Four<T> sum, ref Four<T> lost, Four<T> term)
        where T : unmanaged, INumber<T>
    {
        Add(ref sum.X, ref lost.X, term.X);
        Add(ref sum.Y, ref lost.Y, term.Y);
        Add(ref sum.Z, ref lost.Z, term.Z);
        Add(ref sum.W, ref lost.W, term.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow<T>(ArrayView<T> output, KernelProductShape<T> shape, int row, int column, Four<T> sum)
        where T : unmanaged, INumber<T>
    {
        long at = shape.OffsetOutput + row * shape.LeadingOutput + column;
        if (row < shape.Points.N)
        {
            if (column < shape.P)
                output[at] = sum.X;
            if (column + 1 < shape.P)
                output[at + 1] = sum.Y;
            if (column + 2 < shape.P)
                output[at + 2] = sum.Z;
            if (column + 3 < shape.P)
                output[at + 3] = sum.W;
        }
    }
}
