namespace ContextureGpu;

/// <summary>
/// The law of <c>labels(column=y, smoothing=0.5)</c>: a row of the sample with probability proportional to <c>exp(-(y - y')^2 / (2 h^2))</c>, h in standard deviations of the column.
/// </summary>
internal sealed class TargetContext : Context
{
    internal const string AcceptedSmoothing = NoiseContext.AcceptedSigma;

    public TargetContext(string column, double smoothing)
        : base($"labels(column={ContextText.Name(column)}, smoothing={ContextText.Number(smoothing)})")
    {
        if (!AcceptsSmoothing(smoothing))
            throw new InputException($"smoothing is {ContextText.Number(smoothing)}; it must be {AcceptedSmoothing}");
        (Column, Smoothing) = (column, smoothing);
    }

    /// <summary>The name of the column that holds the numbers.</summary>
    public string Column { get; }

    /// <summary>Width of the smoothing in standard deviations of the column.</summary>
    public double Smoothing { get; }

    internal static bool AcceptsSmoothing(double smoothing) => NoiseContext.AcceptsSigma(smoothing);
}
