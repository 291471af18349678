namespace ContextureGpu;

/// <summary>Classes of some rows, by column.</summary>
/// <param name="Count">Number of classes; -1 in the index marks a class that was not there when the model was fitted.</param>
/// <param name="Index">Class of each row.</param>
internal sealed record ClassColumn(int Count, int[] Index);

/// <summary>Rows as a context sees them: inputs, and the label columns and edges that its expression names.</summary>
internal sealed class ContextSample
{
    /// <param name="values">Row-major (rows, dimension), finite.</param>
    /// <param name="rows">Number of rows, at least 1.</param>
    /// <param name="dimension">Number of inputs.</param>
    public ContextSample(double[] values, int rows, int dimension)
    {
        if (values.Length != (long)rows * dimension)
            throw new InputException($"({rows}, {dimension}) inputs are {(long)rows * dimension} values; {values.Length} were given");
        int bad = Array.FindIndex(values, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new InputException($"row {bad / dimension}, column {bad % dimension} (counted from 0) of the inputs is {values[bad]}; every value must be finite");
        (Values, Rows, Dimension) = (values, rows, dimension);
    }

    public double[] Values { get; }

    public int Rows { get; }

    public int Dimension { get; }

    /// <summary>Label columns by name.</summary>
    public Dictionary<string, ClassColumn> Classes { get; } = new(StringComparer.Ordinal);

    /// <summary>Edge lists by file name.</summary>
    public Dictionary<string, IReadOnlyList<(int From, int To, double Weight)>> Edges { get; } = new(StringComparer.Ordinal);

    /// <summary>Some of the rows, with their classes; edges join rows by number and are left out.</summary>
    public ContextSample Subset(int[] rows)
    {
        var values = new double[(long)rows.Length * Dimension];
        for (int i = 0; i < rows.Length; i++)
            Values.AsSpan(rows[i] * Dimension, Dimension).CopyTo(values.AsSpan(i * Dimension));
        var subset = new ContextSample(values, rows.Length, Dimension);
        foreach ((string column, ClassColumn classes) in Classes)
            subset.Classes[column] = new ClassColumn(classes.Count, Array.ConvertAll(rows, row => classes.Index[row]));
        return subset;
    }

    /// <summary>Whether some input differs between two rows.</summary>
    public bool Varies
    {
        get
        {
            for (int i = Dimension; i < Values.Length; i++)
            {
                if (Values[i] != Values[i - Dimension])
                    return true;
            }
            return false;
        }
    }
}
