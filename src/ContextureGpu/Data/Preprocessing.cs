namespace ContextureGpu;

/// <summary>
/// The map from the rows of a table to vectors of numbers, fitted once and applied to every later table by the names of its columns. Numeric columns: a missing value takes the
/// mean, then centring and division by the population standard deviation. Text columns: an indicator for each level.
/// Immutable; safe to read from several threads.
/// </summary>
public sealed class Preprocessing
{
    private readonly ColumnEncoding[] _encodings;

    internal Preprocessing(IEnumerable<ColumnEncoding> encodings, IEnumerable<string> warnings)
    {
        _encodings = [.. encodings];
        Columns = Array.AsReadOnly(_encodings.Select(e => e.Column).ToArray());
        InputNames = Array.AsReadOnly(_encodings.SelectMany(e => e.InputNames).ToArray());
        Warnings = Array.AsReadOnly(warnings.ToArray());
    }

    /// <summary>The number of inputs a row becomes, at least 1.</summary>
    public int InputDimension => InputNames.Count;

    /// <summary>The inputs' names: that of the column for numbers, "column=level" for levels of a text column.</summary>
    public IReadOnlyList<string> InputNames { get; }

    /// <summary>The columns a table must have.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What people should know about the fit: missing values and how they were filled, constant columns, identifiers.</summary>
    public IReadOnlyList<string> Warnings { get; }

    internal IReadOnlyList<ColumnEncoding> Encodings => _encodings;

    /// <summary>Where the inputs of each column begin, and the end.</summary>
    internal int[] ColumnStarts
    {
        get
        {
            int[] starts = new int[_encodings.Length + 1];
            for (int c = 0; c < _encodings.Length; c++)
                starts[c + 1] = starts[c] + _encodings[c].Width;
            return starts;
        }
    }

    /// <summary>Fits the map to the columns of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="options">Which columns to leave out, and how to scale.</param>
    /// <exception cref="InputException">A column to leave out does not exist, no column is left, one that is left has nothing in it, or there are too many levels.</exception>
    public static Preprocessing Fit(DataTable table, PreprocessingOptions options)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        if (!Enum.IsDefined(options.Scale))
            throw new InputException($"There is no scaling {(int)options.Scale}; {nameof(ColumnScaling.None)} and {nameof(ColumnScaling.Standardize)} are");
        HashSet<int> excluded = [.. options.Exclude.Select(table.ColumnIndex)];
        int[] columns = [.. Enumerable.Range(0, table.ColumnNames.Count).Where(c => !excluded.Contains(c))];
        if (columns.Length == 0)
            throw new InputException($"{table.Source}: no column is left as an input; the columns {Naming.List(table.ColumnNames)} are all left out");
        string[] empty = [.. columns.Where(c => IsEmpty(table, c)).Select(c => table.ColumnNames[c])];
        if (empty.Length > 0)
            throw new InputException($"{table.Source}: every value is missing in {Naming.List(empty)}; leave {(empty.Length == 1 ? "that column" : "those columns")} out");

        List<string> warnings = [];
        ColumnEncoding[] encodings =
            [.. columns.Select(ColumnEncoding (c) => table.IsNumeric(c) ? NumericEncoding.Fit(table, c, options.Scale, warnings) : CategoryEncoding.Fit(table, c, warnings))];
        CheckSize(table, encodings);
        return new Preprocessing(encodings, warnings);
    }

    /// <summary>The inputs of a table's rows.</summary>
    /// <param name="table">A table with at least the columns of the fit, in any order; others are ignored.</param>
    /// <param name="warnings">What people should know: ignored columns, missing values, levels that the fit had not seen.</param>
    /// <returns>Rows x <see cref="InputDimension"/> finite numbers, row by row.</returns>
    /// <exception cref="InputException">A column is missing, or holds text where the fit had numbers; the message names it, and the row.</exception>
    public double[] Apply(DataTable table, out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(table);
        HashSet<string> present = [.. table.ColumnNames], needed = [.. Columns];
        string[] absent = [.. Columns.Where(c => !present.Contains(c))];
        string[] ignored = [.. table.ColumnNames.Where(c => !needed.Contains(c))];
        if (absent.Length > 0)
            throw new InputException($"{table.Source}: {Absent(absent, ignored)} The columns are {Naming.List(table.ColumnNames)}");
        CheckSize(table, _encodings);

        List<string> found = [];
        if (ignored.Length > 0)
            found.Add($"{table.Source}: {Naming.List(ignored)} {(ignored.Length == 1 ? "was no column" : "were no columns")} of the fit and {(ignored.Length == 1 ? "is" : "are")} ignored");
        var inputs = new double[table.Rows * InputDimension];
        int offset = 0;
        foreach (ColumnEncoding encoding in _encodings)
        {
            encoding.Apply(table, table.ColumnIndex(encoding.Column), inputs, InputDimension, offset, found);
            offset += encoding.Width;
        }
        warnings = found.AsReadOnly();
        return inputs;
    }

    /// <summary>Writes the map, so that <see cref="Read"/> returns the same one.</summary>
    /// <param name="writer">Takes the bytes.</param>
    public void Write(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        PreprocessingFormat.Write(writer, this);
    }

    /// <summary>Reads what <see cref="Write"/> wrote. Whatever else it is given, it takes no more memory than the data it reads are long, a few times over.</summary>
    /// <param name="reader">Gives the bytes, and stands behind them afterwards.</param>
    /// <exception cref="InputException">The data are cut off or damaged.</exception>
    public static Preprocessing Read(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return PreprocessingFormat.Read(reader);
    }

    private static string Absent(string[] absent, string[] others)
    {
        string verb = absent.Length == 1 ? "column" : "columns";
        string[] meant = [.. absent.Select(a => Naming.Nearest(a, others)).OfType<string>().Distinct()];
        return $"{verb} {Naming.List(absent)} of the fit {(absent.Length == 1 ? "is" : "are")} missing{(meant.Length == 0 ? "." : $"; is it {Naming.List(meant)}?")}";
    }

    private static bool IsEmpty(DataTable table, int column)
    {
        if (!table.IsNumeric(column))
            return table.Texts(column).All(t => t is null);
        foreach (double x in table.Numbers(column))
        {
            if (!double.IsNaN(x))
                return false;
        }
        return true;
    }

    private static void CheckSize(DataTable table, ColumnEncoding[] encodings)
    {
        long inputs = encodings.Sum(e => (long)e.Width);
        if (inputs * table.Rows <= Array.MaxLength)
            return;
        ColumnEncoding widest = encodings.MaxBy(e => e.Width)!;
        throw new InputException(
            $"{table.Source}: {table.Rows} rows of {inputs} inputs are more than {Array.MaxLength} values; column {Naming.Quote(widest.Column)} alone became {widest.Width} inputs, leave it out");
    }
}
