namespace ContextureGpu;

/// <summary>Which of the nearest neighbours of a row A can be.</summary>
public enum KnnGraph
{
    /// <summary>All of them, whether x is one of theirs or not.</summary>
    Directed,

    /// <summary>
    /// Those that have x among their own. A row that has none stays where it is; without itself among its neighbours, it keeps the nearest one. So does a new row that is among the
    /// neighbours of none of its own.
    /// </summary>
    Mutual,

    /// <summary>All of them, and those that have x among theirs.</summary>
    Symmetric,
}
