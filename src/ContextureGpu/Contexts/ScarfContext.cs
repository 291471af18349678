namespace ContextureGpu;

/// <summary>
/// The law of <c>scarf(rate=0.4)</c>: each column is replaced, with probability rate, by that of a random row of the sample (SCARF, Bahri et al., ICLR 2022, with independent columns).
/// </summary>
internal sealed class ScarfContext : Context
{
    public ScarfContext(double rate, ContextDraws draws)
        : base($"scarf(rate={ContextText.Number(rate)}{draws.Checked()})")
    {
        if (!MaskContext.AcceptsRate(rate))
            throw new InputException($"rate is {ContextText.Number(rate)}; it must be {MaskContext.AcceptedRate}");
        (Rate, Draws) = (rate, draws);
    }

    /// <summary>Probability that a column is replaced.</summary>
    public double Rate { get; }

    /// <summary>The values of A that stand for all.</summary>
    public ContextDraws Draws { get; }
}
