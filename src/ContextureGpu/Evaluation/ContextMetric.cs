namespace ContextureGpu;

/// <summary>
/// <c>tau_d = 1 / (1 - s_{d+1}^2) + beta sum_{i &lt;= d} s_i^2 / sum_{i &lt;= d0} s_i^2</c> and its minimum (Zhai et al., "Contextures", ICML 2025, section 5). The first
/// term bounds what d features miss of compatible tasks, the second what they cost in samples; lower is better.
/// </summary>
/// <param name="Value">tau, the minimum over d; infinite where s_{d+1} = 1 for all d.</param>
/// <param name="BestDimension">d*, the first d that attains it.</param>
/// <param name="ByDimension">tau_d for d = 1 .. d0.</param>
/// <param name="Beta">beta.</param>
public sealed record ContextMetric(double Value, int BestDimension, IReadOnlyList<double> ByDimension, double Beta)
{
    /// <summary>
    /// Within this share of beta + 1 tau says nothing: there it is what any spectrum with a negligible tail gives at d0, where all of the sum is used.
    /// </summary>
    public const double AbstentionBand = 0.02;

    /// <summary>Whether tau is too near beta + 1 to rank a context.</summary>
    public bool Abstains => Math.Abs(Value - (Beta + 1)) <= AbstentionBand * (Beta + 1);

    /// <summary>Whether tau_d still falls where it ends: the spectrum has not decayed within d0 features, and more of them would be better.</summary>
    public bool FallsThroughout => BestDimension == ByDimension.Count && ByDimension.Count > 1;

    /// <summary>tau of a spectrum.</summary>
    /// <param name="singularValues">s_1, s_2, .., descending in [0, 1]; what follows them is 0.</param>
    /// <param name="maxDimension">d0, at least 1.</param>
    /// <param name="beta">Positive.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static ContextMetric Of(ReadOnlySpan<double> singularValues, int maxDimension, double beta = 1)
    {
        if (maxDimension < 1)
            throw new InputException($"the largest dimension is {maxDimension}; it must be at least 1");
        if (!(beta > 0 && double.IsFinite(beta)))
            throw new InputException($"beta is {beta}; it must be positive and finite");
        double total = 0;
        for (int i = 0; i < Math.Min(maxDimension, singularValues.Length); i++)
        {
            if (!(singularValues[i] is >= 0 and <= 1 + 1e-4))
                throw new InputException($"singular value {i + 1} is {singularValues[i]}; it must lie between 0 and 1");
            total += singularValues[i] * singularValues[i];
        }
        var tau = new double[maxDimension];
        double sum = 0;
        int best = 0;
        for (int d = 1; d <= maxDimension; d++)
        {
            double s = d <= singularValues.Length ? singularValues[d - 1] : 0, next = d < singularValues.Length ? Math.Min(1, singularValues[d]) : 0;
            sum += s * s;
            tau[d - 1] = (1 / (1 - (next * next))) + (total > 0 ? beta * sum / total : 0);
            if (tau[d - 1] < tau[best])
                best = d - 1;
        }
        return new ContextMetric(tau[best], best + 1, tau, beta);
    }
}
