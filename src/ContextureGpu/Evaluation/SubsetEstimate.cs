namespace ContextureGpu;

/// <summary>
/// How uncertain an evaluation on a random part of the rows is, by a bootstrap of halves: the context is fitted again on halves of the part, drawn without replacement. The spread
/// of their tau is that of tau on the part (both are <c>sigma^2 / m</c>: Politis, Romano and Wolf, "Subsampling", 1999), and the distance of their mean from it is the
/// part's bias. Where tau is near beta + 1 and abstains, the interval says as little as tau does.
/// </summary>
/// <param name="Rows">Rows of the part, m.</param>
/// <param name="Of">Rows in all.</param>
/// <param name="TauLow">Lower end of the 95 % interval of tau on all rows.</param>
/// <param name="TauHigh">Upper end of it.</param>
/// <param name="Replicates">Halves that were fitted.</param>
public sealed record SubsetEstimate(int Rows, int Of, double TauLow, double TauHigh, int Replicates)
{
    /// <summary>An interval wider than this share of tau is wide.</summary>
    public const double WideAbove = 0.1;

    /// <summary>Whether the interval is too wide to rank contexts by.</summary>
    public bool IsWide => !(TauHigh - TauLow <= WideAbove * TauLow);
}
