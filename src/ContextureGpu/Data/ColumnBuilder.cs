namespace ContextureGpu;

/// <summary>
/// Collects the cells of one column of a text file and decides at the end whether it is numeric, text or damaged. Numbers are parsed as they come; their
/// texts are kept, a few bytes each, until it is known that the column is not text.
/// </summary>
internal sealed class ColumnBuilder(string source, string name)
{
    private const int LongestNumber = 1000;

    private readonly List<double> _numbers = []; // NaN where the cell is missing or a word
    private readonly DigitStore _digits = new();
    private readonly List<(int Row, string Text)> _words = [];
    private readonly HashSet<string> _distinct = new(StringComparer.Ordinal);
    private int _quotedNumbers, _infinities;
    private (int Row, int Line, string Text)? _firstWord, _firstInfinity;

    /// <summary>Whether a cell stands for a missing value.</summary>
    public static bool IsMissing(ReadOnlySpan<char> trimmed) => trimmed.Length switch
    {
        0 => true,
        1 => trimmed[0] == '?',
        2 => trimmed.Equals("NA", StringComparison.OrdinalIgnoreCase),
        3 => trimmed.Equals("N/A", StringComparison.OrdinalIgnoreCase) || trimmed.Equals("NaN", StringComparison.OrdinalIgnoreCase),
        4 => trimmed.Equals("null", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    /// <summary>Whether a cell is a number of the invariant culture; it may be infinite.</summary>
    public static bool IsNumber(ReadOnlySpan<char> trimmed, out double value)
    {
        value = double.NaN;
        if (trimmed.IsEmpty || trimmed.Length > LongestNumber)
            return false;
        ReadOnlySpan<char> unsigned = trimmed[0] is '+' or '-' ? trimmed[1..] : trimmed;
        if (unsigned.IsEmpty)
            return false;
        if (char.IsAsciiDigit(unsigned[0]) || unsigned[0] == '.')
            return DecimalNumber.TryParse(trimmed, out value);
        if (unsigned.Equals("inf", StringComparison.OrdinalIgnoreCase) || unsigned.Equals("infinity", StringComparison.OrdinalIgnoreCase) || unsigned is "\u221e")
            value = trimmed[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        return !double.IsNaN(value);
    }

    /// <summary>Takes the cell of the next row.</summary>
    /// <param name="cell">The cell without its quotes.</param>
    /// <param name="quoted">Whether it stood in quotes.</param>
    /// <param name="line">The line of the file, from 1.</param>
    /// <returns>Whether the cell is missing.</returns>
    public bool Add(ReadOnlySpan<char> cell, bool quoted, int line)
    {
        if (cell.IsEmpty || cell[0] <= ' ' || cell[^1] <= ' ' || cell[0] > '~' || cell[^1] > '~')
            cell = cell.Trim();
        bool isNumber = IsNumber(cell, out double value);
        if (!isNumber && IsMissing(cell))
        {
            _numbers.Add(double.NaN);
            return true;
        }
        if (isNumber && double.IsFinite(value))
        {
            _numbers.Add(value);
            _quotedNumbers += quoted ? 1 : 0;
            _digits.Add(cell);
            return false;
        }
        string text = Intern(cell);
        int row = _numbers.Count;
        _numbers.Add(double.NaN);
        _words.Add((row, text));
        if (isNumber)
        {
            _infinities++;
            _firstInfinity ??= (row, line, text);
        }
        else
        {
            _firstWord ??= (row, line, text);
        }
        return false;
    }

    /// <summary>The column.</summary>
    /// <param name="quotesMeanText">Whether quotes round a number are a statement, because the file does not put them round every cell.</param>
    /// <exception cref="InputException">The column holds an infinite number, or mostly numbers and something else.</exception>
    public DataColumn Build(bool quotesMeanText)
    {
        int present = _numbers.Count - _numbers.Count(double.IsNaN) + _words.Count;
        int likeNumbers = present - (_words.Count - _infinities), numbers = likeNumbers - (quotesMeanText && _firstWord is not null ? _quotedNumbers : 0);
        if (likeNumbers == 0)
            return new DataColumn(name, Texts());
        if (numbers <= present / 2)
            return new DataColumn(name, Texts());
        if (_firstInfinity is { } infinity && (_firstWord is null || infinity.Row < _firstWord.Value.Row))
            throw new InputException($"{Place(infinity)} holds {Naming.Quote(infinity.Text)}, which is infinite in float64; numbers must be finite, and ? stands for a missing one");
        if (_firstWord is { } word)
            throw new InputException(
                $"{Place(word)} holds {Naming.Quote(word.Text)}, while {numbers} of the {present} cells that are not missing are numbers; "
                + "write ? or nothing for a missing value, or put the numbers of this column in quotes if they are names");
        return new DataColumn(name, _numbers.ToArray());
    }

    private string Place((int Row, int Line, string Text) cell) => $"{source}: row {cell.Row + 1} (line {cell.Line}), column {Naming.Quote(name)}";

    private string Intern(ReadOnlySpan<char> cell)
    {
        HashSet<string>.AlternateLookup<ReadOnlySpan<char>> lookup = _distinct.GetAlternateLookup<ReadOnlySpan<char>>();
        if (lookup.TryGetValue(cell, out string? known))
            return known;
        string text = cell.ToString();
        _distinct.Add(text);
        return text;
    }

    private string?[] Texts()
    {
        var texts = new string?[_numbers.Count];
        foreach ((int row, string text) in _words)
            texts[row] = text;
        DigitStore.Reader digits = _digits.Read();
        Span<char> cell = stackalloc char[LongestNumber];
        for (int row = 0; row < texts.Length; row++)
        {
            if (double.IsNaN(_numbers[row]))
                continue;
            texts[row] = Intern(digits.Next(cell));
        }
        return texts;
    }
}
