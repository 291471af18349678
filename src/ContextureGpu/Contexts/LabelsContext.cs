namespace ContextureGpu;

/// <summary>The law of <c>labels(column=class, noise=0.1)</c>: the class of x, replaced by another one with probability Noise.</summary>
internal sealed class LabelsContext : Context
{
    internal const string AcceptedColumn = "the name of a column";
    internal const string AcceptedNoise = "a number of at least 0 and below 1";

    public LabelsContext(string column, double noise)
        : base(Text(column, noise))
    {
        if (!AcceptsNoise(noise))
            throw new InputException($"noise is {ContextText.Number(noise)}; it must be {AcceptedNoise}");
        (Column, Noise) = (column, noise == 0 ? 0 : noise);
    }

    /// <summary>The name of the column that holds the classes.</summary>
    public string Column { get; }

    /// <summary>The probability, in [0, 1), that the class is replaced by another one, drawn uniformly.</summary>
    public double Noise { get; }

    internal static bool AcceptsNoise(double noise) => noise is >= 0 and < 1;

    private static string Text(string column, double noise)
    {
        ArgumentNullException.ThrowIfNull(column);
        return $"labels(column={ContextText.Name(column)}{(noise == 0 ? "" : $", noise={ContextText.Number(noise)}")})";
    }
}
