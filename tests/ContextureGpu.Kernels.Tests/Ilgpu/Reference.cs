using System.Numerics;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>Plain float64 loops, data, and the one tolerance of the tests of this folder.</summary>
internal static class Reference
{
    /// <summary>Values in [-1, 1) that float32 holds exactly, from a stream of their own.</summary>
    public static double[] Sample(ulong stream, int count)
    {
        var philox = new Philox(7, stream);
        return [.. Enumerable.Range(0, count).Select(i => Math.Floor(philox.Uniform(i) * (1 << 22)) / (1 << 21) - 1)];
    }

    /// <summary>
    /// Compares with the reference: each element may be off by <c>8 (terms + 8) u scale</c>, u the unit roundoff of <typeparamref name="T"/>, with scale the sum
    /// of the magnitudes of its terms.
    /// </summary>
    public static void Near<T>(double[] actual, int columns, double terms, Func<int, int, (double Value, double Scale)> expected)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (int e = 0; e < actual.Length; e++)
        {
            (double value, double scale) = expected(e / columns, e % columns);
            double allowed = 8 * (terms + 8) * Unit<T>() * scale;
            Assert.True(Math.Abs(actual[e] - value) <= allowed,
                $"({e / columns}, {e % columns}): {actual[e]:R}, expected {value:R}; off by {Math.Abs(actual[e] - value):E2}, allowed {allowed:E2}");
        }
    }

    public static double Unit<T>() => typeof(T) == typeof(double) ? Math.ScaleB(1, -53) : Math.ScaleB(1, -24);

    /// <summary>A sum and the sum of magnitudes.</summary>
    public static (double Value, double Scale) Sum(int count, Func<int, double> term)
    {
        double value = 0, scale = 0;
        for (int i = 0; i < count; i++)
        {
            double t = term(i);
            value += t;
            scale += Math.Abs(t);
        }
        return (value, scale);
    }

    /// <summary>The logarithm of a kernel.</summary>
    public static double LogKernel(RadialKernel kernel, double[] x, int i, double[] y, int j, int d)
    {
        double squared = 0, magnitudes = 0;
        for (int f = 0; f < d; f++)
        {
            squared += (x[i * d + f] - y[j * d + f]) * (x[i * d + f] - y[j * d + f]);
            magnitudes += Math.Abs(x[i * d + f] - y[j * d + f]);
        }
        return -kernel.Gamma * (kernel.Kind == RadialKernelKind.Gaussian ? squared : kernel.Kind == RadialKernelKind.Exponential ? Math.Sqrt(squared) : magnitudes);
    }
}
