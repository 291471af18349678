using System.Numerics;
using System.Numerics.Tensors;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>
/// The unit that inputs are measured in on a device, so that their distances are in range there: <c>2^exponent</c>, by which no digit of them changes, and 1 unless the largest
/// magnitude is beyond 2^30 or below 2^-30.
/// </summary>
/// <param name="Exponent">Even.</param>
/// <param name="Largest">The largest magnitude among the inputs that the unit was chosen for.</param>
internal readonly record struct PointUnit(int Exponent, double Largest)
{
    private const int Moderate = 30;

    /// <summary>The unit for some inputs, finite.</summary>
    public static PointUnit Of(params ReadOnlySpan<double[]> inputs)
    {
        double largest = 0;
        foreach (double[] values in inputs)
            largest = Math.Max(largest, LargestOf(values));
        int exponent = largest > 0 ? Math.ILogB(largest) : 0;
        return new PointUnit(Math.Abs(exponent) <= Moderate ? 0 : exponent & ~1, largest);
    }

    /// <summary>The largest magnitude; 0 without values.</summary>
    public static double LargestOf(ReadOnlySpan<double> values) => values.IsEmpty ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude(values));

    /// <summary>A kernel of points in this unit.</summary>
    public RadialKernel Of(RadialKernel kernel)
    {
        if (Exponent == 0)
            return kernel;
        double gamma = Math.ScaleB(kernel.Gamma, kernel.Kind == RadialKernelKind.Gaussian ? 2 * Exponent : Exponent);
        return kernel with { Gamma = Math.Clamp(gamma, double.Epsilon, double.MaxValue) };
    }

    /// <summary>A distance in this unit, of the kind that a search for neighbours gives, among the inputs themselves.</summary>
    public double FromDistance(double distance, RadialKernelKind kind) => Math.ScaleB(distance, DistanceExponent(kind));

    /// <summary>Local scales 1 / sqrt(tau), tau being such a distance among the inputs, in this unit.</summary>
    public double[] OfLocalScales(double[] scales, RadialKernelKind kind)
    {
        int exponent = DistanceExponent(kind) / 2;
        return exponent == 0 ? scales : Array.ConvertAll(scales, scale => Math.ScaleB(scale, exponent));
    }

    /// <summary>Rows on a device, in this unit.</summary>
    /// <param name="on">The device's arithmetic.</param>
    /// <param name="values">Inputs, row-major (views x rows, dimension).</param>
    /// <param name="rows">Rows that they are views of.</param>
    /// <param name="dimension">Inputs of a row.</param>
    /// <exception cref="InputException">An input is so far from those that the unit was chosen for that its distances are out of range.</exception>
    public DeviceMatrix<T> Upload<T>(Arithmetic<T> on, double[] values, int rows, int dimension)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double limit = Math.ScaleB(1, Exponent + (typeof(T) == typeof(float) ? 2 * Moderate : 500));
        if (!(LargestOf(values) <= limit))
        {
            int bad = Array.FindIndex(values, v => !(Math.Abs(v) <= limit));
            throw new InputException(
                $"row {bad / dimension % rows}, column {bad % dimension} (counted from 0) of the inputs is {values[bad]}; beside the sample, whose largest magnitude is {Largest:G6}, "
                + $"distances are in range up to {limit:G3}");
        }
        int exponent = -Exponent;
        return on.UploadMatrix<T>(exponent == 0 ? values : Array.ConvertAll(values, v => Math.ScaleB(v, exponent)), values.Length / dimension, dimension);
    }

    // Euclidean distances are squared.
    private int DistanceExponent(RadialKernelKind kind) => kind == RadialKernelKind.Laplacian ? Exponent : 2 * Exponent;

    /// <inheritdoc cref="Upload{T}(Arithmetic{T}, double[], int, int)"/>
    public DeviceMatrix<T> Upload<T>(Arithmetic<T> on, ContextSample rows)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Upload(on, rows.Values, rows.Rows, rows.Dimension);
}
