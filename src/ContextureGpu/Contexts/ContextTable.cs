namespace ContextureGpu;

/// <summary>From a table to what a context sees: encoded inputs, and the label columns and edge lists that the expression names.</summary>
internal static class ContextTable
{
    /// <summary>Columns that the expression reads labels from; they are no inputs.</summary>
    public static IReadOnlyList<string> LabelColumns(Context context) => [.. ContextTree.Leaves(context).SelectMany(leaf => leaf switch
    {
        LabelsContext labels => [labels.Column],
        TargetContext target => [target.Column],
        LinearTargetContext target => [target.Column],
        SoftLabelsContext soft => soft.Columns,
        _ => (IReadOnlyList<string>)[],
    }).Distinct(StringComparer.Ordinal)];

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
        var sample = new ContextSample(preprocessing.Apply(inputs, out warnings), table.Rows, preprocessing.InputDimension) { ColumnStarts = preprocessing.ColumnStarts };
        var names = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (string column in ContextTree.Leaves(context).OfType<LabelsContext>().Select(l => l.Column).Distinct(StringComparer.Ordinal))
        {
            ClassLabels labels = ClassLabels.From(table, column);
            IReadOnlyList<string> fitted = names[column] = classes?[column] ?? labels.Classes;
            Dictionary<string, int> number = fitted.Select((name, index) => (name, index)).ToDictionary(p => p.name, p => p.index, StringComparer.Ordinal);
            int[] own = [.. labels.Classes.Select(name => number.GetValueOrDefault(name, -1))];
            sample.Classes[column] = new ClassColumn(fitted.Count, [.. labels.Index.ToArray().Select(k => own[k])]);
        }
        foreach (Context leaf in ContextTree.Leaves(context))
        {
            if (((leaf as TargetContext)?.Column ?? (leaf as LinearTargetContext)?.Column) is { } target)
                sample.Targets[target] = ReadTarget(table, leaf, target);
        }
        foreach (SoftLabelsContext soft in ContextTree.Leaves(context).OfType<SoftLabelsContext>())
            sample.SoftLabels[soft.Names] = ReadSoftLabels(table, soft);
        if (classes is null)
            ReadFiles(sample, context);
        return (sample, names);
    }

    /// <summary>Reads the files that an expression names and the sample does not have yet.</summary>
    /// <exception cref="InputException">A file is missing, damaged, or does not fit the rows.</exception>
    public static void ReadFiles(ContextSample sample, Context context)
    {
        foreach (Context leaf in ContextTree.Leaves(context))
        {
            switch (leaf)
            {
                case GraphContext graph when !sample.Edges.ContainsKey(graph.File):
                    sample.Edges[graph.File] = ReadEdges(graph.File);
                    break;
                case PairsContext pairs when !sample.Partners.ContainsKey(pairs.File):
                    sample.Partners[pairs.File] = ReadPartners(pairs, pairs.File, sample.Rows);
                    break;
                case TeacherContext teacher when !sample.Partners.ContainsKey(teacher.File):
                    sample.Partners[teacher.File] = ReadPartners(teacher, teacher.File, sample.Rows);
                    break;
                case KernelContext { File: { } file } kernel when !sample.Kernels.ContainsKey(file):
                    ContextSample matrix = ReadPartners(kernel, file, sample.Rows);
                    sample.Kernels[file] = matrix.Dimension == sample.Rows
                        ? matrix.Values
                        : throw new InputException($"{kernel}: the matrix is ({matrix.Rows}, {matrix.Dimension}); it needs a row and a column for each of the {sample.Rows} rows of the data");
                    break;
            }
        }
    }

    private static double[] ReadTarget(DataTable table, Context target, string name)
    {
        int column = table.ColumnIndex(name);
        if (!table.IsNumeric(column))
            throw new InputException($"{target}: column {Naming.Quote(name)} of {table.Source} holds text; {(target is TargetContext ? "smoothing" : "a linear kernel")} needs numbers");
        double[] values = table.Numbers(column).ToArray();
        int missing = Array.FindIndex(values, double.IsNaN);
        return missing < 0 ? values : throw new InputException($"{target}: row {missing + 1} of {table.Source} has no number in column {Naming.Quote(name)}; every row needs one");
    }

    private static double[] ReadSoftLabels(DataTable table, SoftLabelsContext soft)
    {
        int c = soft.Columns.Count;
        var values = new double[checked(table.Rows * c)];
        for (int k = 0; k < c; k++)
        {
            int column = table.ColumnIndex(soft.Columns[k]);
            if (!table.IsNumeric(column))
                throw new InputException($"{soft}: column {Naming.Quote(soft.Columns[k])} of {table.Source} holds text; probabilities are numbers");
            ReadOnlySpan<double> numbers = table.Numbers(column);
            for (int i = 0; i < numbers.Length; i++)
                values[(i * c) + k] = numbers[i] >= 0
                    ? numbers[i]
                    : throw new InputException($"{soft}: row {i + 1}, column {Naming.Quote(soft.Columns[k])} of {table.Source} is {(double.IsNaN(numbers[i]) ? "missing" : numbers[i])}; a probability is at least 0");
        }
        for (int i = 0; i < table.Rows; i++)
        {
            Span<double> row = values.AsSpan(i * c, c);
            double sum = System.Numerics.Tensors.TensorPrimitives.Sum<double>(row);
            if (!(sum > 0 && double.IsFinite(sum)))
                throw new InputException($"{soft}: the probabilities in row {i + 1} of {table.Source} sum to {sum}; the sum must be positive and finite");
            System.Numerics.Tensors.TensorPrimitives.Divide(row, sum, row);
        }
        return values;
    }

    private static ContextSample ReadPartners(Context context, string file, int rows)
    {
        NpyArray array = NpyFile.Read(file);
        if (array.Rows != rows)
            throw new InputException($"{file}: it has {array.Rows} rows, the data have {rows}; {context} needs a row for each row of the data");
        int bad = Array.FindIndex(array.Values, v => !double.IsFinite(v));
        return bad < 0
            ? new ContextSample(array.Values, array.Rows, array.Columns)
            : throw new InputException($"{file}: row {bad / array.Columns}, column {bad % array.Columns} (counted from 0) is {array.Values[bad]}; every value must be finite");
    }

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
