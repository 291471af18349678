using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="FusedKernelProductKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FusedKernelProductShape
{
    /// <summary>Those of a product; the output is that of this launch: its rows from <see cref="FirstRow"/> on.</summary>
    public KernelProductShape<float> Product;

    /// <summary>From the output of one part of Y to that of the next.</summary>
    public long PartStride;

    /// <summary>The first row of this launch; parts of Y, and rows of a part, a multiple of <see cref="FusedKernelProductKernel.Columns"/>.</summary>
    public int FirstRow, Parts, RowsPerPart;

    /// <summary>1 where rows start on 16 bytes and have a multiple of four elements, else 0: of X, Y and V.</summary>
    public int AlignedX, AlignedY, AlignedV;
}

/// <summary>Whether all features fit in shared memory at once, resolved when a kernel is compiled.</summary>
internal interface IFeatureSlabs
{
    /// <summary>Whether they do: at most <see cref="PointSlab.Depth"/> of them.</summary>
    static abstract bool IsOne { get; }
}

/// <summary>At most <see cref="PointSlab.Depth"/> features.</summary>
internal readonly struct OneSlab : IFeatureSlabs
{
    /// <inheritdoc/>
    public static bool IsOne => true;
}

/// <summary>Any number of features.</summary>
internal readonly struct ManySlabs : IFeatureSlabs
{
    /// <inheritdoc/>
    public static bool IsOne => false;
}

/// <summary>
/// <see cref="KernelProductKernel"/> in float32, for the device: <c>out_i = sum_j w(x_i, y_j) v_j</c> with no kernel matrix in memory.
/// <para>A group of 128 threads owns 128 rows of X, 64 columns of V and one part of the rows of Y, over which it walks 16 at a time. First each thread sums over the features for 4
/// rows against 4 of them: 16 terms for two 16-byte loads from shared memory. The weights go to shared memory, and each thread adds their product with the (16, 64) tile of V
/// to the 8 by 8 sums it keeps in registers: 64 fused multiply-adds for four 16-byte loads. V and the offsets are on their way
/// in registers during the first half; two barriers a step. Up to 32 features of the rows of X stay in shared memory for the whole walk, more are brought anew for every step.</para>
/// <para>Each part of Y has an output of its own, a plain sum in the order of j over its rows; <see cref="Sum"/> adds them in the order of the parts, with compensation (Kahan
/// 1965). So the device is busy however few rows X has, and the error does not grow with those of Y. Shared memory: 31.3 KB.</para>
/// </summary>
internal static class FusedKernelProductKernel
{
    /// <summary>Threads of a group.</summary>
    public const int Threads = 128;

    /// <summary>Rows of X of a group.</summary>
    public const int Rows = 128;

    /// <summary>Rows of Y of a step.</summary>
    public const int Columns = 16;

    /// <summary>Columns of V of a group.</summary>
    public const int BlockColumns = 64;

    // Distances in shared memory between two features, or two rows of Y: four elements more than a tile has, so that scalar stores meet different banks.
    private const int Pitch = Rows + 4;
    private const int ColumnPitch = Columns + 4;

