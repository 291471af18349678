namespace ContextureGpu;

/// <summary>Features of some rows where they lie in memory: row-major, not copied.</summary>
public readonly ref struct FeatureSpan
{
    /// <summary>Features of <paramref name="rows"/> rows.</summary>
    /// <param name="values">Row-major (rows, columns).</param>
    /// <param name="rows">Number of rows, at least 0.</param>
    /// <param name="columns">Number of features, at least 0.</param>
    /// <exception cref="InputException">The span does not hold rows * columns values.</exception>
    public FeatureSpan(ReadOnlySpan<double> values, int rows, int columns)
    {
        if (rows < 0 || columns < 0 || values.Length != (long)rows * columns)
            throw new InputException($"features of {rows} rows and {columns} columns are {(long)rows * columns} values; {values.Length} were given");
        Values = values;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>The values, row-major (<see cref="Rows"/>, <see cref="Columns"/>).</summary>
    public ReadOnlySpan<double> Values { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of features.</summary>
    public int Columns { get; }
}
