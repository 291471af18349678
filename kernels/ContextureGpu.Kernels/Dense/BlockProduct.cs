using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>One step of a register-blocked product, 8 by 8 for each thread.</summary>
internal static class BlockProduct
{
    /// <summary>
    /// <c>block_ij += left_i right_j</c> for the rows at <paramref name="l"/> and <paramref name="l"/> + 4 and the columns at <paramref name="r"/> and <paramref name="r"/> + 8,
    /// all in units of four: 64 fused multiply-adds for four 16-byte loads.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Block8x8 block, ArrayView<Four<float>> left, ArrayView<Four<float>> right, int l, int r) =>
        Accumulate(ref block, left[l], left[l + 4], right[r], right[r + 8]);

    /// <summary>The same by indices of 64 bits, where those of 32 would take more registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Accumulate(ref Block8x8 block, ArrayView<Four<float>> left, ArrayView<Four<float>> right, long l, long r) =>
        Accumulate(ref block, left[l], left[l + 4], right[r], right[r + 8]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(ref Block8x8 block, Four<float> upper, Four<float> lower, Four<float> first, Four<float> second)
    {
        Row(ref block.L0, ref block.R0, upper.X, first, second);
        Row(ref block.L1, ref block.R1, upper.Y, first, second);
        Row(ref block.L2, ref block.R2, upper.Z, first, second);
        Row(ref block.L3, ref block.R3, upper.W, first, second);
        Row(ref block.L4, ref block.R4, lower.X, first, second);
        Row(ref block.L5, ref block.R5, lower.Y, first, second);
        Row(ref block.L6, ref block.R6, lower.Z, first, second);
        Row(ref block.L7, ref block.R7, lower.W, first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(ref Four<float> left, ref Four<float> right, float value, Four<float> first, Four<float> second)
    {
        left.X = FusedMultiplyAdd.Single(value, first.X, left.X);
        left.Y = FusedMultiplyAdd.Single(value, first.Y, left.Y);
        left.Z = FusedMultiplyAdd.Single(value, first.Z, left.Z);
        left.W = FusedMultiplyAdd.Single(value, first.W, left.W);
        right.X = FusedMultiplyAdd.Single(value, second.X, right.X);
        right.Y = FusedMultiplyAdd.Single(value, second.Y, right.Y);
        right.Z = FusedMultiplyAdd.Single(value, second.Z, right.Z);
        right.W = FusedMultiplyAdd.Single(value, second.W, right.W);
    }
}
