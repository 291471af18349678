using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="LargeProductKernel"/>, in units of four elements except for K.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LargeProductShape
{
    /// <summary>First elements of A, B and C in their buffers.</summary>
    public long OffsetA, OffsetB, OffsetC;

    /// <summary>Leading dimensions.</summary>
    public long LeadingA, LeadingB, LeadingC;

    /// <summary>The inner dimension, a positive multiple of <see cref="LargeProductKernel.Depth"/>, in elements; tiles side by side in a row of C.</summary>
    public int K, ColumnTiles;

    /// <summary>Factors of the product and of the old C.</summary>
    public float Alpha, Beta;
}

/// <summary>How an operand of <see cref="LargeProductKernel"/> lies in memory, resolved when the kernel is compiled.</summary>
internal interface IOperandLayout
{
    /// <summary>Where a thread's first four elements lie, from the first element of its group's rows: in units of four.</summary>
    static abstract long First(int thread, long leading);

    /// <summary>From one step of the inner dimension to the next, in units of four.</summary>
    static abstract long Step(long leading);

    /// <summary>From one tile of the output to the next, in units of four.</summary>
    static abstract long Tile(long leading);

    /// <summary>Writes a thread's four elements to a stage: element (k, i) at <c>k Pitch + i</c>.</summary>
    static abstract void Store(ArrayView<float> stage, int start, int thread, Four<float> values);
}

/// <summary>Element (i, k) at <c>i leading + k</c>: four values of k for each thread, turned round on their way to shared memory.</summary>
internal readonly struct AlongInner : IOperandLayout
{
    /// <inheritdoc/>
    public static long First(int thread, long leading) => (TileGeometry.ShiftRight(thread, 1) * leading) + (thread & 1);

    /// <inheritdoc/>
    public static long Step(long leading) => LargeProductKernel.Depth / 4;

    /// <inheritdoc/>
    public static long Tile(long leading) => LargeProductKernel.Tile * leading;

    /// <inheritdoc/>
    public static void Store(ArrayView<float> stage, int start, int thread, Four<float> values)
    {
        int at = start + ((thread & 1) * 4 * LargeProductKernel.Pitch) + TileGeometry.ShiftRight(thread, 1);
        stage[at] = values.X;
        stage[at + LargeProductKernel.Pitch] = values.Y;
        stage[at + (2 * LargeProductKernel.Pitch)] = values.Z;
        stage[at + (3 * LargeProductKernel.Pitch)] = values.W;
    }
}

/// <summary>Element (i, k) at <c>k leading + i</c>: four values of i for each thread, stored as they come.</summary>
internal readonly struct AlongOuter : IOperandLayout
{
    /// <inheritdoc/>
    public static long First(int thread, long leading) => (TileGeometry.ShiftRight(thread, 5) * leading) + (thread & 31);

    /// <inheritdoc/>
    public static long Step(long leading) => LargeProductKernel.Depth * leading;

    /// <inheritdoc/>
    public static long Tile(long leading) => LargeProductKernel.Tile / 4;

    /// <inheritdoc/>
    public static void Store(ArrayView<float> stage, int start, int thread, Four<float> values)
    {
        int at = TileGeometry.ShiftRight(start, 2) + (TileGeometry.ShiftRight(thread, 5) * (LargeProductKernel.Pitch / 4)) + (thread & 31);
        stage.Cast<Four<float>>()[at] = values;
    }
}

/// <summary>The 8 by 8 elements of C that one thread holds in registers: rows r and r + 16, columns c and c + 32, four of each. All access is by field.</summary>
internal struct Block8x8
{
    /// <summary>Rows 0 to 3 and 16 to 19, left columns.</summary>
    public Four<float> L0, L1, L2, L3, L4, L5, L6, L7;

    /// <summary>The same rows, right columns.</summary>
    public Four<float> R0, R1, R2, R3, R4, R5, R6, R7;
}

