using System.Globalization;
using System.IO.Compression;
using System.Text;
using Sylvan.Data.Csv;

namespace ContextureGpu;

/// <summary>
/// A table with named columns, each of numbers or of text. A cell is missing when it is empty or one of NA, N/A, NaN, null and ?. A column is numeric when all its
/// other cells are numbers (invariant culture).
/// </summary>
public sealed class DataTable
{
    private static readonly string[] MissingTexts = ["", "NA", "N/A", "NAN", "NULL", "?"];

    private readonly double[]?[] _numbers;
    private readonly string?[][] _texts;

    private DataTable(string source, string[] names, double[]?[] numbers, string?[][] texts, int rows) =>
        (Source, ColumnNames, _numbers, _texts, Rows) = (source, names, numbers, texts, rows);

    /// <summary>Where it came from, for messages.</summary>
    public string Source { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> ColumnNames { get; }

    /// <summary>Position of a column.</summary>
    /// <exception cref="InputException">There is no such column; the message lists those there are.</exception>
    public int ColumnIndex(string name)
    {
        int at = Find(name);
        return at >= 0 ? at : throw new InputException($"{Source}: there is no column '{name}'; the columns are {string.Join(", ", ColumnNames.Take(40))}");
    }

    /// <summary>Position of a column, or -1.</summary>
    internal int Find(string name) => ((string[])ColumnNames).AsSpan().IndexOf(name);

    /// <summary>Whether a column holds numbers.</summary>
    public bool IsNumeric(int column) => _numbers[column] is not null;

    /// <summary>The numbers of a numeric column; NaN where one is missing.</summary>
    /// <exception cref="InputException">The column is not numeric.</exception>
    public ReadOnlySpan<double> Numbers(int column) => _numbers[column] ?? throw NotNumeric(column);

    /// <summary>The cells of a column as text; null where one is missing.</summary>
    public IReadOnlyList<string?> Texts(int column) =>
        _texts[column].Length == Rows ? _texts[column] : [.. _numbers[column]!.Select(v => double.IsNaN(v) ? null : v.ToString("R", CultureInfo.InvariantCulture))];

    /// <summary>Reads <c>.csv</c>, <c>.tsv</c> (both also with <c>.gz</c>) or <c>.npy</c>; <c>-</c> reads CSV from standard input.</summary>
    /// <exception cref="InputException">The file cannot be read; the message names it, the row and the column.</exception>
    public static DataTable Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            if (path == "-")
            {
                using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
                return ReadText(input, "standard input", ',');
            }
            string lower = path.ToLowerInvariant();
            if (lower.EndsWith(".npy", StringComparison.Ordinal))
            {
                NpyArray array = NpyFile.Read(path);
                return FromMatrix(array.Values, array.Rows, array.Columns, null, path);
            }
            bool compressed = lower.EndsWith(".gz", StringComparison.Ordinal);
            string plain = compressed ? lower[..^3] : lower;
            char delimiter = plain.EndsWith(".csv", StringComparison.Ordinal) ? ',' : plain.EndsWith(".tsv", StringComparison.Ordinal) ? '\t' : '\0';
            if (delimiter == '\0')
                throw new InputException($"{path}: the name ends in none of .csv, .csv.gz, .tsv, .tsv.gz and .npy");
            using FileStream file = File.OpenRead(path);
            using Stream stream = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
            using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return ReadText(reader, path, delimiter);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException or DecoderFallbackException or NotSupportedException)
        {
            throw new InputException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Reads delimited text whose first line names the columns.</summary>
    /// <exception cref="InputException">The text is damaged; the message names the line and the column.</exception>
    public static DataTable ReadText(TextReader reader, string source, char delimiter)
    {
        var rows = new List<string[]>();
        var lines = new List<int>();
        try
        {
            using CsvDataReader csv = CsvDataReader.Create(reader, new CsvDataReaderOptions
            {
                HasHeaders = false, Delimiter = delimiter, BufferSize = 1 << 16, MaxBufferSize = 1 << 26,
            });
            while (csv.Read())
            {
                var cells = new string[csv.RowFieldCount];
                for (int j = 0; j < cells.Length; j++)
                    cells[j] = csv.GetString(j);
                bool blank = cells.Length == 0 || (cells.Length == 1 && cells[0].Length == 0);
                if (blank && (rows.Count == 0 || rows[0].Length != 1))
                    continue;
                rows.Add(cells);
                lines.Add(csv.RowNumber);
            }
        }
        catch (FormatException error)
        {
            throw new InputException($"{source}: {error.Message}", error);
        }
        if (rows.Count == 0)
            throw new InputException($"{source}: it is empty; a line of column names and lines of values were expected");
        string[] names = CheckNames(source, rows[0]);
        if (rows.Count == 1)
            throw new InputException($"{source}: there is a line of column names, but no row");
        for (int i = 1; i < rows.Count; i++)
        {
            if (rows[i].Length != names.Length)
                throw new InputException($"{source}: row {i} has {rows[i].Length} cells, but there are {names.Length} columns");
        }
        (var numbers, var texts) = (new double[]?[names.Length], new string?[names.Length][]);
        for (int j = 0; j < names.Length; j++)
            (numbers[j], texts[j]) = Column(source, names[j], rows, j);
        return new DataTable(source, names, numbers, texts, rows.Count - 1);
    }

    /// <summary>A table of numbers.</summary>
    /// <param name="rowMajor">(rows, columns), finite.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="names">Their names; null for x0, x1, ...</param>
    /// <param name="source">For messages.</param>
    /// <exception cref="InputException">A size does not fit or a value is not finite.</exception>
    public static DataTable FromMatrix(ReadOnlySpan<double> rowMajor, int rows, int columns, IReadOnlyList<string>? names = null, string source = "the matrix")
    {
        if (rows < 1 || columns < 1 || rowMajor.Length != (long)rows * columns)
            throw new InputException($"{source}: ({rows}, {columns}) with {rowMajor.Length} values; at least one row and one column were expected");
        string[] own = names is null ? [.. Enumerable.Range(0, columns).Select(j => $"x{j}")] : CheckNames(source, [.. names]);
        var numbers = new double[columns][];
        for (int j = 0; j < columns; j++)
        {
            numbers[j] = new double[rows];
            for (int i = 0; i < rows; i++)
            {
                double value = numbers[j][i] = rowMajor[(i * columns) + j];
                if (!double.IsFinite(value))
                    throw new InputException($"{source}: row {i}, column {j} (counted from 0) is {value}; every value must be finite");
            }
        }
        return new DataTable(source, own, numbers, [.. Enumerable.Repeat(Array.Empty<string?>(), columns)], rows);
    }

    private static string[] CheckNames(string source, string[] names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int j = 0; j < names.Length; j++)
        {
            names[j] = names[j].Trim();
            if (names[j].Length == 0)
                throw new InputException($"{source}: column {j + 1} has no name");
            if (!seen.Add(names[j]))
                throw new InputException($"{source}: two columns have the name '{names[j]}'");
        }
        if (names.All(n => double.TryParse(n, NumberStyles.Float, CultureInfo.InvariantCulture, out _)))
            throw new InputException($"{source}: the first line has only numbers; it must name the columns");
        return names;
    }

