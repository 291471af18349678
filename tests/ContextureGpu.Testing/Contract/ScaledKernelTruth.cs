using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>Points of a check with their scales and, where they have them, offsets.</summary>
/// <param name="Values">Row-major (rows, features).</param>
/// <param name="Scale">One for each row.</param>
/// <param name="Offset">One for each row; null for none.</param>
internal sealed record ScaledValues<T>(T[] Values, T[] Scale, T[]? Offset = null)
{
    /// <summary>How many.</summary>
    public int Rows => Scale.Length;
}

/// <summary>Products with kernel matrices of scaled points by float64 loops, written apart from the reference device's.</summary>
internal static class ScaledKernelTruth
{
    /// <summary>sum_j exp(log k_ij - a_i - b_j) v_j.</summary>
    public static Expected Product<T>(RadialKernel kernel, ScaledValues<T> x, ScaledValues<T> y, T[] v, int d, int p)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int n = x.Rows, m = y.Rows;
        (double[] value, double[] magnitude) = (new double[n * p], new double[n * p]);
        for (int e = 0; e < n * m; e++)
        {
            (int i, int j) = (e / m, e % m);
            double logKernel = LogKernel(kernel, x, i, y, j, d), a = Of(x.Offset, i), b = Of(y.Offset, j), weight = Math.Exp(logKernel - a - b);
            for (int q = 0; q < p && weight > 0; q++)
            {
                value[i * p + q] += weight * Wide(v[j * p + q]);
                // Three roundings more than without scales, each relative to the exponent.
                magnitude[i * p + q] += (1 + 2 * Math.Abs(logKernel) + Math.Abs(a) + Math.Abs(b)) * Math.Abs(weight * Wide(v[j * p + q]));
            }
        }
        return new Expected(value, magnitude, m + d);
    }

    /// <summary>log sum_j exp(log k_ij - b_j).</summary>
    public static Expected LogSum<T>(RadialKernel kernel, ScaledValues<T> x, ScaledValues<T> y, int d)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int n = x.Rows, m = y.Rows;
        (double[] value, double[] magnitude) = (new double[n], new double[n]);
        for (int i = 0; i < n; i++)
        {
            var exponents = new double[m];
            for (int j = 0; j < m; j++)
                exponents[j] = LogKernel(kernel, x, i, y, j, d) - Of(y.Offset, j);
            double shift = exponents.Max();
            value[i] = shift + Math.Log(exponents.Sum(e => Math.Exp(e - shift)));
            for (int j = 0; j < m; j++)
            {
                double share = Math.Exp(exponents[j] - value[i]);
                if (share > 0)
                    magnitude[i] += share * (2 + 2 * Math.Abs(LogKernel(kernel, x, i, y, j, d)) + Math.Abs(Of(y.Offset, j)) + Math.Abs(value[i]));
            }
        }
        return new Expected(value, magnitude, m + d);
    }

    private static double LogKernel<T>(RadialKernel kernel, ScaledValues<T> x, int i, ScaledValues<T> y, int j, int d)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double s = Wide(x.Scale[i]), t = Wide(y.Scale[j]), squares = 0, magnitudes = 0;
        for (int f = 0; f < d; f++)
        {
            double difference = Wide(x.Values[i * d + f]) - Wide(y.Values[j * d + f]);
            (squares, magnitudes) = (squares + difference * difference, magnitudes + Math.Abs(difference));
        }
        return kernel.Kind switch
        {
            RadialKernelKind.Gaussian => -kernel.Gamma * squares * s * t,
            RadialKernelKind.Exponential => -kernel.Gamma * Math.Sqrt(squares) * Math.Sqrt(s) * Math.Sqrt(t),
            RadialKernelKind.Laplacian => -kernel.Gamma * magnitudes * s * t,
            _ => throw new ArgumentException($"unknown kernel {kernel.Kind}", nameof(kernel)),
        };
    }

    private static double Of<T>(T[]? offset, int i)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => offset is null ? 0 : Wide(offset[i]);

    private static double Wide<T>(T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => double.CreateTruncating(value);
}
