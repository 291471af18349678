namespace ContextureGpu;

/// <summary>How one column of a table becomes inputs.</summary>
internal abstract record ColumnEncoding(string Column)
{
    /// <summary>How many inputs the column becomes.</summary>
    public abstract int Width { get; }

    /// <summary>The names of those inputs.</summary>
    public abstract IEnumerable<string> InputNames { get; }

    /// <summary>Writes the inputs of every row.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The position of the column in it.</param>
    /// <param name="inputs">Row-major, <paramref name="stride"/> a row.</param>
    /// <param name="stride">Distance of one row from the next.</param>
    /// <param name="offset">Where in a row the column's inputs begin.</param>
    /// <param name="warnings">Takes what people should know.</param>
    public abstract void Apply(DataTable table, int column, double[] inputs, int stride, int offset, List<string> warnings);
}
