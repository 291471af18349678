namespace ContextureGpu.Kernels;

/// <summary>Rows divided by their Euclidean norms, as <see cref="NeighborMetric.Cosine"/> defines it.</summary>
internal static class UnitRows
{
    /// <summary>The rows of a row-major matrix with <paramref name="dimension"/> columns, each of norm 1.</summary>
    /// <exception cref="ArgumentException">A row is zero; the message has its number.</exception>
    public static double[] Of(ReadOnlySpan<double> rows, int dimension, string name)
    {
        var unit = new double[rows.Length];
        for (int start = 0; start < rows.Length; start += dimension)
        {
            ReadOnlySpan<double> row = rows.Slice(start, dimension);
            Span<double> to = unit.AsSpan(start, dimension);
            double largest = 0;
            foreach (double value in row)
                largest = Math.Max(largest, Math.Abs(value));
            if (largest == 0)
                throw new ArgumentException($"row {start / dimension} (counted from 0) is zero; it has no direction and no cosine distance", name);
            int exponent = -Math.ILogB(largest);
            double sum = 0;
            for (int f = 0; f < dimension; f++)
            {
                to[f] = Math.ScaleB(row[f], exponent);
                sum += to[f] * to[f];
            }
            double norm = Math.Sqrt(sum);
            for (int f = 0; f < dimension; f++)
                to[f] /= norm;
        }
        return unit;
    }
}
