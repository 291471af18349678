namespace ContextureGpu;

/// <summary>How far two lists of numbers go together.</summary>
internal static class Correlation
{
    /// <summary>Pearson's correlation, in [-1, 1]; 0 where one of the lists is constant.</summary>
    /// <param name="x">Finite numbers, at least one.</param>
    /// <param name="y">As many.</param>
    public static double Pearson(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Check(x, y);
        double meanX = Mean(x), meanY = Mean(y), xx = 0, yy = 0, xy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            double dx = x[i] - meanX, dy = y[i] - meanY;
            xx += dx * dx;
            yy += dy * dy;
            xy += dx * dy;
        }
        return xx > 0 && yy > 0 ? Math.Clamp(xy / (Math.Sqrt(xx) * Math.Sqrt(yy)), -1, 1) : 0;
    }

    /// <summary>
    /// Distance correlation (Szekely, Rizzo and Bakirov, "Measuring and testing dependence by correlation of distances", Annals of Statistics 35, 2007), in [0, 1]: of the doubly centred
    /// matrices of distances; 0 where one of the lists is constant. O(n^2) time, O(n) memory.
    /// </summary>
    /// <param name="x">Finite numbers, at least one.</param>
    /// <param name="y">As many.</param>
    public static double Distance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Check(x, y);
        (double[] rowsX, double meanX) = MeanDistances(x);
        (double[] rowsY, double meanY) = MeanDistances(y);
        double xx = 0, yy = 0, xy = 0;
        for (int i = 0; i < x.Length; i++)
        {
            for (int j = 0; j < x.Length; j++)
            {
                double a = Math.Abs(x[i] - x[j]) - rowsX[i] - rowsX[j] + meanX, b = Math.Abs(y[i] - y[j]) - rowsY[i] - rowsY[j] + meanY;
                xx += a * a;
                yy += b * b;
                xy += a * b;
            }
        }
        return xx > 0 && yy > 0 ? Math.Sqrt(Math.Clamp(xy / (Math.Sqrt(xx) * Math.Sqrt(yy)), 0, 1)) : 0;
    }

    private static (double[] Rows, double All) MeanDistances(ReadOnlySpan<double> values)
    {
        var rows = new double[values.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            foreach (double other in values)
                rows[i] += Math.Abs(values[i] - other);
            rows[i] /= rows.Length;
        }
        return (rows, Mean(rows));
    }

    private static double Mean(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (double value in values)
            sum += value;
        return sum / values.Length;
    }

    private static void Check(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length || x.IsEmpty)
            throw new InputException($"{x.Length} numbers and {y.Length} numbers were given; a correlation needs as many of each, and at least one");
        for (int i = 0; i < x.Length; i++)
        {
            if (!double.IsFinite(x[i]) || !double.IsFinite(y[i]))
                throw new InputException($"pair {i + 1} is ({x[i]}, {y[i]}); both numbers must be finite");
        }
    }
}