/// <summary>
/// <c>C = alpha op(A) op(B) + beta C</c> in float32 for whole tiles of 128 by 128, everything on 16-byte boundaries; what is left at the edges is
/// <see cref="MatrixProductKernel"/>'s.
/// <para>A group of 256 threads computes a tile, 8 by 8 in the registers of each thread: 64 fused multiply-adds for four 16-byte loads from shared memory. A warp covers
/// 32 by 64, so that its lanes read four different addresses of the left operand and 128 bytes in a row of the right one. The inner dimension runs in steps of 8 with two
/// stages: while one is multiplied the next is on its way from global memory in registers, and one barrier a step is enough. One sum per element, in the order of k.</para>
/// </summary>
internal static class LargeProductKernel
{
    /// <summary>Rows and columns of a tile of C.</summary>
    public const int Tile = 128;

    /// <summary>Steps of the inner dimension in a stage.</summary>
    public const int Depth = 8;

    /// <summary>Distance between two steps in a stage: scalar stores of a turned operand meet different banks, rows stay on 16 bytes.</summary>
    public const int Pitch = Tile + 4;

    private const int Stage = Depth * Pitch;

    /// <summary>The kernel: group g computes tile (g / ColumnTiles, g % ColumnTiles).</summary>
    [DeviceKernel(TileGeometry.Threads, LeastGroups = 2)]
    public static void Product<TLeft, TRight>(ArrayView<Four<float>> a, ArrayView<Four<float>> b, ArrayView<Four<float>> c, LargeProductShape shape)
        where TLeft : struct, IOperandLayout
        where TRight : struct, IOperandLayout
    {
        int tileRow = Grid.IdxX / shape.ColumnTiles, tileColumn = Grid.IdxX - (tileRow * shape.ColumnTiles);
        Block8x8 sum = Sum<TLeft, TRight>(a, b, shape, tileRow, tileColumn);
        long to = Place(shape, tileRow, tileColumn), below = to + (16 * shape.LeadingC);
        StoreRow(c, to, shape, sum.L0, sum.R0);
        StoreRow(c, to + shape.LeadingC, shape, sum.L1, sum.R1);
        StoreRow(c, to + (2 * shape.LeadingC), shape, sum.L2, sum.R2);
        StoreRow(c, to + (3 * shape.LeadingC), shape, sum.L3, sum.R3);
        StoreRow(c, below, shape, sum.L4, sum.R4);
        StoreRow(c, below + shape.LeadingC, shape, sum.L5, sum.R5);
        StoreRow(c, below + (2 * shape.LeadingC), shape, sum.L6, sum.R6);
        StoreRow(c, below + (3 * shape.LeadingC), shape, sum.L7, sum.R7);
    }

    /// <summary>
    /// <c>C = alpha op(A) op(A)^T</c> by half: group g computes the tile on or below the diagonal that <see cref="TriangularTiles"/> names and stores it on both sides. The two
    /// halves of a tile on the diagonal are sums of the same products in the same order, so C is symmetric to the bit.
    /// </summary>
    [DeviceKernel(TileGeometry.Threads, LeastGroups = 2)]
    public static void SymmetricProduct<TOperand>(ArrayView<Four<float>> a, ArrayView<Four<float>> c, LargeProductShape shape)
        where TOperand : struct, IOperandLayout
    {
        int tileRow = TriangularTiles.Row(Grid.IdxX, shape.ColumnTiles), tileColumn = TriangularTiles.Column(Grid.IdxX, shape.ColumnTiles);
        Block8x8 sum = Scaled(shape.Alpha, Sum<TOperand, TOperand>(a, a, shape, tileRow, tileColumn));
        long to = Place(shape, tileRow, tileColumn), below = to + (16 * shape.LeadingC);
        c[to] = sum.L0;
        c[to + 8] = sum.R0;
        c[to + shape.LeadingC] = sum.L1;
        c[to + shape.LeadingC + 8] = sum.R1;
        c[to + (2 * shape.LeadingC)] = sum.L2;
        c[to + (2 * shape.LeadingC) + 8] = sum.R2;
        c[to + (3 * shape.LeadingC)] = sum.L3;
        c[to + (3 * shape.LeadingC) + 8] = sum.R3;
        c[below] = sum.L4;
        c[below + 8] = sum.R4;
        c[below + shape.LeadingC] = sum.L5;
        c[below + shape.LeadingC + 8] = sum.R5;
        c[below + (2 * shape.LeadingC)] = sum.L6;
        c[below + (2 * shape.LeadingC) + 8] = sum.R6;
        c[below + (3 * shape.LeadingC)] = sum.L7;
        c[below + (3 * shape.LeadingC) + 8] = sum.R7;
        if (tileRow != tileColumn)
        {
            // Column j of the block is row j of its mirror image.
            int row = FirstRow(Group.IdxX), column = FirstColumn(Group.IdxX);
            long mirror = shape.OffsetC + (((tileColumn * (long)Tile) + (column * 4)) * shape.LeadingC) + (tileRow * (long)(Tile / 4)) + row;
            long right = mirror + (32 * shape.LeadingC);
            StoreTurned(c, mirror, shape.LeadingC, sum.L0, sum.L1, sum.L2, sum.L3);
            StoreTurned(c, mirror + 4, shape.LeadingC, sum.L4, sum.L5, sum.L6, sum.L7);
            StoreTurned(c, right, shape.LeadingC, sum.R0, sum.R1, sum.R2, sum.R3);
            StoreTurned(c, right + 4, shape.LeadingC, sum.R4, sum.R5, sum.R6, sum.R7);
        }
    }

