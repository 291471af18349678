using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>The neighbouring columns of a dense block that one thread takes, resolved when a kernel is compiled.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TPack">What holds them.</typeparam>
internal interface IColumnPack<T, TPack>
    where T : unmanaged
    where TPack : unmanaged
{
    /// <summary>Number of columns.</summary>
    static abstract int Width { get; }

    /// <summary>Zeros.</summary>
    static abstract TPack Zero { get; }

    /// <summary>The elements from <paramref name="at"/> on.</summary>
    static abstract TPack Load(ArrayView<T> source, long at);

    /// <summary>Writes the elements from <paramref name="at"/> on.</summary>
    static abstract void Store(ArrayView<T> target, long at, TPack values);

    /// <summary><c>a x + sum</c>, rounded once.</summary>
    static abstract TPack Fma(T a, TPack x, TPack sum);

    /// <summary><c>x + y</c>.</summary>
    static abstract TPack Add(TPack x, TPack y);
}

/// <summary>One column.</summary>
internal readonly struct OneColumn<T, TReal> : IColumnPack<T, T>
    where T : unmanaged, INumber<T>
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    public static int Width => 1;

    /// <inheritdoc/>
    public static T Zero => TReal.Zero;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(ArrayView<T> source, long at) => source[at];

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<T> target, long at, T values) => target[at] = values;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Fma(T a, T x, T sum) => TReal.Fma(a, x, sum);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Add(T x, T y) => x + y;
}

/// <summary>Four columns, where every row starts at a multiple of four elements.</summary>
internal readonly struct FourColumns<T, TReal> : IColumnPack<T, Four<T>>
    where T : unmanaged, INumber<T>
    where TReal : struct, IReal<T>
{
    /// <inheritdoc/>
    public static int Width => 4;

    /// <inheritdoc/>
    public static Four<T> Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Four<T> zero;
            zero.X = zero.Y = zero.Z = zero.W = TReal.Zero;
            return zero;
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<T> Load(ArrayView<T> source, long at) => source.Cast<Four<T>>()[(long)((ulong)at >> 2)];

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ArrayView<T> target, long at, Four<T> values) => target.Cast<Four<T>>()[(long)((ulong)at >> 2)] = values;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<T> Fma(T a, Four<T> x, Four<T> sum)
    {
        sum.X = TReal.Fma(a, x.X, sum.X);
        sum.Y = TReal.Fma(a, x.Y, sum.Y);
        sum.Z = TReal.Fma(a, x.Z, sum.Z);
        sum.W = TReal.Fma(a, x.W, sum.W);
        return sum;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Four<T> Add(Four<T> x, Four<T> y)
    {
        x.X += y.X;
        x.Y += y.Y;
        x.Z += y.Z;
        x.W += y.W;
        return x;
    }
}
