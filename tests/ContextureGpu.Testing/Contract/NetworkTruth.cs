using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>The value of each operation of a network by float64 loops, written apart from the reference device's.</summary>
internal static class NetworkTruth
{
    private static readonly double Root = Math.Sqrt(2 / Math.PI);

    /// <summary>f(z_ij + b_j) + skip_ij.</summary>
    public static Expected Activated<T>(Activation activation, T[] z, T[] b, T[]? skip)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (double[] value, double[] magnitude) = (new double[z.Length], new double[z.Length]);
        for (int e = 0; e < z.Length; e++)
        {
            double first = Wide(z[e]), second = Wide(b[e % b.Length]), x = first + second, past = skip is null ? 0 : Wide(skip[e]);
            value[e] = Function(activation, x) + past;
            magnitude[e] = (activation == Activation.Relu ? 0 : 1) + Math.Abs(first) + Math.Abs(second) + Math.Abs(past);
        }
        return new Expected(value, magnitude, 4);
    }

    /// <summary>g_ij f'(z_ij + b_j).</summary>
    public static Expected Sloped<T>(Activation activation, T[] z, T[] b, T[] g)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (double[] value, double[] magnitude) = (new double[z.Length], new double[z.Length]);
        for (int e = 0; e < z.Length; e++)
        {
            double first = Wide(z[e]), second = Wide(b[e % b.Length]), x = first + second, gradient = Wide(g[e]);
            double slope = activation switch
            {
                Activation.Identity => 1,
                Activation.Tanh => 1 - Math.Pow(Math.Tanh(x), 2),
                Activation.Relu => x > 0 ? 1 : 0,
                _ => GeluSlope(x),
            };
            value[e] = gradient * slope;
            // Rounding z + b moves the slope by at most its own slope, which is below 2 everywhere; 1 - t^2 is rounded relative to 1 and multiplied by up to x (1 + x^2).
            double bend = activation switch { Activation.Gelu => 2 + Math.Abs(x) * (1 + x * x), Activation.Tanh => 2, _ => 1 };
            magnitude[e] = Math.Abs(gradient) * (bend + Math.Abs(first) + Math.Abs(second));
        }
        return new Expected(value, magnitude, 4);
    }

    /// <summary>g_j (x_ij - m_i) r_i, and the (rows, 2) statistics m and r.</summary>
    public static (Expected Value, Expected Statistics) Normed<T>(T[] x, T[] g)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int w = g.Length, rows = w == 0 ? 0 : x.Length / w;
        Expected value = Empty(x.Length, w + 8), statistics = Empty(2 * rows, w + 8);
        for (int i = 0; i < rows; i++)
        {
            double[] row = [.. x.Skip(i * w).Take(w).Select(Wide)];
            double mean = row.Average(), size = row.Average(Math.Abs), r = 1 / Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-5);
            // A rounded mean moves the deviation in second order; the deviation itself is rounded relative to the elements.
            double spread = 1 + r * row.Max(Math.Abs);
            (statistics.Value[2 * i], statistics.Magnitude[2 * i], statistics.Value[2 * i + 1], statistics.Magnitude[2 * i + 1]) = (mean, size, r, r * spread);
            for (int j = 0; j < w; j++)
            {
                double h = (row[j] - mean) * r, gain = Wide(g[j]);
                value.Value[i * w + j] = gain * h;
                value.Magnitude[i * w + j] = Math.Abs(gain) * (Math.Abs(h) * spread + r * (Math.Abs(row[j]) + size));
            }
        }
        return (value, statistics);
    }

    /// <summary>The gradients by x and, term by term, by the gain, of sum_ij d_ij g_j h_ij with the statistics as they are rounded.</summary>
    public static (Expected ByInput, Expected ByGain) NormedBackward<T>(T[] x, T[] g, T[] statistics, T[] d)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int w = g.Length, rows = w == 0 ? 0 : x.Length / w;
        Expected byInput = Empty(x.Length, w + 8), byGain = Empty(x.Length, w + 8);
        for (int i = 0; i < rows; i++)
        {
            double mean = Wide(statistics[2 * i]), r = Wide(statistics[2 * i + 1]);
            double[] h = new double[w], around = new double[w], e = new double[w];
            for (int j = 0; j < w; j++)
            {
                (h[j], around[j]) = ((Wide(x[i * w + j]) - mean) * r, r * (Math.Abs(Wide(x[i * w + j])) + Math.Abs(mean)));
                e[j] = Wide(g[j]) * Wide(d[i * w + j]);
            }
            double plain = e.Average(), bent = e.Zip(h, (a, b) => a * b).Average();
            double plainSize = e.Average(Math.Abs), bentSize = e.Zip(around, (a, b) => Math.Abs(a) * b).Average();
            for (int j = 0; j < w; j++)
            {
                byInput.Value[i * w + j] = r * (e[j] - plain - h[j] * bent);
                byInput.Magnitude[i * w + j] = r * (Math.Abs(e[j]) + plainSize + around[j] * bentSize);
                byGain.Value[i * w + j] = Wide(d[i * w + j]) * h[j];
                byGain.Magnitude[i * w + j] = Math.Abs(Wide(d[i * w + j])) * around[j];
            }
        }
        return (byInput, byGain);
    }

    /// <summary>Parameters and moments after a step of AdamW.</summary>
    public static (Expected Parameters, Expected First, Expected Second) Adam<T>(AdamStep step, T[] g, T[] m, T[] v, T[] p)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Expected parameters = Empty(p.Length, 8), first = Empty(p.Length, 2), second = Empty(p.Length, 2);
        double firstCorrection = 1 - Math.Pow(step.FirstDecay, step.Number), secondCorrection = 1 - Math.Pow(step.SecondDecay, step.Number);
        for (int e = 0; e < p.Length; e++)
        {
            double gradient = step.GradientScale * Wide(g[e]);
            Add(first.Value, first.Magnitude, e, step.FirstDecay * Wide(m[e]));
            Add(first.Value, first.Magnitude, e, (1 - step.FirstDecay) * gradient);
            Add(second.Value, second.Magnitude, e, step.SecondDecay * Wide(v[e]));
            Add(second.Value, second.Magnitude, e, (1 - step.SecondDecay) * gradient * gradient);
            double scale = step.Rate / firstCorrection / (Math.Sqrt(second.Value[e] / secondCorrection) + step.Epsilon);
            Add(parameters.Value, parameters.Magnitude, e, Wide(p[e]) * (1 - step.Rate * step.WeightDecay));
            Add(parameters.Value, parameters.Magnitude, e, -scale * first.Value[e]);
            parameters.Magnitude[e] += scale * first.Magnitude[e];
        }
        return (parameters, first, second);
    }

    private static Expected Empty(int count, long length) => new(new double[count], new double[count], length);

    private static double Function(Activation activation, double x) => activation switch
    {
        Activation.Identity => x,
        Activation.Tanh => Math.Tanh(x),
        Activation.Relu => x > 0 ? x : 0,
        _ => x / (1 + Math.Exp(-2 * Root * (x + 0.044715 * x * x * x))),
    };

    // The derivative of x s(2 u(x)) with the logistic function s.
    private static double GeluSlope(double x)
    {
        double u = Root * (x + 0.044715 * x * x * x), s = 1 / (1 + Math.Exp(-2 * u));
        return s + 2 * x * s * (1 - s) * Root * (1 + 0.134145 * x * x);
    }

    private static void Add(double[] value, double[] magnitude, int e, double term)
    {
        value[e] += term;
        magnitude[e] += Math.Abs(term);
    }

    private static double Wide<T>(T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => double.CreateTruncating(value);
}
