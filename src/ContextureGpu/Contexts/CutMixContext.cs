namespace ContextureGpu;

/// <summary>
/// The law of <c>cutmix(rate=0.3)</c>: x with some columns taken from one other random row of the sample, each with probability rate; with <c>width=8</c>, for the pixels of an image, a box of
/// about that share of it, anywhere inside (CutMix, Yun et al., ICCV 2019).
/// </summary>
internal sealed class CutMixContext : Context
{
    internal const string AcceptedWidth = "an integer of at least 1, the pixels of a row of the image";

    public CutMixContext(double rate, int? width, ContextDraws draws)
        : base($"cutmix(rate={ContextText.Number(rate)}{(width is int pixels ? $", width={ContextText.Number(pixels)}" : "")}{draws.Checked()})")
    {
        if (!MaskContext.AcceptsRate(rate))
            throw new InputException($"rate is {ContextText.Number(rate)}; it must be {MaskContext.AcceptedRate}");
        if (width is int given && !ViewsContext.AcceptsWidth(given))
            throw new InputException($"width is {ContextText.Number(given)}; it must be {AcceptedWidth}");
        (Rate, Width, Draws) = (rate, width, draws);
    }

    /// <summary>Probability that a column is taken from the other row, or the share of the image that the box has.</summary>
    public double Rate { get; }

    /// <summary>Pixels of a row of the image; none for columns that have no place.</summary>
    public int? Width { get; }

    /// <summary>The values of A that stand for all.</summary>
    public ContextDraws Draws { get; }
}
