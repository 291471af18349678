namespace ContextureGpu;

/// <summary>
/// The law of <c>tokens(rate=0.15)</c>: the columns of x are tokens, each is replaced by [MASK] with probability rate, and A is what remains to be seen, the places of the masks
/// included (BERT; on numbers this is cutout). The posterior is exact: the rows that agree with A on the visible tokens.
/// </summary>
internal sealed class TokensContext : Context
{
    internal const string All = "all";
    internal const string AcceptedDraws = "an integer of at least 1 or " + All;
    internal const int DefaultDraws = 100;

    /// <summary>Columns up to which every mask can be taken with its probability.</summary>
    internal const int MostColumnsForAll = 14;

    /// <param name="rate">Probability that a token is masked.</param>
    /// <param name="draws">Masks that are drawn; null for all of them, weighed by their probability.</param>
    /// <param name="seed">Key of the masks.</param>
    public TokensContext(double rate, int? draws, ulong seed)
        : base($"tokens(rate={ContextText.Number(rate)}{(draws == DefaultDraws ? "" : $", draws={(draws is int count ? ContextText.Number(count) : All)}")}{new ContextDraws(null, seed)})")
    {
        if (!MaskContext.AcceptsRate(rate))
            throw new InputException($"rate is {ContextText.Number(rate)}; it must be {MaskContext.AcceptedRate}");
        _ = new ContextDraws(draws, seed).Checked();
        (Rate, Draws, Seed) = (rate, draws, seed);
    }

    /// <summary>Probability that a token is masked.</summary>
    public double Rate { get; }

    /// <summary>Masks that are drawn; none for all of them.</summary>
    public int? Draws { get; }

    /// <summary>Key of the masks.</summary>
    public ulong Seed { get; }
}
