using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>How an operand of <see cref="TensorProductKernel"/> lies in memory, resolved when the kernel is compiled. Distances in global memory and places in a stage are in units of four elements.</summary>
internal interface ITensorOperand
{
    /// <summary>Elements of a stage, a multiple of four.</summary>
    static abstract int StageElements { get; }

    /// <summary>Where a thread's first four elements lie, from the first element of its group's rows.</summary>
    static abstract long First(int thread, long leading);

    /// <summary>From there to the thread's other four elements.</summary>
    static abstract long Second(long leading);

    /// <summary>From one stage of the inner dimension to the next.</summary>
    static abstract long Step(long leading);

    /// <summary>From one tile of the output to the next.</summary>
    static abstract long Tile(long leading);

    /// <summary>The place of a thread's first four elements in a stage.</summary>
    static abstract int Place(int thread);

    /// <summary>From there to the place of its other four.</summary>
    static abstract int SecondPlace { get; }

    /// <summary>The place, in elements, of element (i, k) in a stage.</summary>
    static abstract int At(int i, int k);
}

/// <summary>Element (i, k) at <c>i leading + k</c>, in a stage at <c>20 i + k</c>: the lanes of a fragment, which differ by 8 in i and 4 in k, meet 32 different banks.</summary>
internal readonly struct TensorAlongInner : ITensorOperand
{
    private const int Pitch = TensorProductKernel.Depth + 4;

    /// <inheritdoc/>
    public static int StageElements => TensorProductKernel.Tile * Pitch;

    /// <inheritdoc/>
    public static long First(int thread, long leading) => (TileGeometry.ShiftRight(thread, 2) * leading) + (thread & 3);

    /// <inheritdoc/>
    public static long Second(long leading) => TensorProductKernel.Tile / 2 * leading;

    /// <inheritdoc/>
    public static long Step(long leading) => TensorProductKernel.Depth / 4;

    /// <inheritdoc/>
    public static long Tile(long leading) => TensorProductKernel.Tile * leading;

    /// <inheritdoc/>
    public static int Place(int thread) => (TileGeometry.ShiftRight(thread, 2) * (Pitch / 4)) + (thread & 3);

    /// <inheritdoc/>
    public static int SecondPlace => TensorProductKernel.Tile / 2 * (Pitch / 4);

    /// <inheritdoc/>
    public static int At(int i, int k) => (i * Pitch) + k;
}

/// <summary>Element (i, k) at <c>k leading + i</c>, in a stage at <c>136 k + i</c>: the lanes of a fragment meet 32 different banks again.</summary>
internal readonly struct TensorAlongOuter : ITensorOperand
{
    private const int Pitch = TensorProductKernel.Tile + 8;

    /// <inheritdoc/>
    public static int StageElements => TensorProductKernel.Depth * Pitch;

    /// <inheritdoc/>
    public static long First(int thread, long leading) => (TileGeometry.ShiftRight(thread, 5) * leading) + (thread & 31);

    /// <inheritdoc/>
    public static long Second(long leading) => TensorProductKernel.Depth / 2 * leading;

    /// <inheritdoc/>
    public static long Step(long leading) => TensorProductKernel.Depth * leading;

    /// <inheritdoc/>
    public static long Tile(long leading) => TensorProductKernel.Tile / 4;

    /// <inheritdoc/>
    public static int Place(int thread) => (TileGeometry.ShiftRight(thread, 5) * (Pitch / 4)) + (thread & 31);

    /// <inheritdoc/>
    public static int SecondPlace => TensorProductKernel.Depth / 2 * (Pitch / 4);

    /// <inheritdoc/>
    public static int At(int i, int k) => (k * Pitch) + i;
}

/// <summary>How many terms a product of two float32 numbers takes in tf32, resolved when the kernel is compiled.</summary>
internal interface ITensorTerms
{
    /// <summary>
    /// Whether the remainders of the rounding to tf32 take part: <c>x y = x' y' + x' y" + x" y'</c> with <c>x = x' + x"</c>. What is left out, <c>x" y"</c> and the rounding of the remainders,
    /// is below <c>2^-21 |x y|</c>.
    /// </summary>
    static abstract bool KeepsRemainders { get; }
}

/// <summary>Float32 by three products in tf32.</summary>
internal readonly struct ThreeTerms : ITensorTerms
{
    /// <inheritdoc/>
    public static bool KeepsRemainders => true;
}

/// <summary>Tf32: relative errors of <c>2^-11</c> in each factor.</summary>
internal readonly struct OneTerm : ITensorTerms
{
    /// <inheritdoc/>
    public static bool KeepsRemainders => false;
}

/// <summary>Two neighbouring elements, loaded and stored as one.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Pair
{
    /// <summary>Elements 0 and 1.</summary>
    public float X, Y;
}

