namespace ContextureGpu;

/// <summary>The law of <c>graph(file=edges.csv)</c>: one step of the random walk on a weighted graph.</summary>
internal sealed class GraphContext : Context
{
    internal const string AcceptedFile = "the name of a file";

    public GraphContext(string file)
        : base(Text(file))
    {
        if (!AcceptsFile(file))
            throw new InputException($"file is empty; it must be {AcceptedFile}");
        File = file;
    }

    /// <summary>The file that holds the edges, as it was written: not opened, not resolved.</summary>
    public string File { get; }

    internal static bool AcceptsFile(string file) => file.Length > 0;

    private static string Text(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return $"graph(file={ContextText.Name(file)})";
    }
}