    private static (double[]?, string?[]) Column(string source, string name, List<string[]> rows, int j)
    {
        int n = rows.Count - 1, present = 0, good = 0, firstBad = -1;
        var numbers = new double[n];
        var texts = new string?[n];
        for (int i = 0; i < n; i++)
        {
            string cell = rows[i + 1][j].Trim();
            if (MissingTexts.Contains(cell.ToUpperInvariant()))
            {
                numbers[i] = double.NaN;
                continue;
            }
            present++;
            texts[i] = cell;
            if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
            {
                firstBad = firstBad < 0 ? i : firstBad;
                continue;
            }
            if (!double.IsFinite(numbers[i]))
                throw new InputException($"{source}: row {i + 1}, column '{name}' is {cell}; a finite number, or nothing where it is missing, was expected");
            good++;
        }
        if (good == present && present > 0)
            return (numbers, texts);
        if (2 * good > present)
            throw new InputException($"{source}: row {firstBad + 1}, column '{name}' is '{texts[firstBad]}', but {good} of {present} cells are numbers; write ? where a number is missing");
        return (null, texts);
    }

    private InputException NotNumeric(int column)
    {
        int row = Array.FindIndex(_texts[column], t => t is not null);
        return new InputException(row < 0
            ? $"{Source}: column '{ColumnNames[column]}' has no value at all"
            : $"{Source}: row {row + 1}, column '{ColumnNames[column]}' is '{_texts[column][row]}'; numbers were expected");
    }
}
