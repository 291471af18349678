using System.Numerics;
using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>What one feature of two points adds to a sum over all of them, resolved when a kernel is compiled.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal interface IFeatureTerm<T>
    where T : unmanaged
{
    /// <summary>The sum with the feature included.</summary>
    static abstract T Add(T sum, T x, T y);
}

/// <summary><c>(x - y)^2</c>.</summary>
internal readonly struct SquaredDifference<T, TReal> : IFeatureTerm<T>
    where T : unmanaged, INumber<T>
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Add(T sum, T x, T y)
    {
        T difference = x - y;
        return TReal.Fma(difference, difference, sum);
    }
}

/// <summary><c>|x - y|</c>.</summary>
internal readonly struct AbsoluteDifference<T> : IFeatureTerm<T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Add(T sum, T x, T y)
    {
        T forward = x - y, backward = y - x;
        return sum + (forward > backward ? forward : backward);
    }
}

/// <summary><c>x y</c>.</summary>
internal readonly struct FeatureProduct<T, TReal> : IFeatureTerm<T>
    where T : unmanaged
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Add(T sum, T x, T y) => TReal.Fma(x, y, sum);
}

/// <summary>What the sum over the features becomes in a product with a kernel matrix, resolved when a kernel is compiled.</summary>
/// <typeparam name="T">Element type.</typeparam>
internal interface IPairWeight<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>The entries of four rows with offsets a in a column with offset b.</summary>
    static abstract Four<T> Of(Four<T> sum, Four<T> rowOffset, T columnOffset, KernelProductShape<T> shape);
}

/// <summary><c>exp(log k - a - b)</c> of a radial kernel.</summary>
internal readonly struct RadialWeight<T, TReal> : IPairWeight<T>
    where T : unmanaged, INumber<T>
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<T> Of(Four<T> sum, Four<T> rowOffset, T columnOffset, KernelProductShape<T> shape)
    {
        Four<T> weight, exponent = shape.Exponent.Of<TReal>(sum, columnOffset);
        weight.X = TReal.Exp(exponent.X - rowOffset.X);
        weight.Y = TReal.Exp(exponent.Y - rowOffset.Y);
        weight.Z = TReal.Exp(exponent.Z - rowOffset.Z);
        weight.W = TReal.Exp(exponent.W - rowOffset.W);
        return weight;
    }
}

/// <summary><c>exp(-gamma s - a - b)</c>: Gaussian of squared differences, Laplacian of absolute ones.</summary>
internal readonly struct SumWeight<T, TReal> : IPairWeight<T>
    where T : unmanaged, INumber<T>
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<T> Of(Four<T> sum, Four<T> rowOffset, T columnOffset, KernelProductShape<T> shape)
    {
        Four<T> weight;
        T gamma = shape.Exponent.NegativeGamma;
        weight.X = TReal.Exp(TReal.Fma(gamma, sum.X, -columnOffset) - rowOffset.X);
        weight.Y = TReal.Exp(TReal.Fma(gamma, sum.Y, -columnOffset) - rowOffset.Y);
        weight.Z = TReal.Exp(TReal.Fma(gamma, sum.Z, -columnOffset) - rowOffset.Z);
        weight.W = TReal.Exp(TReal.Fma(gamma, sum.W, -columnOffset) - rowOffset.W);
        return weight;
    }
}

/// <summary><c>exp(-gamma sqrt(s) - a - b)</c>: exponential kernel, of squared differences.</summary>
internal readonly struct RootWeight<T, TReal> : IPairWeight<T>
    where T : unmanaged, INumber<T>
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<T> Of(Four<T> sum, Four<T> rowOffset, T columnOffset, KernelProductShape<T> shape)
    {
        Four<T> root;
        root.X = TReal.Sqrt(sum.X);
        root.Y = TReal.Sqrt(sum.Y);
        root.Z = TReal.Sqrt(sum.Z);
        root.W = TReal.Sqrt(sum.W);
        return SumWeight<T, TReal>.Of(root, rowOffset, columnOffset, shape);
    }
}

/// <summary><c>(gamma s + constant)^degree</c>, the power by squaring; offsets are not read.</summary>
internal readonly struct PolynomialWeight<T, TReal> : IPairWeight<T>
    where T : unmanaged, INumber<T>
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<T> Of(Four<T> sum, Four<T> rowOffset, T columnOffset, KernelProductShape<T> shape)
    {
        Four<T> factor, power;
        factor.X = TReal.Fma(shape.Gamma, sum.X, shape.Constant);
        factor.Y = TReal.Fma(shape.Gamma, sum.Y, shape.Constant);
        factor.Z = TReal.Fma(shape.Gamma, sum.Z, shape.Constant);
        factor.W = TReal.Fma(shape.Gamma, sum.W, shape.Constant);
        // From the highest bit of the degree down; the first is 1.
        power = factor;
        for (int bit = shape.HighestBit - 1; bit >= 0; bit--)
        {
            power = Product(power, power);
            if ((TileGeometry.ShiftRight(shape.Degree, bit) & 1) != 0)
                power = Product(power, factor);
        }
        return power;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Four<T> Product(Four<T> a, Four<T> b)
    {
        a.X *= b.X;
        a.Y *= b.Y;
        a.Z *= b.Z;
        a.W *= b.W;
        return a;
    }
}
