using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu;

/// <summary>
/// Rows of named columns, each of numbers or of texts, as read from a file. Missing values are NaN among numbers and null among texts;
/// an infinite number is never in a table.
/// </summary>
/// <remarks>
/// A cell is missing when it is empty or one of NA, N/A, NaN, null and ? (in any case, spaces round it ignored). A column of a text file is numeric when every other cell
/// is a number in the invariant culture, and text when at most half of them are; in between lies damage, which is refused.
/// Rows are counted from 1 in messages, the header not among them.
/// </remarks>
public sealed class DataTable
{
    private readonly DataColumn[] _columns;
    private readonly Dictionary<string, int> _index;

    internal DataTable(string source, int rows, IEnumerable<DataColumn> columns)
    {
        _columns = [.. columns];
        (Source, Rows) = (source, rows);
        ColumnNames = Array.AsReadOnly(_columns.Select(c => c.Name).ToArray());
        _index = IndexByName(ColumnNames, source);
    }

    /// <summary>Where the table came from, as messages name it: the path of the file, or "standard input".</summary>
    public string Source { get; }

    /// <summary>The number of rows, at least 1.</summary>
    public int Rows { get; }

    /// <summary>The names of the columns, in the order of the file; all different, none empty.</summary>
    public IReadOnlyList<string> ColumnNames { get; }

