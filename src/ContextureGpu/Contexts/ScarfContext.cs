namespace ContextureGpu;

/// <summary>
/// The law of <c>scarf(rate=0.4, marginal=empirical)</c>: each column is replaced, with probability rate, by a value of its marginal: that of a random row of the sample, or of a uniform or
/// normal distribution (SCARF, Bahri et al., ICLR 2022, with independent columns).
/// </summary>
internal sealed class ScarfContext : Context
{
    /// <summary>The marginals as expressions name them.</summary>
    private static readonly Dictionary<string, ScarfMarginal> Marginals = new(StringComparer.Ordinal)
    {
        ["empirical"] = ScarfMarginal.Empirical,
        ["uniform"] = ScarfMarginal.Uniform,
        ["gaussian"] = ScarfMarginal.Gaussian,
    };

    public ScarfContext(double rate, ContextDraws draws, ScarfMarginal marginal = ScarfMarginal.Empirical)
        : base($"scarf(rate={ContextText.Number(rate)}{(marginal == ScarfMarginal.Empirical ? "" : $", marginal={Name(marginal)}")}{draws.Checked()})")
    {
        if (!MaskContext.AcceptsRate(rate))
            throw new InputException($"rate is {ContextText.Number(rate)}; it must be {MaskContext.AcceptedRate}");
        (Rate, Draws, Marginal) = (rate, draws, marginal);
    }

    /// <summary>What a marginal can be, in words.</summary>
    internal static string AcceptedMarginal { get; } = string.Join(", ", Marginals.Keys.SkipLast(1)) + $" or {Marginals.Keys.Last()}";

    /// <summary>Probability that a column is replaced.</summary>
    public double Rate { get; }

    /// <summary>The values of A that stand for all.</summary>
    public ContextDraws Draws { get; }

    /// <summary>Where the replacements come from.</summary>
    public ScarfMarginal Marginal { get; }

    internal static bool AcceptsMarginal(string name) => Marginals.ContainsKey(name);

    /// <summary>The marginal of a name that <see cref="AcceptsMarginal"/> accepts.</summary>
    internal static ScarfMarginal MarginalOf(string name) => Marginals[name];

    private static string Name(ScarfMarginal marginal)
    {
        foreach ((string name, ScarfMarginal known) in Marginals)
        {
            if (known == marginal)
                return name;
        }
        throw new InputException($"marginal is {marginal}; it must be {AcceptedMarginal}");
    }
}
