namespace ContextureGpu;

/// <summary>
/// Mean and population standard deviation of the numbers that are present, in two passes over float64 values that were first divided by a power of two
/// near the largest magnitude: neither overflow near 1e308 nor loss of the small ones near 1e-308.
/// </summary>
/// <param name="Present">How many values are not NaN.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">The root of the mean squared distance from the mean.</param>
/// <param name="IsConstant">Whether the values differ by no more than rounding errors of their own size.</param>
internal readonly record struct ColumnStatistics(int Present, double Mean, double Deviation, bool IsConstant)
{
    /// <summary>A spread of so many units in the last place is taken for rounding.</summary>
    private const double RoundingUnits = 32, UnitRoundoff = 1.0 / (1L << 53);

    public static ColumnStatistics Of(ReadOnlySpan<double> values)
    {
        (int present, double largest) = (0, 0);
        foreach (double x in values)
        {
            if (double.IsNaN(x))
                continue;
            present++;
            largest = Math.Max(largest, Math.Abs(x));
        }
        if (present == 0 || largest == 0)
            return new ColumnStatistics(present, 0, 0, true);

        int exponent = Math.ILogB(largest); // |x| 2^-exponent < 2
        double mean = Sum(values, exponent, 0, square: false) / present;
        double correction = Sum(values, exponent, mean, square: false) / present; // what rounding left in the first sum
        double meanSquare = Sum(values, exponent, mean, square: true) / present;
        double deviation = Math.Sqrt(Math.Max(0, meanSquare - correction * correction));
        bool constant = deviation <= RoundingUnits * UnitRoundoff * Math.ScaleB(largest, -exponent);
        return new ColumnStatistics(present, Math.ScaleB(mean + correction, exponent), Math.ScaleB(deviation, exponent), constant);
    }

    private static double Sum(ReadOnlySpan<double> values, int exponent, double center, bool square)
    {
        double sum = 0;
        foreach (double x in values)
        {
            if (double.IsNaN(x))
                continue;
            double distance = Math.ScaleB(x, -exponent) - center;
            sum += square ? distance * distance : distance;
        }
        return sum;
    }
}
