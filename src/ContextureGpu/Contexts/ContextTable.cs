namespace ContextureGpu;

/// <summary>From a table to what a context sees: encoded inputs, and the label columns and edge lists that the expression names.</summary>
internal static class ContextTable
{
    /// <summary>Columns that the expression reads labels from; they are no inputs.</summary>
    public static IReadOnlyList<string> LabelColumns(Context context) => [.. Leaves(context).OfType<LabelsContext>().Select(l => l.Column).Distinct(StringComparer.Ordinal)];

    /// <summary>The rows of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="context">The expression.</param>
    /// <param name="preprocessing">How columns become inputs.</param>
    /// <param name="classes">Class names of each label column, as fitted; null to take them from this table.</param>
    /// <param name="warnings">What encoding has to say.</param>
    public static (ContextSample Sample, IReadOnlyDictionary<string, IReadOnlyList<string>> Classes) Read(
        DataTable table, Context context, Preprocessing preprocessing, IReadOnlyDictionary<string, IReadOnlyList<string>>? classes, out IReadOnlyList<string> warnings)
    {
        // Columns that were left out on purpose need no warning.
        IReadOnlyList<string> known = classes is null ? table.ColumnNames : LabelColumns(context);
        DataTable inputs = table.Without(known.Where(name => table.ColumnNames.Contains(name) && !preprocessing.Columns.Contains(name)));
        var sample = new ContextSample(preprocessing.Apply(inputs, out warnings), table.Rows, preprocessing.InputDimension);
        var names = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (string column in LabelColumns(context))
        {
            ClassLabels labels = ClassLabels.From(table, column);
            IReadOnlyList<string> fitted = names[column] = classes?[column] ?? labels.Classes;
            Dictionary<string, int> number = fitted.Select((name, index) => (name, index)).ToDictionary(p => p.name, p => p.index, StringComparer.Ordinal);
            int[] own = [.. labels.Classes.Select(name => number.GetValueOrDefault(name, -1))];
            sample.Classes[column] = new ClassColumn(fitted.Count, [.. labels.Index.ToArray().Select(k => own[k])]);
        }
        if (classes is null)
        {
            foreach (GraphContext graph in Leaves(context).OfType<GraphContext>())
                sample.Edges[graph.File] = ReadEdges(graph.File);
        }
        return (sample, names);
    }

    private static IEnumerable<Context> Leaves(Context context) => context switch
    {
        ConvolutionContext chain => chain.Factors.SelectMany(Leaves),
        CombinationContext sum => sum.Terms.SelectMany(t => Leaves(t.Part)),
        ConcatenationContext list => list.Parts.SelectMany(p => Leaves(p.Part)),
        _ => [context],
    };

    private static (int, int, double)[] ReadEdges(string file)
    {
        DataTable table = DataTable.Read(file);
        if (table.ColumnNames.Count is not (2 or 3))
            throw new InputException($"{file}: it has {table.ColumnNames.Count} columns; an edge list has two of row numbers (from 0) and at most one of weights");
        var edges = new (int, int, double)[table.Rows];
        for (int e = 0; e < edges.Length; e++)
        {
            edges[e] = (End(0, e), End(1, e), table.ColumnNames.Count == 3 ? table.Numbers(2)[e] : 1);
            if (double.IsNaN(edges[e].Item3))
                throw new InputException($"{file}: row {e + 1} has no weight");
        }
        return edges;

        int End(int column, int row)
        {
            double value = table.Numbers(column)[row];
            return value is >= 0 and <= int.MaxValue && value == Math.Floor(value)
                ? (int)value
                : throw new InputException($"{file}: row {row + 1}, column '{table.ColumnNames[column]}' is {value}; a row number from 0 on was expected");
        }
    }
}
