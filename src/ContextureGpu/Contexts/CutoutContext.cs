namespace ContextureGpu;

/// <summary>
/// The law of <c>cutout(width=8, size=3)</c>: a square of an image is blotted out, anywhere inside, and A is what remains to be seen and where the square is (cutout, DeVries and Taylor 2017).
/// The posterior is exact: the rows that agree with A outside the square.
/// </summary>
internal sealed class CutoutContext : Context
{
    internal const string AcceptedSize = "an integer of at least 1, the pixels of a side of the square";

    public CutoutContext(int width, int size)
        : base($"cutout(width={ContextText.Number(width)}, size={ContextText.Number(size)})")
    {
        if (!ViewsContext.AcceptsWidth(width))
            throw new InputException($"width is {ContextText.Number(width)}; it must be {CutMixContext.AcceptedWidth}");
        if (!AcceptsSize(size))
            throw new InputException($"size is {ContextText.Number(size)}; it must be {AcceptedSize}");
        (Width, Size) = (width, size);
    }

    /// <summary>Pixels of a row of the image.</summary>
    public int Width { get; }

    /// <summary>Side of the square.</summary>
    public int Size { get; }

    internal static bool AcceptsSize(int size) => size >= 1;
}
