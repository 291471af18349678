using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>A vector of float32 as the screening kernels use it. <see cref="System.Numerics.Vector{T}"/> has 256 bits even where there are 512, hence three widths.</summary>
internal interface IFloatLanes<TVector>
    where TVector : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Consecutive floats.</summary>
    static abstract unsafe TVector Load(float* from);

    /// <summary>Stores consecutive floats.</summary>
    static abstract unsafe void Store(TVector value, float* to);

    /// <summary>One float in all lanes.</summary>
    static abstract TVector Broadcast(float value);

    /// <summary><c>a b + c</c>, rounded once where the processor can and twice elsewhere.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary><c>c + |a + b|</c>.</summary>
    static abstract TVector AddMagnitude(TVector a, TVector b, TVector c);

    /// <summary><c>c + (a - b)^2</c>, the same bits with a and b exchanged.</summary>
    static abstract TVector AddSquaredDifference(TVector a, TVector b, TVector c);

    /// <summary><c>c + |a - b|</c>, the same bits with a and b exchanged.</summary>
    static abstract TVector AddAbsoluteDifference(TVector a, TVector b, TVector c);

    /// <summary>Bit l is set where lane l of <paramref name="value"/> is at most that of <paramref name="limit"/>; never for NaN.</summary>
    static abstract uint AtMost(TVector value, TVector limit);
}

/// <summary>512 bits.</summary>
internal readonly struct Lanes512 : IFloatLanes<Vector512<float>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector512<float> Load(float* from) => Vector512.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Vector512<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddMagnitude(Vector512<float> a, Vector512<float> b, Vector512<float> c) => c + Vector512.Abs(a + b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddSquaredDifference(Vector512<float> a, Vector512<float> b, Vector512<float> c)
    {
        Vector512<float> difference = a - b;
        return Vector512.MultiplyAddEstimate(difference, difference, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddAbsoluteDifference(Vector512<float> a, Vector512<float> b, Vector512<float> c) => c + Vector512.Abs(a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AtMost(Vector512<float> value, Vector512<float> limit) => (uint)Vector512.LessThanOrEqual(value, limit).ExtractMostSignificantBits();
}

/// <summary>256 bits.</summary>
internal readonly struct Lanes256 : IFloatLanes<Vector256<float>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Vector256<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddMagnitude(Vector256<float> a, Vector256<float> b, Vector256<float> c) => c + Vector256.Abs(a + b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddSquaredDifference(Vector256<float> a, Vector256<float> b, Vector256<float> c)
    {
        Vector256<float> difference = a - b;
        return Vector256.MultiplyAddEstimate(difference, difference, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddAbsoluteDifference(Vector256<float> a, Vector256<float> b, Vector256<float> c) => c + Vector256.Abs(a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AtMost(Vector256<float> value, Vector256<float> limit) => Vector256.LessThanOrEqual(value, limit).ExtractMostSignificantBits();
}

/// <summary>128 bits.</summary>
internal readonly struct Lanes128 : IFloatLanes<Vector128<float>>
{
    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe Vector128<float> Load(float* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Store(Vector128<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddMagnitude(Vector128<float> a, Vector128<float> b, Vector128<float> c) => c + Vector128.Abs(a + b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddSquaredDifference(Vector128<float> a, Vector128<float> b, Vector128<float> c)
    {
        Vector128<float> difference = a - b;
        return Vector128.MultiplyAddEstimate(difference, difference, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddAbsoluteDifference(Vector128<float> a, Vector128<float> b, Vector128<float> c) => c + Vector128.Abs(a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AtMost(Vector128<float> value, Vector128<float> limit) => Vector128.LessThanOrEqual(value, limit).ExtractMostSignificantBits();
}
