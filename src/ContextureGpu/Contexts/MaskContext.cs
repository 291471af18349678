namespace ContextureGpu;

/// <summary>
/// The law of <c>mask(rate=0.2, draws=50, then=knn(k=30))</c>: a random set of columns is hidden, each with probability rate, and another context follows on what is visible; the
/// laws of all drawn masks are averaged. One mask at least leaves something visible: a draw that hides everything is repeated.
/// </summary>
internal sealed class MaskContext : Context
{
    internal const string AcceptedRate = "a number above 0 and below 1";
    internal const string AcceptedThen = "a context that leads to rows, such as knn(k=30)";
    internal const int DefaultDraws = 50;

    public MaskContext(double rate, int draws, Context then, ulong seed)
        : base($"mask(rate={ContextText.Number(rate)}{(draws == DefaultDraws ? "" : $", draws={ContextText.Number(draws)}")}, then={Checked(then)}{new ContextDraws(null, seed)})", Checked(then).Depth + 1)
    {
        if (!AcceptsRate(rate))
            throw new InputException($"rate is {ContextText.Number(rate)}; it must be {AcceptedRate}");
        if (!ContextDraws.AcceptsCount(draws))
            throw new InputException($"draws is {ContextText.Number(draws)}; it must be {ContextDraws.Accepted}");
        (Rate, Draws, Then, Seed) = (rate, draws, then, seed);
    }

    /// <summary>Probability that a column is hidden.</summary>
    public double Rate { get; }

    /// <summary>Masks that are drawn.</summary>
    public int Draws { get; }

    /// <summary>What follows on the visible columns.</summary>
    public Context Then { get; }

    /// <summary>Key of the masks.</summary>
    public ulong Seed { get; }

    internal static bool AcceptsRate(double rate) => rate is > 0 and < 1;

    private static Context Checked(Context then)
    {
        ArgumentNullException.ThrowIfNull(then);
        return then is ConcatenationContext ? throw new InputException(ConcatenationContext.RefusedInside) : then;
    }
}