    /// <summary>The launch for C of <paramref name="rowTiles"/> by <paramref name="columnTiles"/> whole tiles.</summary>
    public static KernelConfig GridOf(int rowTiles, int columnTiles) => new(checked(rowTiles * columnTiles), TileGeometry.Threads);

    // The sums of the thread's 8 by 8 elements of a tile.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Block8x8 Sum<TLeft, TRight>(ArrayView<Four<float>> a, ArrayView<Four<float>> b, LargeProductShape shape, int tileRow, int tileColumn)
        where TLeft : struct, IOperandLayout
        where TRight : struct, IOperandLayout
    {
        ArrayView<float> left = SharedMemory.Allocate<float>(2 * Stage);
        ArrayView<float> right = SharedMemory.Allocate<float>(2 * Stage);
        ArrayView<Four<float>> leftFours = left.Cast<Four<float>>(), rightFours = right.Cast<Four<float>>();
        int t = Group.IdxX;
        long fromA = shape.OffsetA + (tileRow * TLeft.Tile(shape.LeadingA)) + TLeft.First(t, shape.LeadingA), stepA = TLeft.Step(shape.LeadingA);
        long fromB = shape.OffsetB + (tileColumn * TRight.Tile(shape.LeadingB)) + TRight.First(t, shape.LeadingB), stepB = TRight.Step(shape.LeadingB);
        Four<float> nextA = a[fromA], nextB = b[fromB];
        TLeft.Store(left, 0, t, nextA);
        TRight.Store(right, 0, t, nextB);
        Group.Barrier();

        int row = FirstRow(t), column = FirstColumn(t);
        Block8x8 sum = default;
        int stage = 0;
        for (int k = Depth; k <= shape.K; k += Depth)
        {
            // The last step fetches itself again, which costs less than a branch.
            int more = k < shape.K ? 1 : 0;
            fromA += more * stepA;
            fromB += more * stepB;
            nextA = a[fromA];
            nextB = b[fromB];
            long l = (stage * (Stage / 4)) + row, r = (stage * (Stage / 4)) + column;
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l, r);
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l + (Pitch / 4), r + (Pitch / 4));
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l + (2 * (Pitch / 4)), r + (2 * (Pitch / 4)));
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l + (3 * (Pitch / 4)), r + (3 * (Pitch / 4)));
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l + (4 * (Pitch / 4)), r + (4 * (Pitch / 4)));
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l + (5 * (Pitch / 4)), r + (5 * (Pitch / 4)));
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l + (6 * (Pitch / 4)), r + (6 * (Pitch / 4)));
            BlockProduct.Accumulate(ref sum, leftFours, rightFours, l + (7 * (Pitch / 4)), r + (7 * (Pitch / 4)));
            stage ^= 1;
            TLeft.Store(left, stage * Stage, t, nextA);
            TRight.Store(right, stage * Stage, t, nextB);
            Group.Barrier();
        }
        return sum;
    }

    // A warp covers 32 by 64 elements of the tile, a thread of it two times four rows and two times four columns.
    private static int FirstRow(int thread) => (TileGeometry.ShiftRight(TileGeometry.ShiftRight(thread, 5), 1) * 8) + TileGeometry.ShiftRight(thread & 31, 3);

    private static int FirstColumn(int thread) => ((TileGeometry.ShiftRight(thread, 5) & 1) * 16) + (thread & 7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long Place(LargeProductShape shape, int tileRow, int tileColumn) =>
        shape.OffsetC + (((tileRow * (long)Tile) + (FirstRow(Group.IdxX) * 4)) * shape.LeadingC) + (tileColumn * (long)(Tile / 4)) + FirstColumn(Group.IdxX);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(ArrayView<Four<float>> c, long at, LargeProductShape shape, Four<float> left, Four<float> right)
    {
        Four<float> first = Scaled(shape.Alpha, left), second = Scaled(shape.Alpha, right);
        if (shape.Beta != 0f)
        {
            Four<float> oldFirst = c[at], oldSecond = c[at + 8];
            first = Added(shape.Beta, oldFirst, first);
            second = Added(shape.Beta, oldSecond, second);
        }
        c[at] = first;
        c[at + 8] = second;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<float> Scaled(float factor, Four<float> x)
    {
        Four<float> scaled = default;
        scaled.X = factor * x.X;
        scaled.Y = factor * x.Y;
        scaled.Z = factor * x.Z;
        scaled.W = factor * x.W;
        return scaled;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<float> Added(float factor, Four<float> x, Four<float> y)
    {
        Four<float> sum = default;
        sum.X = FusedMultiplyAdd.Single(factor, x.X, y.X);
        sum.Y = FusedMultiplyAdd.Single(factor, x.Y, y.Y);
        sum.Z = FusedMultiplyAdd.Single(factor, x.Z, y.Z);
        sum.W = FusedMultiplyAdd.Single(factor, x.W, y.W);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Block8x8 Scaled(float factor, Block8x8 x)
    {
        Block8x8 scaled = default;
        scaled.L0 = Scaled(factor, x.L0);
        scaled.L1 = Scaled(factor, x.L1);
        scaled.L2 = Scaled(factor, x.L2);
        scaled.L3 = Scaled(factor, x.L3);
        scaled.L4 = Scaled(factor, x.L4);
        scaled.L5 = Scaled(factor, x.L5);
        scaled.L6 = Scaled(factor, x.L6);
        scaled.L7 = Scaled(factor, x.L7);
        scaled.R0 = Scaled(factor, x.R0);
        scaled.R1 = Scaled(factor, x.R1);
        scaled.R2 = Scaled(factor, x.R2);
        scaled.R3 = Scaled(factor, x.R3);
        scaled.R4 = Scaled(factor, x.R4);
        scaled.R5 = Scaled(factor, x.R5);
        scaled.R6 = Scaled(factor, x.R6);
        scaled.R7 = Scaled(factor, x.R7);
        return scaled;
    }

    // Four rows of four elements, stored as four columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreTurned(ArrayView<Four<float>> c, long at, long leading, Four<float> first, Four<float> second, Four<float> third, Four<float> fourth)
    {
        Four<float> column = default;
        column.X = first.X;
        column.Y = second.X;
        column.Z = third.X;
        column.W = fourth.X;
        c[at] = column;
        column.X = first.Y;
        column.Y = second.Y;
        column.Z = third.Y;
        column.W = fourth.Y;
        c[at + leading] = column;
        column.X = first.Z;
        column.Y = second.Z;
        column.Z = third.Z;
        column.W = fourth.Z;
        c[at + (2 * leading)] = column;
        column.X = first.W;
        column.Y = second.W;
        column.Z = third.W;
        column.W = fourth.W;
        c[at + (3 * leading)] = column;
    }
}
