namespace ContextureGpu;

/// <summary>
/// The law of <c>views(width=8, shift=1, flip=true, noise=2)</c> on small grey images: a random shift of at most so many pixels in each direction (zeros come in, as in a crop of the
/// padded image), a horizontal flip or none, and Gaussian noise on every pixel.
/// </summary>
internal sealed class ViewsContext : Context
{
    internal const string AcceptedWidth = "an integer of at least 1";
    internal const string AcceptedShift = "an integer of at least 0";
    internal const string AcceptedNoise = NoiseContext.AcceptedSigma;

    public ViewsContext(int width, int shift, bool flip, double noise, ContextDraws draws)
        : base($"views(width={ContextText.Number(width)}{(shift == 0 ? "" : $", shift={ContextText.Number(shift)}")}{(flip ? ", flip=true" : "")}, noise={ContextText.Number(noise)}{draws.Checked()})")
    {
        if (!AcceptsWidth(width))
            throw new InputException($"width is {ContextText.Number(width)}; it must be {AcceptedWidth}");
        if (!AcceptsShift(shift))
            throw new InputException($"shift is {ContextText.Number(shift)}; it must be {AcceptedShift}");
        if (!NoiseContext.AcceptsSigma(noise))
            throw new InputException($"noise is {ContextText.Number(noise)}; it must be {AcceptedNoise}");
        (Width, Shift, Flip, Sigma, Draws) = (width, shift, flip, noise, draws);
    }

    /// <summary>Pixels of a row of the image; the inputs are the image row by row.</summary>
    public int Width { get; }

    /// <summary>Most pixels of a shift in each direction, all shifts equiprobable.</summary>
    public int Shift { get; }

    /// <summary>Whether half of the views are mirrored.</summary>
    public bool Flip { get; }

    /// <summary>Standard deviation of the noise.</summary>
    public double Sigma { get; }

    /// <summary>The values of A that stand for all.</summary>
    public ContextDraws Draws { get; }

    internal static bool AcceptsWidth(int width) => width >= 1;

    internal static bool AcceptsShift(int shift) => shift >= 0;
}
