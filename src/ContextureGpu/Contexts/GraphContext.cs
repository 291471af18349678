namespace ContextureGpu;

/// <summary>
/// The law of <c>graph(file=edges.csv)</c>: one step of the random walk on a weighted graph. An undirected edge is walked both ways, P_X is proportional to the degree and T is
/// self-adjoint. With <c>directed=true</c> it is walked along its direction only: P_X is proportional to what leaves a row, P_A to what enters it, and A leads to rows as before.
/// </summary>
internal sealed class GraphContext : Context
{
    internal const string AcceptedFile = "the name of a file";

    public GraphContext(string file, bool isDirected = false)
        : base(Text(file, isDirected))
    {
        if (!AcceptsFile(file))
            throw new InputException($"file is empty; it must be {AcceptedFile}");
        (File, IsDirected) = (file, isDirected);
    }

    /// <summary>The file that holds the edges, as it was written: not opened, not resolved.</summary>
    public string File { get; }

    /// <summary>Whether an edge is walked from its first end to its second only.</summary>
    public bool IsDirected { get; }

    internal static bool AcceptsFile(string file) => file.Length > 0;

    private static string Text(string file, bool isDirected)
    {
        ArgumentNullException.ThrowIfNull(file);
        return $"graph(file={ContextText.Name(file)}{(isDirected ? ", directed=true" : "")})";
    }
}
