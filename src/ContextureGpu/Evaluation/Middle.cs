namespace ContextureGpu;

/// <summary>The middle of a list of numbers.</summary>
internal static class Middle
{
    /// <summary>The median; of an even number of values, the mean of the two in the middle.</summary>
    /// <param name="values">In any order, at least one.</param>
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return 0.5 * (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]);
    }
}
