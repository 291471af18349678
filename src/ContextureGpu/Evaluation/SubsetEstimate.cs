namespace ContextureGpu;

/// <summary>How uncertain an evaluation on a random part of the rows is: a bootstrap over its rows with the dual kernel as it is.</summary>
/// <param name="Rows">Rows of the part, m.</param>
/// <param name="Of">Rows in all.</param>
/// <param name="TauLow">Lower end of the 90 % interval of tau.</param>
/// <param name="TauHigh">Upper end of it.</param>
/// <param name="Replicates">Bootstrap replicates.</param>
public sealed record SubsetEstimate(int Rows, int Of, double TauLow, double TauHigh, int Replicates)
{
    /// <summary>An interval wider than this share of tau is wide.</summary>
    public const double WideAbove = 0.1;

    /// <summary>Whether the interval is too wide to rank contexts by.</summary>
    public bool IsWide => !(TauHigh - TauLow <= WideAbove * TauLow);
}
