namespace ContextureGpu;

/// <summary>
/// How many of the approximate neighbours are right: as near as the exact search's k-th one, the row itself not counted. Measured on rows drawn at random from the sample; the interval
/// holds with 95 % confidence whatever the distribution (Hoeffding's bound by relative entropy, "Probability inequalities for sums of bounded random variables", 1963, theorem 1).
/// </summary>
/// <param name="Value">The mean over the rows, 0 to 1.</param>
/// <param name="Lower">Lower end of the interval.</param>
/// <param name="Upper">Upper end.</param>
/// <param name="Rows">Rows whose neighbours were searched for exactly.</param>
public sealed record NeighborRecall(double Value, double Lower, double Upper, int Rows)
{
    private const double Miss = 0.05;

    /// <summary>The recall of a search that is complete.</summary>
    internal static NeighborRecall Complete(int rows) => new(1, 1, 1, rows);

    /// <summary>The interval of a mean of some independent values in [0, 1].</summary>
    internal static NeighborRecall Of(double mean, int rows)
    {
        double most = Math.Log(2 / Miss) / rows;
        return new(mean, Farthest(mean, 0, most), Farthest(mean, 1, most), rows);
    }

    // The value towards an end whose relative entropy from the mean is just the most allowed.
    private static double Farthest(double mean, double end, double most)
    {
        double inside = mean, outside = end;
        for (int step = 0; step < 60; step++)
        {
            double middle = 0.5 * (inside + outside);
            (inside, outside) = Entropy(mean, middle) <= most ? (middle, outside) : (inside, middle);
        }
        return inside;
    }

    private static double Entropy(double p, double q) => Term(p, q) + Term(1 - p, 1 - q);

    private static double Term(double p, double q) => p == 0 ? 0 : p * Math.Log(p / q);
}
