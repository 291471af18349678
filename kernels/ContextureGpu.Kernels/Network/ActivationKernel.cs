using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shape, places and constants of <see cref="ActivationKernel"/>.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct ActivationShape<T>
    where T : unmanaged
{
    /// <summary>Elements and columns of every matrix.</summary>
    public long Elements, Columns;

    /// <summary>First elements and leading dimensions of Z, of the output, and of the skip connection or the gradient.</summary>
    public long OffsetZ, LeadingZ, OffsetY, LeadingY, OffsetOther, LeadingOther;

    /// <summary>First element of the bias.</summary>
    public long OffsetBias;

    /// <summary>The <see cref="Activation"/>; 1 if there is a skip connection.</summary>
    public int Kind, HasSkip;

    /// <summary>1, 2, 1/2, and the constants of GELU: root, cubic factor and three times it.</summary>
    public T One, Two, Half, Root, Cubic, ThreeCubic;
}

/// <summary>
/// <c>y = f(z + b) + skip</c> and <c>g f'(z + b)</c>: a thread an element, numbered row-major. The kind of f is the same for all threads, so its branches cost nothing.
/// Bound by memory, but for the exponential of tanh and GELU.
/// </summary>
internal static class ActivationKernel
{
    /// <summary>The values.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Forward<T, TReal>(ArrayView<T> z, ArrayView<T> bias, ArrayView<T> skip, ArrayView<T> y, ActivationShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            T argument = z[shape.OffsetZ + i * shape.LeadingZ + j] + bias[shape.OffsetBias + j], value = argument;
            if (shape.Kind == (int)Activation.Tanh)
            {
                value = Tanh<T, TReal>(argument, shape);
            }
            else if (shape.Kind == (int)Activation.Relu)
            {
                if (!(argument > TReal.Zero))
                    value = TReal.Zero * argument;          // a compiler may turn the comparison round: NaN stays NaN in either branch
            }
            else if (shape.Kind == (int)Activation.Gelu)
            {
                value = shape.Half * argument * (shape.One + Bent<T, TReal>(argument, shape));
            }
            if (shape.HasSkip != 0)
                value += skip[shape.OffsetOther + i * shape.LeadingOther + j];
            y[shape.OffsetY + i * shape.LeadingY + j] = value;
        }
    }

    /// <summary>The gradients.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Backward<T, TReal>(ArrayView<T> z, ArrayView<T> bias, ArrayView<T> gradient, ArrayView<T> output, ActivationShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            T argument = z[shape.OffsetZ + i * shape.LeadingZ + j] + bias[shape.OffsetBias + j], slope = shape.One;
            if (shape.Kind == (int)Activation.Tanh)
            {
                T t = Tanh<T, TReal>(argument, shape);
                slope = shape.One - t * t;
            }
            else if (shape.Kind == (int)Activation.Relu)
            {
                if (!(argument > TReal.Zero))
                    slope = TReal.Zero;
            }
            else if (shape.Kind == (int)Activation.Gelu)
            {
                T t = Bent<T, TReal>(argument, shape);
                T rate = shape.Root * TReal.Fma(shape.ThreeCubic * argument, argument, shape.One);
                slope = shape.Half * ((shape.One + t) + argument * (shape.One - t * t) * rate);
            }
            output[shape.OffsetY + i * shape.LeadingY + j] = gradient[shape.OffsetOther + i * shape.LeadingOther + j] * slope;
        }
    }

    // tanh x = 1 - 2 / (exp(2 x) + 1): its absolute error is a rounding of 1.
    private static T Tanh<T, TReal>(T x, ActivationShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T> => shape.One - shape.Two / (TReal.Exp(x + x) + shape.One);

    private static T Bent<T, TReal>(T x, ActivationShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T> => Tanh<T, TReal>(shape.Root * TReal.Fma(shape.Cubic * x * x, x, x), shape);
}