/// <summary>The 64 by 32 elements of C that a warp holds in registers, as 4 by 4 fragments: field Srow column.</summary>
internal struct TensorBlock
{
    /// <summary>The fragments of a lane.</summary>
    public Four<float> S00, S01, S02, S03, S10, S11, S12, S13, S20, S21, S22, S23, S30, S31, S32, S33;
}

/// <summary>A number as the sum of two in tf32.</summary>
internal struct Split
{
    /// <summary>The number rounded, and what that left over.</summary>
    public uint Large, Small;
}

/// <summary>A lane's part of four fragments of B side by side: field Bcolumn register.</summary>
internal struct SplitColumns
{
    /// <summary>The registers.</summary>
    public Split B00, B01, B10, B11, B20, B21, B30, B31;
}

/// <summary>
/// <c>C = alpha op(A) op(B) + beta C</c> for whole tiles of 128 by 128 as <see cref="LargeProductKernel"/> does it, on tensor cores.
/// <para>A group of 256 threads computes a tile, 64 by 32 in the registers of each warp. The inner dimension runs in steps of 16 with two stages in shared memory: while one is multiplied the
/// next is copied there by the hardware; one barrier a step. Factors are rounded to tf32 on their way from shared memory to the registers, with or without their remainders.</para>
/// <para>Sums are in float32, but tensor cores round each addition of eight products toward zero: with K / 8 additions the error of a sum stays below that of K rounded ones.
/// A factor of at least <c>2^128 - 2^116</c> is rounded to infinity; remainders of factors below <c>2^-115</c> lose bits.</para>
/// </summary>
internal static class TensorProductKernel
{
    /// <summary>Rows and columns of a tile of C.</summary>
    public const int Tile = LargeProductKernel.Tile;

    /// <summary>Steps of the inner dimension in a stage.</summary>
    public const int Depth = 16;

    private const int WarpRows = 64, WarpColumns = 32;

    /// <summary>The kernel: group g computes tile (g / ColumnTiles, g % ColumnTiles).</summary>
    [DeviceKernel(TileGeometry.Threads, LeastGroups = 2, CudaOnly = true)]
    public static void Product<TLeft, TRight, TTerms>(ArrayView<Four<float>> a, ArrayView<Four<float>> b, ArrayView<Pair> c, LargeProductShape shape)
        where TLeft : struct, ITensorOperand
        where TRight : struct, ITensorOperand
        where TTerms : struct, ITensorTerms
    {
        ArrayView<Four<float>> left = SharedMemory.Allocate<Four<float>>(TLeft.StageElements / 2);
        ArrayView<Four<float>> right = SharedMemory.Allocate<Four<float>>(TRight.StageElements / 2);
        Compute<TLeft, TRight, TTerms, TensorCore>(a, b, c, shape, left, right, Grid.IdxX, Group.IdxX);
    }

