using System.Globalization;

namespace ContextureGpu;

/// <summary>The classes in a column of a table, and the class of each row.</summary>
public sealed class ClassLabels
{
    private const int FewValues = 50, RowsPerValue = 10;
    private readonly int[] _index;

    private ClassLabels(IReadOnlyList<string> classes, int[] index) => (Classes, _index) = (classes, index);

    /// <summary>
    /// The names of the classes, all different: texts in ordinal order; numbers in the order of their size, written as the shortest texts that read back
    /// as the same numbers.
    /// </summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The class of each row, a position in <see cref="Classes"/>.</summary>
    public ReadOnlySpan<int> Index => _index;

    /// <summary>Takes a column as classes.</summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The name of the column.</param>
    /// <exception cref="InputException">
    /// There is no such column, a row has no label, or the column has more different numbers than both 50 and a tenth of the rows, as
    /// a quantity has and classes do not.
    /// </exception>
    public static ClassLabels From(DataTable table, string column)
    {
        ArgumentNullException.ThrowIfNull(table);
        int position = table.ColumnIndex(column);
        return table.IsNumeric(position) ? OfNumbers(table, position) : OfTexts(table, position);
    }

    private static ClassLabels OfTexts(DataTable table, int column)
    {
        IReadOnlyList<string?> texts = table.Texts(column);
        for (int i = 0; i < texts.Count; i++)
        {
            if (texts[i] is null)
                throw MissingLabel(table, column, i);
        }
        return Sorted<string>([.. texts.OfType<string>()], StringComparer.Ordinal, text => text);
    }

    private static ClassLabels OfNumbers(DataTable table, int column)
    {
        double[] values = table.Numbers(column).ToArray();
        for (int i = 0; i < values.Length; i++)
        {
            if (double.IsNaN(values[i]))
                throw MissingLabel(table, column, i);
            values[i] += 0.0; // -0 is 0
        }
        ClassLabels labels = Sorted(values, Comparer<double>.Default, x => x.ToString("R", CultureInfo.InvariantCulture));
        if (labels.Classes.Count > Math.Max(FewValues, table.Rows / RowsPerValue))
            throw new InputException(
                $"{table.Source}: column {Naming.Quote(table.ColumnNames[column])} has {labels.Classes.Count} different numbers in {table.Rows} rows: it is a regression target, not classes");
        return labels;
    }

    private static ClassLabels Sorted<T>(IReadOnlyList<T> labels, IComparer<T> order, Func<T, string> name)
        where T : notnull
    {
        T[] classes = [.. labels.Distinct().Order(order)];
        var position = new Dictionary<T, int>(classes.Length);
        for (int c = 0; c < classes.Length; c++)
            position.Add(classes[c], c);
        return new ClassLabels(Array.AsReadOnly(Array.ConvertAll(classes, c => name(c))), [.. labels.Select(label => position[label])]);
    }

    private static InputException MissingLabel(DataTable table, int column, int row) =>
        new($"{table.Source}: row {row + 1} has no label in column {Naming.Quote(table.ColumnNames[column])}; every row needs one");
}
