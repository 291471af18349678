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

    /// <summary>The largest magnitude of an input: squares of differences can still be added up.</summary>
    public const double LargestInput = 1e150;

    public double[] Values { get; }

    public int Rows { get; }

    public int Dimension { get; }

    /// <summary>
    /// For how much of a larger sample each row stands, positive with sum 1; null where all stand for as much. Laws that lead to rows of the sample
    /// (<see cref="Spectral.Landmarks.TakeMasses"/>) are proportional to it.
    /// </summary>
    public double[]? Mass { get; init; }

    /// <summary>The inputs of a row.</summary>
    public ReadOnlySpan<double> Row(int row) => Values.AsSpan((int)((long)row * Dimension), Dimension);

    /// <summary>Label columns by name.</summary>
    public Dictionary<string, ClassColumn> Classes { get; } = new(StringComparer.Ordinal);

    /// <summary>Edge lists by file name.</summary>
    public Dictionary<string, IReadOnlyList<(int From, int To, double Weight)>> Edges { get; } = new(StringComparer.Ordinal);

    /// <summary>Numbers that a context smooths over, by column: one a row.</summary>
    public Dictionary<string, double[]> Targets { get; } = new(StringComparer.Ordinal);

    /// <summary>Probabilities of classes, by the names of their columns: row-major (rows, classes), rows with sum 1.</summary>
    public Dictionary<string, double[]> SoftLabels { get; } = new(StringComparer.Ordinal);

    /// <summary>Second modalities and features of teachers by file name: as many rows, each the partner of the row with its number.</summary>
    public Dictionary<string, ContextSample> Partners { get; } = new(StringComparer.Ordinal);

    /// <summary>Kernels by file name: row-major (rows, rows), finite.</summary>
    public Dictionary<string, double[]> Kernels { get; } = new(StringComparer.Ordinal);

    /// <summary>
    /// Where the inputs of each column of the data begin, and the end: what a mask hides together. By default every input is a column of its own.
    /// </summary>
    public int[] ColumnStarts { get => field ??= [.. Enumerable.Range(0, Dimension + 1)]; init; }

    /// <summary>The same rows with other inputs in place of theirs, and everything that an expression names.</summary>
    public ContextSample WithInputs(double[] values, int dimension, int[]? columnStarts)
    {
        var other = columnStarts is null ? new ContextSample(values, Rows, dimension) { Mass = Mass } : new ContextSample(values, Rows, dimension) { Mass = Mass, ColumnStarts = columnStarts };
        foreach ((string name, ClassColumn classes) in Classes)
            other.Classes[name] = classes;
        foreach ((string name, IReadOnlyList<(int, int, double)> edges) in Edges)
            other.Edges[name] = edges;
        foreach ((string name, double[] target) in Targets)
            other.Targets[name] = target;
        foreach ((string name, double[] soft) in SoftLabels)
            other.SoftLabels[name] = soft;
        foreach ((string name, ContextSample partner) in Partners)
            other.Partners[name] = partner;
        foreach ((string name, double[] kernel) in Kernels)
            other.Kernels[name] = kernel;
        return other;
    }

    /// <summary>Some of the rows, with what belongs to each; edges join rows by number and are left out.</summary>
    /// <param name="rows">Their numbers.</param>
    /// <param name="mass">For how much each of them stands; null for as much.</param>
    public ContextSample Subset(int[] rows, double[]? mass = null)
    {
        var values = new double[(long)rows.Length * Dimension];
        for (int i = 0; i < rows.Length; i++)
            Values.AsSpan(rows[i] * Dimension, Dimension).CopyTo(values.AsSpan(i * Dimension));
        var subset = new ContextSample(values, rows.Length, Dimension) { Mass = mass, ColumnStarts = ColumnStarts };
        foreach ((string column, ClassColumn classes) in Classes)
            subset.Classes[column] = new ClassColumn(classes.Count, Array.ConvertAll(rows, row => classes.Index[row]));
        foreach ((string column, double[] target) in Targets)
            subset.Targets[column] = Array.ConvertAll(rows, row => target[row]);
        foreach ((string columns, double[] soft) in SoftLabels)
        {
            int c = soft.Length / Rows;
            subset.SoftLabels[columns] = [.. rows.SelectMany(row => soft.AsSpan(row * c, c).ToArray())];
        }
        foreach ((string file, ContextSample partner) in Partners)
            subset.Partners[file] = partner.Subset(rows);
        foreach ((string file, double[] kernel) in Kernels)
        {
            var block = new double[checked(rows.Length * rows.Length)];
            for (int i = 0; i < rows.Length; i++)
                for (int j = 0; j < rows.Length; j++)
                    block[(i * rows.Length) + j] = kernel[(rows[i] * Rows) + rows[j]];
            subset.Kernels[file] = block;
        }
        return subset;
    }

    /// <summary>Refuses inputs between which distances are out of range.</summary>
    /// <exception cref="InputException">A magnitude is above <see cref="LargestInput"/>.</exception>
    public void CheckRange()
    {
        int bad = Array.FindIndex(Values, v => !(Math.Abs(v) <= LargestInput));
        if (bad >= 0)
            throw new InputException($"row {bad / Dimension}, column {bad % Dimension} (counted from 0) of the inputs is {Values[bad]}; every magnitude must be at most {LargestInput}, so that distances are finite");
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