    /// <summary>The position of a column.</summary>
    /// <param name="name">The name, exactly as in the file.</param>
    /// <exception cref="InputException">There is no such column; the message lists those there are and suggests the nearest.</exception>
    public int ColumnIndex(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_index.TryGetValue(name, out int index))
            return index;
        string? nearest = Naming.Nearest(name, ColumnNames);
        string hint = nearest is null ? "." : $"; did you mean {Naming.Quote(nearest)}?";
        throw new InputException($"{Source}: there is no column {Naming.Quote(name)}{hint} The columns are {Naming.List(ColumnNames)}");
    }

    /// <summary>Whether a column holds numbers.</summary>
    /// <param name="column">The position of the column, from 0.</param>
    public bool IsNumeric(int column) => _columns[column].IsNumeric;

    /// <summary>The numbers of a column, one a row; NaN is a missing value.</summary>
    /// <param name="column">The position of the column, from 0.</param>
    /// <exception cref="InputException">The column holds texts.</exception>
    public ReadOnlySpan<double> Numbers(int column) => _columns[column].IsNumeric
        ? _columns[column].Numbers
        : throw new InputException($"{Source}: column {Naming.Quote(_columns[column].Name)} holds text where numbers are needed");

    /// <summary>
    /// The cells of a column as texts, one a row; null is a missing value. Spaces at either end are removed.
    /// Of a numeric column the shortest texts that read back as the same numbers.
    /// </summary>
    /// <param name="column">The position of the column, from 0.</param>
    public IReadOnlyList<string?> Texts(int column) => _columns[column].Texts;

    /// <summary>
    /// Reads a file: <c>.csv</c>, <c>.tsv</c> (UTF-8, a header row), the same compressed as <c>.csv.gz</c> and <c>.tsv.gz</c>, <c>.npy</c>
    /// (see <see cref="NpyFile"/>; NaN is a missing value), or <c>.parquet</c> (flat columns of numbers, truth values and texts); <c>-</c> reads CSV from standard input.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="InputException">The file is missing, unreadable, empty, damaged or of another kind; the message names it and the place.</exception>
    public static DataTable Read(string path) => TableFile.Read(path);

    /// <summary>Reads delimited text with a header row.</summary>
    /// <param name="reader">The text; not closed.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="delimiter">The character between the cells of a row, such as a comma or a tab.</param>
    /// <exception cref="InputException">The text is no table; the message names the line.</exception>
    public static DataTable ReadText(TextReader reader, string source, char delimiter) => DelimitedText.Read(reader, source, delimiter);

    /// <summary>The table of a matrix of numbers.</summary>
    /// <param name="rowMajor">rows x columns finite numbers, row by row.</param>
    /// <param name="rows">The number of rows, at least 1.</param>
    /// <param name="columns">The number of columns, at least 1.</param>
    /// <param name="names">The names of the columns; x0, x1, .. if left out.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <exception cref="InputException">The sizes do not fit together, two names are the same, or a value is NaN or infinite.</exception>
    public static DataTable FromMatrix(
        ReadOnlySpan<double> rowMajor, int rows, int columns, IReadOnlyList<string>? names = null, string source = "the matrix") =>
        FromMatrix(rowMajor, rows, columns, names, source, missingAllowed: false);

    /// <summary>The position of each name; refuses a name that is empty or comes twice.</summary>
    internal static Dictionary<string, int> IndexByName(IReadOnlyList<string> names, string source)
    {
        var index = new Dictionary<string, int>(names.Count, StringComparer.Ordinal);
        for (int i = 0; i < names.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(names[i]))
                throw new InputException($"{source}: column {i + 1} of {names.Count} has no name; every column needs one");
            if (!index.TryAdd(names[i], i))
                throw new InputException($"{source}: columns {index[names[i]] + 1} and {i + 1} are both named {Naming.Quote(names[i])}; names must differ");
        }
        return index;
    }

    internal static DataTable FromMatrix(
        ReadOnlySpan<double> rowMajor, int rows, int columns, IReadOnlyList<string>? names, string source, bool missingAllowed)
    {
        if (rows < 1 || columns < 1 || rowMajor.Length != (long)rows * columns)
            throw new InputException($"{source}: {rowMajor.Length} values do not make {rows} rows of {columns} columns; at least one of each is needed");
        if (names is not null && names.Count != columns)
            throw new InputException($"{source}: {names.Count} names were given for {columns} columns");
        // A few rows at a time, so that each is read from memory once.
        const int RowsAtOnce = 256;
        double[][] values = [.. Enumerable.Range(0, columns).Select(_ => new double[rows])];
        for (int top = 0; top < rows; top += RowsAtOnce)
        {
            int end = Math.Min(rows, top + RowsAtOnce);
            for (int j = 0; j < columns; j++)
            {
                double[] column = values[j];
                for (int i = top; i < end; i++)
                    column[i] = rowMajor[(i * columns) + j];
            }
        }
        return FromColumns(values, source, names, missingAllowed);
    }

    /// <summary>The table of columns of numbers; NaN is a missing value where that is allowed.</summary>
    internal static DataTable FromColumns(double[][] values, string source, IReadOnlyList<string>? names = null, bool missingAllowed = true)
    {
        var all = new DataColumn[values.Length];
        for (int j = 0; j < all.Length; j++)
        {
            string name = names?[j] ?? FormattableString.Invariant($"x{j}");
            if (!AreFinite(values[j]))
            {
                int i = Array.FindIndex(values[j], value => !double.IsFinite(value) && !(missingAllowed && double.IsNaN(value)));
                if (i >= 0)
                    throw new InputException(FormattableString.Invariant($"{source}: row {i + 1}, column {Naming.Quote(name)} holds {values[j][i]}; numbers must be finite"));
            }
            all[j] = new DataColumn(name, values[j]);
        }
        return new DataTable(source, values[0].Length, all);
    }

    // x - x is 0, and NaN for what is not finite.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool AreFinite(ReadOnlySpan<double> values)
    {
        Vector<double> sum = Vector<double>.Zero;
        ReadOnlySpan<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(values);
        foreach (Vector<double> vector in vectors)
            sum += vector - vector;
        double rest = Vector.Sum(sum);
        foreach (double value in values[(vectors.Length * Vector<double>.Count)..])
            rest += value - value;
        return rest == 0;
    }

    /// <summary>The same table without some of its columns.</summary>
    /// <param name="columns">Names of columns of the table.</param>
    /// <exception cref="InputException">A name is not among the columns.</exception>
    public DataTable Without(IEnumerable<string> columns)
    {
        HashSet<int> dropped = [.. columns.Select(ColumnIndex)];
        return new DataTable(Source, Rows, _columns.Where((_, i) => !dropped.Contains(i)));
    }
}
