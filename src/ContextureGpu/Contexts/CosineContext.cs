namespace ContextureGpu;

/// <summary>The law of <c>cosine(gamma=5)</c>: a point of the sample with probability proportional to exp(gamma cos(x, a)), which is a Gaussian kernel between rows of length 1.</summary>
internal sealed class CosineContext : Context
{
    internal const string AcceptedGamma = "a positive finite number";

    public CosineContext(double gamma)
        : base($"cosine(gamma={ContextText.Number(gamma)})")
    {
        if (!RbfContext.AcceptsGamma(gamma))
            throw new InputException($"gamma is {ContextText.Number(gamma)}; it must be {AcceptedGamma}");
        Gamma = gamma;
    }

    /// <summary>The concentration.</summary>
    public double Gamma { get; }
}
