using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Evaluation;

/// <summary>Correlations against plain computations and known answers.</summary>
public sealed class CorrelationTests
{
    [Fact]
    public void Pearson_knows_lines()
    {
        double[] x = [1, 2, 4, 8, -3];
        Tolerance.AssertClose("rising", 1, Correlation.Pearson(x, [.. x.Select(v => (3 * v) + 1e3)]), 1e-12);
        Tolerance.AssertClose("falling", -1, Correlation.Pearson(x, [.. x.Select(v => 5 - v)]), 1e-12);
        Assert.Equal(0, Correlation.Pearson(x, [2, 2, 2, 2, 2]));
        // Anscombe's first quartet, 0.8164 (Anscombe 1973).
        Tolerance.AssertClose(
            "Anscombe", 0.81642, Correlation.Pearson([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5], [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]), 1e-5);
    }

    [Fact]
    public void Distance_correlation_equals_the_matrices_written_out()
    {
        var random = new Random(5);
        double[] x = [.. Enumerable.Range(0, 23).Select(_ => random.NextDouble())], y = [.. x.Select(v => (v * v) + (0.2 * random.NextDouble()))];
        double[,] a = Centred(x), b = Centred(y);
        Tolerance.AssertClose("distance correlation", Math.Sqrt(Sum(a, b) / Math.Sqrt(Sum(a, a) * Sum(b, b))), Correlation.Distance(x, y), 1e-12);

        static double Sum(double[,] a, double[,] b)
        {
            double sum = 0;
            for (int i = 0; i < a.GetLength(0); i++)
            {
                for (int j = 0; j < a.GetLength(0); j++)
                    sum += a[i, j] * b[i, j];
            }
            return sum;
        }
    }

    [Fact]
    public void Distance_correlation_sees_what_Pearson_does_not()
    {
        double[] x = [.. Enumerable.Range(-50, 101).Select(i => i / 50.0)], square = [.. x.Select(v => v * v)];
        Tolerance.AssertClose("line", 1, Correlation.Distance(x, [.. x.Select(v => 7 - (2 * v))]), 1e-9);
        Assert.InRange(Math.Abs(Correlation.Pearson(x, square)), 0, 1e-12);
        Assert.InRange(Correlation.Distance(x, square), 0.45, 0.55);
        Assert.Equal(0, Correlation.Distance(x, [.. x.Select(_ => 1.0)]));
    }

    [Fact]
    public void Bad_lists_are_refused()
    {
        Assert.Throws<InputException>(() => Correlation.Pearson([1, 2], [1]));
        Assert.Throws<InputException>(() => Correlation.Distance([], []));
        Assert.Contains("pair 2", Assert.Throws<InputException>(() => Correlation.Distance([1, double.NaN], [1, 2])).Message, StringComparison.Ordinal);
    }

    private static double[,] Centred(double[] x)
    {
        int n = x.Length;
        var a = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                a[i, j] = Math.Abs(x[i] - x[j]) - x.Average(v => Math.Abs(x[i] - v)) - x.Average(v => Math.Abs(x[j] - v)) + x.Average(u => x.Average(v => Math.Abs(u - v)));
            }
        }
        return a;
    }
}
