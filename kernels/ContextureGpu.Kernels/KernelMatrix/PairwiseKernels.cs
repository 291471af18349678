using System.Numerics;
using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>A function of a pair of points as the loops of <see cref="KernelPanels{T, TLanes, TVector}"/> need it: a sum over the features, then a function of the sum.</summary>
internal unsafe interface IPairwiseKernel<T>
    where T : unmanaged
{
    /// <summary>Whether <see cref="Value"/> is the binary logarithm of the kernel, the kernel itself otherwise.</summary>
    static abstract bool IsLogarithm { get; }

    /// <summary>The sum with one feature more.</summary>
    static abstract TVector Add<TLanes, TVector>(TVector sum, TVector x, TVector y)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged;

    /// <summary>What the kernel makes of the sum; <paramref name="offset"/> is added to a logarithm.</summary>
    TVector Value<TLanes, TVector>(TVector sum, TVector offset)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged;
}

/// <summary><c>log2 k = -s sum_f (x_f - y_f)^2</c>: accurate near zero.</summary>
/// <param name="scale">s, gamma log2 e.</param>
internal readonly unsafe struct GaussianOfDifferences<T>(T scale) : IPairwiseKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool IsLogarithm => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Add<TLanes, TVector>(TVector sum, TVector x, TVector y)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged
    {
        TVector difference = TLanes.Subtract(x, y);
        return TLanes.MultiplyAdd(difference, difference, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value<TLanes, TVector>(TVector sum, TVector offset)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged => TLanes.MultiplyAdd(TLanes.Broadcast(-scale), sum, offset);
}

/// <summary><c>log2 k = -s sqrt(sum_f (x_f - y_f)^2)</c>.</summary>
/// <param name="scale">s, gamma log2 e.</param>
internal readonly unsafe struct ExponentialOfDistance<T>(T scale) : IPairwiseKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool IsLogarithm => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Add<TLanes, TVector>(TVector sum, TVector x, TVector y)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged => GaussianOfDifferences<T>.Add<TLanes, TVector>(sum, x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value<TLanes, TVector>(TVector sum, TVector offset)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged => TLanes.MultiplyAdd(TLanes.Broadcast(-scale), TLanes.Sqrt(sum), offset);
}

/// <summary><c>log2 k = -s sum_f |x_f - y_f|</c>.</summary>
/// <param name="scale">s, gamma log2 e.</param>
internal readonly unsafe struct LaplacianOfDifferences<T>(T scale) : IPairwiseKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool IsLogarithm => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Add<TLanes, TVector>(TVector sum, TVector x, TVector y)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged => TLanes.Add(sum, TLanes.Abs(TLanes.Subtract(x, y)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value<TLanes, TVector>(TVector sum, TVector offset)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged => TLanes.MultiplyAdd(TLanes.Broadcast(-scale), sum, offset);
}

/// <summary><c>k = (gamma sum_f x_f y_f + constant)^degree</c>, the power by squaring.</summary>
internal readonly unsafe struct PolynomialOfProduct<T>(T gamma, T constant, int degree) : IPairwiseKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static bool IsLogarithm => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Add<TLanes, TVector>(TVector sum, TVector x, TVector y)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged => TLanes.MultiplyAdd(x, y, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Value<TLanes, TVector>(TVector sum, TVector offset)
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged
    {
        TVector factor = TLanes.MultiplyAdd(TLanes.Broadcast(gamma), sum, TLanes.Broadcast(constant)), power = TLanes.Broadcast(T.One);
        for (int rest = degree; ; factor = TLanes.Multiply(factor, factor))
        {
            if ((rest & 1) != 0)
                power = TLanes.Multiply(power, factor);
            rest >>= 1;
            if (rest == 0)
                return power;
        }
    }
}
