namespace ContextureGpu;

/// <summary>The law of <c>rbf(gamma=0.5)</c>: a point of the sample with probability proportional to exp(-gamma ||x - a||^2).</summary>
internal sealed class RbfContext : Context
{
    internal const string Median = "median";
    internal const string AcceptedGamma = "a positive finite number or " + Median;

    public RbfContext(double? gamma)
        : base($"rbf(gamma={(gamma is double value ? ContextText.Number(value) : Median)})")
    {
        if (gamma is double given && !AcceptsGamma(given))
            throw new InputException($"gamma is {ContextText.Number(given)}; it must be a positive finite number");
        Gamma = gamma;
    }

    /// <summary>The inverse squared length scale; none stands for the one that the median distance in the sample gives.</summary>
    public double? Gamma { get; }

    internal static bool AcceptsGamma(double gamma) => gamma > 0 && double.IsFinite(gamma);
}