    /// <summary>What one thread of one group does.</summary>
    /// <param name="a">A.</param>
    /// <param name="b">B.</param>
    /// <param name="c">C.</param>
    /// <param name="shape">Shapes and places; K is a multiple of <see cref="Depth"/>.</param>
    /// <param name="left">Shared memory for two stages of A.</param>
    /// <param name="right">Shared memory for two stages of B.</param>
    /// <param name="group">The group.</param>
    /// <param name="thread">The thread in it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compute<TLeft, TRight, TTerms, TMachine>(
        ArrayView<Four<float>> a, ArrayView<Four<float>> b, ArrayView<Pair> c, LargeProductShape shape, ArrayView<Four<float>> left, ArrayView<Four<float>> right, int group, int thread)
        where TLeft : struct, ITensorOperand
        where TRight : struct, ITensorOperand
        where TTerms : struct, ITensorTerms
        where TMachine : struct, ITensorMachine
    {
        int tileRow = group / shape.ColumnTiles, tileColumn = group - (tileRow * shape.ColumnTiles);
        long fromA = shape.OffsetA + (tileRow * TLeft.Tile(shape.LeadingA)) + TLeft.First(thread, shape.LeadingA), stepA = TLeft.Step(shape.LeadingA);
        long fromB = shape.OffsetB + (tileColumn * TRight.Tile(shape.LeadingB)) + TRight.First(thread, shape.LeadingB), stepB = TRight.Step(shape.LeadingB);
        int toA = TLeft.Place(thread), toB = TRight.Place(thread);
        Fetch<TLeft, TMachine>(left, toA, a, fromA, shape.LeadingA);
        Fetch<TRight, TMachine>(right, toB, b, fromB, shape.LeadingB);

        // Where the lane's first elements of the warp's first fragments lie in a stage.
        int lane = thread & 31, warp = TileGeometry.ShiftRight(thread, 5), row = TileGeometry.ShiftRight(warp, 2) * WarpRows, column = (warp & 3) * WarpColumns;
        ArrayView<float> leftElements = left.Cast<float>(), rightElements = right.Cast<float>();
        int leftPlace = TLeft.At(row + TensorFragment.RowOfA(lane), TensorFragment.StepOfA(lane)), rightPlace = TRight.At(column + TensorFragment.ColumnOfB(lane), TensorFragment.StepOfB(lane));
        TensorBlock sum = default;
        int stage = 0;
        for (int k = Depth; k <= shape.K; k += Depth)
        {
            // What was copied is there, and nobody reads the other stage any longer.
            TMachine.Wait();
            TMachine.Barrier();
            long l = (stage * TLeft.StageElements) + leftPlace, r = (stage * TRight.StageElements) + rightPlace;
            stage ^= 1;
            // The last step fetches itself again, which costs less than a branch.
            int more = k < shape.K ? 1 : 0;
            fromA += more * stepA;
            fromB += more * stepB;
            Fetch<TLeft, TMachine>(left, (stage * (TLeft.StageElements / 4)) + toA, a, fromA, shape.LeadingA);
            Fetch<TRight, TMachine>(right, (stage * (TRight.StageElements / 4)) + toB, b, fromB, shape.LeadingB);
            Accumulate<TLeft, TRight, TTerms, TMachine>(ref sum, leftElements, rightElements, l, r);
            Accumulate<TLeft, TRight, TTerms, TMachine>(ref sum, leftElements, rightElements, l + TLeft.At(0, TensorFragment.Depth), r + TRight.At(0, TensorFragment.Depth));
        }
        TMachine.Wait();

        int firstRow = row + TensorFragment.RowOfC(lane), firstColumn = column + TensorFragment.ColumnOfC(lane);
        long leading = shape.LeadingC * 2, to = (shape.OffsetC * 2) + (((tileRow * (long)Tile) + firstRow) * leading) + TileGeometry.ShiftRight((tileColumn * Tile) + firstColumn, 1);
        StoreRow(c, to, leading, shape, sum.S00, sum.S01, sum.S02, sum.S03);
        StoreRow(c, to + (TensorFragment.Rows * leading), leading, shape, sum.S10, sum.S11, sum.S12, sum.S13);
        StoreRow(c, to + (2 * TensorFragment.Rows * leading), leading, shape, sum.S20, sum.S21, sum.S22, sum.S23);
        StoreRow(c, to + (3 * TensorFragment.Rows * leading), leading, shape, sum.S30, sum.S31, sum.S32, sum.S33);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<TOperand, TMachine>(ArrayView<Four<float>> stage, int to, ArrayView<Four<float>> source, long from, long leading)
        where TOperand : struct, ITensorOperand
        where TMachine : struct, ITensorMachine
    {
        TMachine.Copy(ref stage[to], ref source[from]);
        TMachine.Copy(ref stage[to + TOperand.SecondPlace], ref source[from + TOperand.Second(leading)]);
    }

    // Eight steps of the inner dimension: the warp's four by four fragments.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate<TLeft, TRight, TTerms, TMachine>(ref TensorBlock sum, ArrayView<float> left, ArrayView<float> right, long l, long r)
        where TLeft : struct, ITensorOperand
        where TRight : struct, ITensorOperand
        where TTerms : struct, ITensorTerms
        where TMachine : struct, ITensorMachine
    {
        SplitColumns columns = default;
        columns.B00 = Divide<TTerms, TMachine>(right[r]);
        columns.B01 = Divide<TTerms, TMachine>(right[r + TRight.At(0, TensorFragment.SecondStep)]);
        columns.B10 = Divide<TTerms, TMachine>(right[r + TRight.At(TensorFragment.Columns, 0)]);
        columns.B11 = Divide<TTerms, TMachine>(right[r + TRight.At(TensorFragment.Columns, TensorFragment.SecondStep)]);
        columns.B20 = Divide<TTerms, TMachine>(right[r + TRight.At(2 * TensorFragment.Columns, 0)]);
        columns.B21 = Divide<TTerms, TMachine>(right[r + TRight.At(2 * TensorFragment.Columns, TensorFragment.SecondStep)]);
        columns.B30 = Divide<TTerms, TMachine>(right[r + TRight.At(3 * TensorFragment.Columns, 0)]);
        columns.B31 = Divide<TTerms, TMachine>(right[r + TRight.At(3 * TensorFragment.Columns, TensorFragment.SecondStep)]);
        AccumulateRow<TLeft, TTerms, TMachine>(ref sum.S00, ref sum.S01, ref sum.S02, ref sum.S03, left, l, columns);
        AccumulateRow<TLeft, TTerms, TMachine>(ref sum.S10, ref sum.S11, ref sum.S12, ref sum.S13, left, l + TLeft.At(TensorFragment.Rows, 0), columns);
        AccumulateRow<TLeft, TTerms, TMachine>(ref sum.S20, ref sum.S21, ref sum.S22, ref sum.S23, left, l + TLeft.At(2 * TensorFragment.Rows, 0), columns);
        AccumulateRow<TLeft, TTerms, TMachine>(ref sum.S30, ref sum.S31, ref sum.S32, ref sum.S33, left, l + TLeft.At(3 * TensorFragment.Rows, 0), columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AccumulateRow<TLeft, TTerms, TMachine>(
        ref Four<float> s0, ref Four<float> s1, ref Four<float> s2, ref Four<float> s3, ArrayView<float> left, long l, SplitColumns columns)
        where TLeft : struct, ITensorOperand
        where TTerms : struct, ITensorTerms
        where TMachine : struct, ITensorMachine
    {
        Split a0 = Divide<TTerms, TMachine>(left[l]);
        Split a1 = Divide<TTerms, TMachine>(left[l + TLeft.At(TensorFragment.SecondRow, 0)]);
        Split a2 = Divide<TTerms, TMachine>(left[l + TLeft.At(0, TensorFragment.SecondStep)]);
        Split a3 = Divide<TTerms, TMachine>(left[l + TLeft.At(TensorFragment.SecondRow, TensorFragment.SecondStep)]);
        // The small terms first; those of one fragment are a fragment's time apart.
        if (TTerms.KeepsRemainders)
        {
            s0 = TMachine.MultiplyAdd(a0.Small, a1.Small, a2.Small, a3.Small, columns.B00.Large, columns.B01.Large, s0);
            s1 = TMachine.MultiplyAdd(a0.Small, a1.Small, a2.Small, a3.Small, columns.B10.Large, columns.B11.Large, s1);
            s2 = TMachine.MultiplyAdd(a0.Small, a1.Small, a2.Small, a3.Small, columns.B20.Large, columns.B21.Large, s2);
            s3 = TMachine.MultiplyAdd(a0.Small, a1.Small, a2.Small, a3.Small, columns.B30.Large, columns.B31.Large, s3);
            s0 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B00.Small, columns.B01.Small, s0);
            s1 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B10.Small, columns.B11.Small, s1);
            s2 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B20.Small, columns.B21.Small, s2);
            s3 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B30.Small, columns.B31.Small, s3);
        }
        s0 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B00.Large, columns.B01.Large, s0);
        s1 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B10.Large, columns.B11.Large, s1);
        s2 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B20.Large, columns.B21.Large, s2);
        s3 = TMachine.MultiplyAdd(a0.Large, a1.Large, a2.Large, a3.Large, columns.B30.Large, columns.B31.Large, s3);
    }

    // The remainder is exact in float32; its bits below tf32 are cut off, which leaves NaN what it is.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Split Divide<TTerms, TMachine>(float x)
        where TTerms : struct, ITensorTerms
        where TMachine : struct, ITensorMachine
    {
        Split parts = default;
        parts.Large = TMachine.Round(x);
        if (TTerms.KeepsRemainders)
            parts.Small = Interop.FloatAsInt(x - Interop.IntAsFloat(parts.Large)) & 0xFFFFE000u;
        return parts;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow(ArrayView<Pair> c, long at, long leading, LargeProductShape shape, Four<float> s0, Four<float> s1, Four<float> s2, Four<float> s3)
    {
        StoreFragment(c, at, leading, shape, s0);
        StoreFragment(c, at + (TensorFragment.Columns / 2), leading, shape, s1);
        StoreFragment(c, at + TensorFragment.Columns, leading, shape, s2);
        StoreFragment(c, at + (3 * TensorFragment.Columns / 2), leading, shape, s3);
    }

    // Registers 0 and 1 are a pair, 2 and 3 another below.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFragment(ArrayView<Pair> c, long at, long leading, LargeProductShape shape, Four<float> sum)
    {
        Store(c, at, shape, sum.X, sum.Y);
        Store(c, at + (TensorFragment.SecondRow * leading), shape, sum.Z, sum.W);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ArrayView<Pair> c, long at, LargeProductShape shape, float x, float y)
    {
        Pair value = default;
        value.X = shape.Alpha * x;
        value.Y = shape.Alpha * y;
        if (shape.Beta != 0f)
        {
            Pair old = c[at];
            value.X = FusedMultiplyAdd.Single(shape.Beta, old.X, value.X);
            value.Y = FusedMultiplyAdd.Single(shape.Beta, old.Y, value.Y);
        }
        c[at] = value;
    }
}
