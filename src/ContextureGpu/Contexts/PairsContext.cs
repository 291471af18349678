namespace ContextureGpu;

/// <summary>
/// The law of <c>pairs(file=captions.npy, then=knn(k=10))</c>: row i of the data belongs to row i of a second modality; first to it, then a context there.
/// </summary>
internal sealed class PairsContext : Context
{
    internal const string AcceptedFile = "the name of a features file, .npy, with a row for each row of the data";
    internal const string AcceptedThen = "a context on the second modality, such as knn(k=10)";

    public PairsContext(string file, Context then)
        : base(Text(file, then), then.Depth + 1)
    {
        if (!GraphContext.AcceptsFile(file))
            throw new InputException($"file is empty; it must be {AcceptedFile}");
        if (then is ConcatenationContext)
            throw new InputException(ConcatenationContext.RefusedInside);
        (File, Then) = (file, then);
    }

    /// <summary>The file of the second modality, as it was written.</summary>
    public string File { get; }

    /// <summary>What follows there.</summary>
    public Context Then { get; }

    private static string Text(string file, Context then)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(then);
        return $"pairs(file={ContextText.Name(file)}, then={then})";
    }
}