    /// <summary>The kernel: group g computes tile column g % ColumnTiles of part (g / ColumnTiles) % Parts of tile row g / (ColumnTiles Parts).</summary>
    [DeviceKernel(Threads, LeastGroups = 4)]
    public static void Product<TTerm, TWeight, TSlabs>(
        ArrayView<float> x, ArrayView<float> rowOffset, ArrayView<float> y, ArrayView<float> columnOffset, ArrayView<float> v, ArrayView<float> output,
        FusedKernelProductShape shape)
        where TTerm : struct, IFeatureTerm<float>
        where TWeight : struct, IPairWeight<float>
        where TSlabs : struct, IFeatureSlabs
    {
        ArrayView<float> stagedX = SharedMemory.Allocate<float>(PointSlab.Depth * Pitch);
        ArrayView<float> stagedY = SharedMemory.Allocate<float>(PointSlab.Depth * ColumnPitch);
        ArrayView<float> weights = SharedMemory.Allocate<float>(Columns * Pitch);
        ArrayView<float> stagedV = SharedMemory.Allocate<float>(Columns * BlockColumns);
        ArrayView<Four<float>> xFours = stagedX.Cast<Four<float>>(), yFours = stagedY.Cast<Four<float>>();
        ArrayView<Four<float>> weightFours = weights.Cast<Four<float>>(), vFours = stagedV.Cast<Four<float>>();

        PointSets points = shape.Product.Points;
        int t = Group.IdxX, warp = TileGeometry.ShiftRight(t, 5), lane = t & 31;
        int rest = Grid.IdxX / shape.Product.ColumnTiles, p0 = (Grid.IdxX - (rest * shape.Product.ColumnTiles)) * BlockColumns;
        int tileRow = rest / shape.Parts, part = rest - (tileRow * shape.Parts);
        int row0 = shape.FirstRow + (tileRow * Rows), begin = part * shape.RowsPerPart;
        int end = points.M - begin < shape.RowsPerPart ? points.M : begin + shape.RowsPerPart;

        // Distances: rows 4 r .. 4 r + 3 against columns 4 c .. 4 c + 3. Products: rows 4 i .. and 4 i + 16 .., columns 4 j .. and 4 j + 32 ..
        // A warp makes the weights of the 32 rows that it multiplies.
        int r = (warp * 8) + (lane & 7), c = TileGeometry.ShiftRight(lane, 3);
        int i = (warp * 8) + TileGeometry.ShiftRight(lane, 3), j = lane & 7;
        Four<float> rowOffsets = RowOffsets(rowOffset, shape.Product, row0 + (4 * r));

        int vRow = TileGeometry.ShiftRight(t, 4), vColumn = (t & 15) * 4;
        if (TSlabs.IsOne)
        {
            PointSlab.Stage(stagedX, Pitch, x, points.OffsetX, points.LeadingX, shape.AlignedX, row0, points.N, Rows, 0, points.D);
            PointSlab.Stage(stagedY, ColumnPitch, y, points.OffsetY, points.LeadingY, shape.AlignedY, begin, end, Columns, 0, points.D);
        }
        Group.Barrier();

        Block8x8 sum = default;
        for (int j0 = begin; j0 < end; j0 += Columns)
        {
            int column = j0 + (4 * c);
            Four<float> offsets = ColumnOffsets(columnOffset, shape.Product, column, end);
            Four<float> v0 = LoadV(v, shape, j0 + vRow, end, p0 + vColumn), v8 = LoadV(v, shape, j0 + vRow + 8, end, p0 + vColumn);
            Block4x4<float> pairs = default;
            if (TSlabs.IsOne)
            {
                AddTerms<TTerm>(ref pairs, xFours, yFours, r, c, PointSlab.DepthFrom(0, points.D));
            }
            else
            {
                for (int f0 = 0; f0 < points.D; f0 += PointSlab.Depth)
                {
                    PointSlab.Stage(stagedX, Pitch, x, points.OffsetX, points.LeadingX, shape.AlignedX, row0, points.N, Rows, f0, points.D);
                    PointSlab.Stage(stagedY, ColumnPitch, y, points.OffsetY, points.LeadingY, shape.AlignedY, j0, end, Columns, f0, points.D);
                    Group.Barrier();
                    AddTerms<TTerm>(ref pairs, xFours, yFours, r, c, PointSlab.DepthFrom(f0, points.D));
                    Group.Barrier();
                }
            }

            int w = (4 * c * (Pitch / 4)) + r;
            weightFours[w] = Weight<TWeight>(pairs.R0, rowOffsets, offsets.X, shape.Product, column < end);
            weightFours[w + (Pitch / 4)] = Weight<TWeight>(pairs.R1, rowOffsets, offsets.Y, shape.Product, column + 1 < end);
            weightFours[w + (2 * (Pitch / 4))] = Weight<TWeight>(pairs.R2, rowOffsets, offsets.Z, shape.Product, column + 2 < end);
            weightFours[w + (3 * (Pitch / 4))] = Weight<TWeight>(pairs.R3, rowOffsets, offsets.W, shape.Product, column + 3 < end);
            vFours[t] = v0;
            vFours[t + Threads] = v8;
            Group.Barrier();

            for (int k = 0; k < Columns; k += 8)
            {
                int left = (k * (Pitch / 4)) + i, right = (k * (BlockColumns / 4)) + j;
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left, right);
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left + (Pitch / 4), right + (BlockColumns / 4));
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left + (2 * (Pitch / 4)), right + (2 * (BlockColumns / 4)));
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left + (3 * (Pitch / 4)), right + (3 * (BlockColumns / 4)));
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left + (4 * (Pitch / 4)), right + (4 * (BlockColumns / 4)));
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left + (5 * (Pitch / 4)), right + (5 * (BlockColumns / 4)));
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left + (6 * (Pitch / 4)), right + (6 * (BlockColumns / 4)));
                BlockProduct.Accumulate(ref sum, weightFours, vFours, left + (7 * (Pitch / 4)), right + (7 * (BlockColumns / 4)));
            }
            if (TSlabs.IsOne)
                PointSlab.Stage(stagedY, ColumnPitch, y, points.OffsetY, points.LeadingY, shape.AlignedY, j0 + Columns, end, Columns, 0, points.D);
            Group.Barrier();
        }

        long to = shape.Product.OffsetOutput + (part * shape.PartStride);
        int row = row0 + (4 * i), column0 = p0 + (4 * j);
        StoreRow(output, to, shape, row, column0, sum.L0, sum.R0);
        StoreRow(output, to, shape, row + 1, column0, sum.L1, sum.R1);
        StoreRow(output, to, shape, row + 2, column0, sum.L2, sum.R2);
        StoreRow(output, to, shape, row + 3, column0, sum.L3, sum.R3);
        StoreRow(output, to, shape, row + 16, column0, sum.L4, sum.R4);
        StoreRow(output, to, shape, row + 17, column0, sum.L5, sum.R5);
        StoreRow(output, to, shape, row + 18, column0, sum.L6, sum.R6);
        StoreRow(output, to, shape, row + 19, column0, sum.L7, sum.R7);
    }

    /// <summary>The sums over parts, packed (parts, rows, columns), with compensation: a thread an element.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Sum(ArrayView<float> partial, ArrayView<float> output, int parts, long elements, long columns, long offset, long leading)
    {
        for (long e = Grid.GlobalIndex.X; e < elements; e += TileGeometry.GridThreads)
        {
            float sum = partial[e], lost = 0f;
            for (int part = 1; part < parts; part++)
                KernelProductKernel.Add(ref sum, ref lost, partial[(part * elements) + e]);
            long row = e / columns;
            output[offset + (row * leading) + (e - (row * columns))] = sum;
        }
    }

    // The terms of the first features in shared memory, a multiple of four of them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTerms<TTerm>(ref Block4x4<float> pairs, ArrayView<Four<float>> rows, ArrayView<Four<float>> columns, int row, int column, int depth)
        where TTerm : struct, IFeatureTerm<float>
    {
        for (int f = 0; f < depth; f += 4)
        {
            int a = (f * (Pitch / 4)) + row, b = (f * (ColumnPitch / 4)) + column;
            AddTerms<TTerm>(ref pairs, rows, columns, a, b);
            AddTerms<TTerm>(ref pairs, rows, columns, a + (Pitch / 4), b + (ColumnPitch / 4));
            AddTerms<TTerm>(ref pairs, rows, columns, a + (2 * (Pitch / 4)), b + (2 * (ColumnPitch / 4)));
            AddTerms<TTerm>(ref pairs, rows, columns, a + (3 * (Pitch / 4)), b + (3 * (ColumnPitch / 4)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTerms<TTerm>(ref Block4x4<float> pairs, ArrayView<Four<float>> rows, ArrayView<Four<float>> columns, int a, int b)
        where TTerm : struct, IFeatureTerm<float>
    {
        Four<float> x = rows[a], y = columns[b];
        AddTerms<TTerm>(ref pairs.R0, x, y.X);
        AddTerms<TTerm>(ref pairs.R1, x, y.Y);
        AddTerms<TTerm>(ref pairs.R2, x, y.Z);
        AddTerms<TTerm>(ref pairs.R3, x, y.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTerms<TTerm>(ref Four<float> sum, Four<float> x, float y)
        where TTerm : struct, IFeatureTerm<float>
    {
        sum.X = TTerm.Add(sum.X, x.X, y);
        sum.Y = TTerm.Add(sum.Y, x.Y, y);
        sum.Z = TTerm.Add(sum.Z, x.Z, y);
        sum.W = TTerm.Add(sum.W, x.W, y);
    }

    // The weights of four rows in a column, 0 beyond the last.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<float> Weight<TWeight>(Four<float> sum, Four<float> rowOffset, float columnOffset, KernelProductShape<float> shape, bool inside)
        where TWeight : struct, IPairWeight<float>
    {
        Four<float> weight = TWeight.Of(sum, rowOffset, columnOffset, shape);
        weight.X = inside ? weight.X : 0f;
        weight.Y = inside ? weight.Y : 0f;
        weight.Z = inside ? weight.Z : 0f;
        weight.W = inside ? weight.W : 0f;
        return weight;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<float> RowOffsets(ArrayView<float> rowOffset, KernelProductShape<float> shape, int row)
    {
        Four<float> offsets;
        offsets.X = KernelProductKernel.Offset<float, SingleReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row, shape.Points.N);
        offsets.Y = KernelProductKernel.Offset<float, SingleReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 1, shape.Points.N);
        offsets.Z = KernelProductKernel.Offset<float, SingleReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 2, shape.Points.N);
        offsets.W = KernelProductKernel.Offset<float, SingleReal>(rowOffset, shape.Exponent.OffsetRow, shape.Exponent.LeadingRow, row + 3, shape.Points.N);
        return offsets;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<float> ColumnOffsets(ArrayView<float> columnOffset, KernelProductShape<float> shape, int column, int end)
    {
        Four<float> offsets;
        offsets.X = KernelProductKernel.Offset<float, SingleReal>(columnOffset, shape.Exponent.OffsetColumn, shape.Exponent.LeadingColumn, column, end);
        offsets.Y = KernelProductKernel.Offset<float, SingleReal>(columnOffset, shape.Exponent.OffsetColumn, shape.Exponent.LeadingColumn, column + 1, end);
        offsets.Z = KernelProductKernel.Offset<float, SingleReal>(columnOffset, shape.Exponent.OffsetColumn, shape.Exponent.LeadingColumn, column + 2, end);
        offsets.W = KernelProductKernel.Offset<float, SingleReal>(columnOffset, shape.Exponent.OffsetColumn, shape.Exponent.LeadingColumn, column + 3, end);
        return offsets;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<float> LoadV(ArrayView<float> v, FusedKernelProductShape shape, int row, int end, int column) =>
        PointSlab.Load(v, shape.Product.OffsetV, shape.Product.LeadingV, shape.AlignedV, row, end, column, shape.Product.P);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(ArrayView<float> output, long to, FusedKernelProductShape shape, int row, int column, Four<float> left, Four<float> right)
    {
        if (row < shape.Product.Points.N)
        {
            long at = to + ((row - shape.FirstRow) * shape.Product.LeadingOutput);
            StoreFour(output, at, column, shape.Product.P, left);
            StoreFour(output, at, column + 32, shape.Product.P, right);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(ArrayView<float> output, long row, int column, int columns, Four<float> values)
    {
        if (column < columns)
            output[row + column] = values.X;
        if (column + 1 < columns)
            output[row + column + 1] = values.Y;
        if (column + 2 < columns)
            output[row + column + 2] = values.Z;
        if (column + 3 < columns)
            output[row + column + 3] = values.W;
    }
}
