namespace ContextureGpu;

/// <summary>Weights of rows that all count the same.</summary>
internal static class EqualWeights
{
    /// <summary>One over the count, for each.</summary>
    public static double[] Of(int count)
    {
        var weights = new double[count];
        Array.Fill(weights, 1.0 / count);
        return weights;
    }
}
