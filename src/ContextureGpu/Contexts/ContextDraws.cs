namespace ContextureGpu;

/// <summary>How many values of A are drawn to make a continuous context finite, and the key of the draws.</summary>
/// <param name="Count">How many, at least 1; null for as many as there are rows.</param>
/// <param name="Seed">Key: the same seed draws the same values, on every device.</param>
internal readonly record struct ContextDraws(int? Count, ulong Seed)
{
    internal const string Accepted = "an integer of at least 1";
    internal const string AcceptedSeed = "an integer from 0 to 18446744073709551615";

    /// <summary>The arguments as an expression has them.</summary>
    public static ContextParameter[] Parameters { get; } = [new("draws", Accepted, IsOptional: true), new("seed", AcceptedSeed, IsOptional: true)];

    /// <summary>Reads them.</summary>
    public static ContextDraws Read(ContextArguments given) => new(given.OptionalInteger("draws", AcceptsCount), given.Seed("seed"));

    /// <summary>Whether a number can be a number of draws.</summary>
    public static bool AcceptsCount(int count) => count >= 1;

    /// <summary>Refuses a number of draws below 1.</summary>
    public ContextDraws Checked() =>
        Count is int count && !AcceptsCount(count) ? throw new InputException($"draws is {ContextText.Number(count)}; it must be {Accepted}") : this;

    /// <summary>The text behind other arguments: <c>, draws=1000, seed=3</c>, defaults left out.</summary>
    public override string ToString() =>
        $"{(Count is int count ? $", draws={ContextText.Number(count)}" : "")}{(Seed == 0 ? "" : $", seed={Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)}")}";
}
