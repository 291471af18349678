using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>
/// The value of each operation by float64 loops over host arrays, with the magnitude of what was added up. Written apart from
/// <see cref="ReferenceDevice"/>, so that each is a witness of the other.
/// </summary>
internal static class Truth
{
    /// <summary>alpha op(A) op(B) + beta C.</summary>
    public static Expected Product<T>(
        double alpha, T[] a, Orientation orientationA, T[] b, Orientation orientationB, double beta, T[]? c, int m, int n, int k)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var value = new double[m * n];
        var magnitude = new double[m * n];
        (int rowA, int columnA) = orientationA == Orientation.Normal ? (k, 1) : (1, m);
        (int rowB, int columnB) = orientationB == Orientation.Normal ? (n, 1) : (1, k);
        for (int e = 0; e < value.Length; e++)
        {
            (int i, int j) = (e / n, e % n);
            for (int l = 0; l < k; l++)
                Add(value, magnitude, e, alpha * Wide(a[i * rowA + l * columnA]) * Wide(b[l * rowB + j * columnB]));
            if (beta != 0 && c is not null)
                Add(value, magnitude, e, beta * Wide(c[e]));
        }
        return new Expected(value, magnitude, k + 1);
    }

    /// <summary>alpha X + beta Y, elementwise; a zero factor removes its term.</summary>
    public static Expected Combination<T>(double alpha, T[] x, double beta, T[] y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (double[] value, double[] magnitude) = (new double[x.Length], new double[x.Length]);
        for (int e = 0; e < x.Length; e++)
        {
            if (alpha != 0)
                Add(value, magnitude, e, alpha * Wide(x[e]));
            if (beta != 0)
                Add(value, magnitude, e, beta * Wide(y[e]));
        }
        return new Expected(value, magnitude, 2);
    }

    /// <summary>s_i x_ij.</summary>
    public static Expected ScaledRows<T>(T[] s, T[] x, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (double[] value, double[] magnitude) = (new double[x.Length], new double[x.Length]);
        for (int e = 0; e < x.Length; e++)
            Add(value, magnitude, e, Wide(s[e / columns]) * Wide(x[e]));
        return new Expected(value, magnitude, 1);
    }

    /// <summary>Weighted means and variances of the columns of X, (n, b).</summary>
    public static (Expected Mean, Expected Variance) Moments<T>(T[] x, T[]? w, int n, int b, double epsilon)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var mean = new Expected(new double[b], new double[b], n);
        var variance = new Expected(new double[b], new double[b], n);
        double mass = Enumerable.Range(0, n).Sum(i => w is null ? 1 : Wide(w[i]));
        for (int j = 0; j < b; j++)
        {
            for (int i = 0; i < n; i++)
                Add(mean.Value, mean.Magnitude, j, (w is null ? 1 : Wide(w[i])) / mass * Wide(x[i * b + j]));
            for (int i = 0; i < n; i++)
            {
                double deviation = Wide(x[i * b + j]) - mean.Value[j];
                Add(variance.Value, variance.Magnitude, j, (w is null ? 1 : Wide(w[i])) / mass * deviation * deviation);
            }
            // An error delta of the mean enters the variance as delta^2.
            double delta = Tolerance.Relative(epsilon, n) * mean.Magnitude[j];
            variance.Magnitude[j] += delta * delta / epsilon;
        }
        return (mean, variance);
    }

    /// <summary>sum_j exp(log k(x_i, y_j) - a_i - b_j) v_j.</summary>
    public static Expected KernelProduct<T>(RadialKernel kernel, T[] x, T[]? a, T[] y, T[]? b, T[] v, int n, int m, int d, int p)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (double[] value, double[] magnitude) = (new double[n * p], new double[n * p]);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < m; j++)
            {
                double logKernel = LogKernel(kernel, x, i, y, j, d), rowOffset = Offset(a, i), columnOffset = Offset(b, j);
                double weight = Math.Exp(logKernel - rowOffset - columnOffset);
                if (weight == 0)
                    continue;
                // Rounding the exponent by its epsilon changes the weight by that much, relatively.
                double exponents = 1 + Math.Abs(logKernel) + Math.Abs(rowOffset) + Math.Abs(columnOffset);
                for (int q = 0; q < p; q++)
                {
                    value[i * p + q] += weight * Wide(v[j * p + q]);
                    magnitude[i * p + q] += exponents * Math.Abs(weight * Wide(v[j * p + q]));
                }
            }
        }
        return new Expected(value, magnitude, m + d);
    }

    /// <summary>log sum_j exp(log k(x_i, y_j) - b_j).</summary>
    public static Expected KernelLogSum<T>(RadialKernel kernel, T[] x, T[] y, T[]? b, int n, int m, int d)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (double[] value, double[] magnitude) = (new double[n], new double[n]);
        for (int i = 0; i < n; i++)
        {
            var exponents = new double[m];
            for (int j = 0; j < m; j++)
                exponents[j] = LogKernel(kernel, x, i, y, j, d) - Offset(b, j);
            double shift = exponents.Max();
            value[i] = shift + Math.Log(exponents.Sum(e => Math.Exp(e - shift)));
            for (int j = 0; j < m; j++)
            {
                double share = Math.Exp(exponents[j] - value[i]);
                if (share > 0)
                    magnitude[i] += share * (2 + Math.Abs(LogKernel(kernel, x, i, y, j, d)) + Math.Abs(Offset(b, j)) + Math.Abs(value[i]));
            }
        }
        return new Expected(value, magnitude, m + d);
    }

    /// <summary>op(S) X for a matrix in compressed rows; x has b columns and the result <paramref name="rows"/> rows.</summary>
    public static Expected SparseProduct<T>(CompressedRows s, Orientation orientation, T[] x, int rows, int b)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (double[] value, double[] magnitude) = (new double[rows * b], new double[rows * b]);
        for (int i = 0; i < s.Rows; i++)
        {
            for (int e = s.RowStarts[i]; e < s.RowStarts[i + 1]; e++)
            {
                int j = s.ColumnIndices[e];
                (int to, int from) = orientation == Orientation.Normal ? (i, j) : (j, i);
                for (int q = 0; q < b; q++)
                    Add(value, magnitude, to * b + q, s.Values[e] * Wide(x[from * b + q]));
            }
        }
        return new Expected(value, magnitude, Math.Max(1, Math.Max(s.Rows, s.Columns)));
    }

    private static void Add(double[] value, double[] magnitude, int e, double term)
    {
        value[e] += term;
        magnitude[e] += Math.Abs(term);
    }

    private static double LogKernel<T>(RadialKernel kernel, T[] x, int i, T[] y, int j, int d)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double squared = 0;
        for (int f = 0; f < d; f++)
            squared += Math.Pow(Wide(x[i * d + f]) - Wide(y[j * d + f]), 2);
        return kernel.Kind switch
        {
            RadialKernelKind.Gaussian => -kernel.Gamma * squared,
            RadialKernelKind.Exponential => -kernel.Gamma * Math.Sqrt(squared),
            _ => throw new ArgumentException($"unknown kernel {kernel.Kind}", nameof(kernel)),
        };
    }

    private static double Offset<T>(T[]? offset, int i)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => offset is null ? 0 : Wide(offset[i]);

    private static double Wide<T>(T value)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => double.CreateTruncating(value);
}
