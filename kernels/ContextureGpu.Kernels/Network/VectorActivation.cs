using System.Numerics;
using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>An activation on vectors.</summary>
internal interface IVectorActivation
{
    /// <summary>f(z).</summary>
    static abstract Vector<T> Value<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>f'(z).</summary>
    static abstract Vector<T> Slope<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;
}

/// <summary><c>f(z) = z</c>.</summary>
internal readonly struct VectorIdentity : IVectorActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => z;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector<T>.One;
}

/// <summary><c>tanh z = 1 - 2 / (exp(2 z) + 1)</c>: its absolute error is a rounding of 1.</summary>
internal readonly struct VectorTanh : IVectorActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector<T>.One - (new Vector<T>(T.One + T.One) / (Exp(z + z) + Vector<T>.One));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector<T> t = Value(z);
        return Vector<T>.One - (t * t);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Exp<T>(Vector<T> x)
        where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector.Exp(x.As<T, float>()).As<float, T>() : Vector.Exp(x.As<T, double>()).As<double, T>();
}

/// <summary><c>max(z, 0)</c>; NaN stays NaN.</summary>
internal readonly struct VectorRelu : IVectorActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector.ConditionalSelect(Vector.LessThan(z, Vector<T>.Zero), Vector<T>.Zero, z);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Vector.ConditionalSelect(Vector.GreaterThan(z, Vector<T>.Zero), Vector<T>.One, Vector<T>.Zero);
}

/// <summary>The Gaussian error linear unit in its tanh form.</summary>
internal readonly struct VectorGelu : IVectorActivation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        new Vector<T>(T.CreateTruncating(0.5)) * z * (Vector<T>.One + Inner(z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector<T> t = Inner(z), half = new(T.CreateTruncating(0.5));
        Vector<T> rate = new Vector<T>(T.CreateTruncating(GeluConstants.Root)) * Lanes.Fma(new Vector<T>(T.CreateTruncating(3 * GeluConstants.Cubic)) * z, z, Vector<T>.One);
        return half * ((Vector<T>.One + t) + (z * (Vector<T>.One - (t * t)) * rate));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Inner<T>(Vector<T> z)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Vector<T> bent = Lanes.Fma(new Vector<T>(T.CreateTruncating(GeluConstants.Cubic)) * z * z, z, z);
        return VectorTanh.Value(new Vector<T>(T.CreateTruncating(GeluConstants.Root)) * bent);
    }
}
