namespace ContextureGpu;

/// <summary>
/// How uncertain an evaluation on a random part of the rows is, by a bootstrap of halves: the context is fitted again on halves of the part, drawn without replacement. In log tau, where what a
/// strong kernel does to tau is even, their spread is that of log tau on the part (both are <c>sigma^2 / m</c>: Politis, Romano and Wolf, "Subsampling", 1999), and the distance of their mean
/// from it is what a halving of the rows adds. A doubling takes at most as much away again, so the interval reaches over <c>log2(N / m)</c> of them: to all rows if the bias does not
/// shrink, and shorter steps end inside. Where tau is near beta + 1 and abstains, the interval says as little as tau does.
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

    /// <summary>Halves that are fitted, and the two-sided 95 % quantile of Student's t with one degree of freedom less.</summary>
    internal const int Halves = 8;

    private const double Quantile = 2.365;

    /// <summary>The interval.</summary>
    /// <param name="tau">Of the part.</param>
    /// <param name="halves">Of <see cref="Halves"/> halves.</param>
    /// <param name="rows">m.</param>
    /// <param name="of">N.</param>
    internal static SubsetEstimate From(double tau, double[] halves, int rows, int of)
    {
        double[] logs = Array.ConvertAll(halves, Math.Log);
        double log = Math.Log(tau), mean = logs.Average(), deviation = Math.Sqrt(logs.Sum(l => (l - mean) * (l - mean)) / (logs.Length - 1));
        double doublings = Math.Log2((double)of / rows), reached = log - (doublings * (mean - log));
        // The part differs from all rows by its own draw, and the mean of the halves from what it estimates.
        double spread = Quantile * deviation * Math.Sqrt(1 - ((double)rows / of) + (doublings * doublings / logs.Length));
        return new SubsetEstimate(rows, of, Math.Max(1, Math.Exp(Math.Min(log, reached) - spread)), Math.Exp(Math.Max(log, reached) + spread), logs.Length);
    }

    /// <summary>Whether the interval is too wide to rank contexts by.</summary>
    public bool IsWide => !(TauHigh - TauLow <= WideAbove * TauLow);
}
