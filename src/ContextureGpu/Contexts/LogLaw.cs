using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Laws over M values of A that are given by the logarithms of their probabilities, up to a factor for each row.</summary>
internal static class LogLaw
{
    // Probabilities below this share of a row's largest are left out.
    private const double Negligible = 1e-12;

    /// <summary>The log-densities of a user's code, row-major (rows, values), checked to be numbers or negative infinity.</summary>
    /// <exception cref="InputException">One is neither.</exception>
    public static double[] Densities(string name, int rows, int values, Action<double[]> fill)
    {
        var logs = new double[rows * values];
        Array.Fill(logs, double.NaN);
        fill(logs);
        int bad = Array.FindIndex(logs, v => double.IsNaN(v) || double.IsPositiveInfinity(v));
        return bad < 0 ? logs : throw new InputException($"{name}: the log-density of value {bad % values} at row {bad / values} (counted from 0) is {logs[bad]}; it must be a number or negative infinity");
    }

    /// <summary><c>P_ia</c> proportional to <c>exp(l_ia - e_a)</c>, the rows with sum 1.</summary>
    /// <param name="logs">l, row-major (rows, values); overwritten.</param>
    /// <param name="offset">e.</param>
    /// <param name="refuse">What is said of a row where all are zero.</param>
    public static CompressedRows Normalise(double[] logs, double[] offset, Func<int, InputException> refuse)
    {
        int m = offset.Length, count = logs.Length / m;
        int[] starts = new int[count + 1];
        var columns = new List<int>();
        var kept = new List<double>();
        for (int i = 0; i < count; i++)
        {
            Span<double> row = logs.AsSpan(i * m, m);
            TensorPrimitives.Subtract(row, offset, row);
            double largest = TensorPrimitives.Max<double>(row), sum = 0;
            if (double.IsNegativeInfinity(largest))
                throw refuse(i);
            for (int a = 0; a < m; a++)
            {
                if (Math.Exp(row[a] - largest) is >= Negligible and var p)
                {
                    columns.Add(a);
                    kept.Add(p);
                    sum += p;
                }
            }
            for (int e = starts[i]; e < kept.Count; e++)
                kept[e] /= sum;
            starts[i + 1] = kept.Count;
        }
        return new CompressedRows(count, m, starts, [.. columns], [.. kept]);
    }
}
