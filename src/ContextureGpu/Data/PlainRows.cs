using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace ContextureGpu;

/// <summary>Takes lines apart into cells; one for each thread.</summary>
/// <param name="table">Where the cells go.</param>
/// <param name="columns">The cells of a row.</param>
/// <param name="delimiter">What stands between them.</param>
/// <param name="hasCarriageReturns">Whether every line ends with CR LF, rather than LF.</param>
internal sealed class PlainRows(PlainColumns table, int columns, byte delimiter, bool hasCarriageReturns)
{
    private const int LongestWord = 1 << 12;

    private readonly SearchValues<byte> _ends = SearchValues.Create([delimiter, (byte)'\n', (byte)'\r']);
    private readonly WordCache[] _known = [.. Enumerable.Range(0, columns).Select(_ => new WordCache())];
    private readonly char[] _word = new char[LongestWord];

    /// <summary>Takes lines apart.</summary>
    /// <param name="text">The lines, each with its end.</param>
    /// <param name="row">Where the first goes.</param>
    /// <param name="mayEndBlank">Whether blank lines may stand at the end.</param>
    /// <returns>How many rows there were; -1 where something is not plain.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Read(ReadOnlySpan<byte> text, int row, bool mayEndBlank)
    {
        int first = row;
        if (text.Contains((byte)0))
            return -1;
        for (int at = 0; at < text.Length; row++)
        {
            if (text[at] is (byte)'\n' or (byte)'\r')
                return mayEndBlank && text[at..].IndexOfAnyExcept("\r\n"u8) < 0 ? row - first : -1;
            for (int j = 0; j < columns; j++)
            {
                int length = Cell(text[at..], row, j);
                if (length < 0)
                    return -1;
                at += length;
            }
        }
        return row - first;
    }

    /// <summary>The cells of one line as texts, spaces at either end removed.</summary>
    /// <returns>Null where something is not plain.</returns>
    public static string[]? Header(ReadOnlySpan<byte> line, byte delimiter)
    {
        if (line.ContainsAny((byte)0, (byte)'\r') || !Utf8.IsValid(line))
            return null;
        string[] cells = Encoding.UTF8.GetString(line).Split((char)delimiter);
        for (int j = 0; j < cells.Length; j++)
        {
            string cell = cells[j];
            if (cell.Length > 1 && cell[0] == '"' && cell[^1] == '"')
                cell = cell[1..^1];
            if (cell.Contains('"', StringComparison.Ordinal))
                return null;
            cells[j] = cell.Trim();
        }
        return cells;
    }

    // The units of a cell and what ends it, or -1.
    private int Cell(ReadOnlySpan<byte> text, int row, int column)
    {
        if (DecimalNumber.TryReadPrefix(text, out int length, out double value))
        {
            int end = End(text, length, column);
            if (end > 0)
            {
                table.Set(row, column, value);
                return end;
            }
        }
        bool isQuoted = text[0] == '"';
        int start = isQuoted ? 1 : 0;
        length = isQuoted ? text[1..].IndexOf((byte)'"') : text.IndexOfAny(_ends);
        if (length < 0 || length > LongestWord)
            return -1;
        ReadOnlySpan<byte> cell = text.Slice(start, length);
        bool isPlain = isQuoted ? !cell.ContainsAny((byte)'\n', (byte)'\r') : !cell.Contains((byte)'"');
        return isPlain && Add(cell, row, column) ? End(text, length + (2 * start), column) : -1;
    }

    private bool Add(ReadOnlySpan<byte> cell, int row, int column)
    {
        if (_known[column].TryGet(cell, out string? word))
        {
            Set(row, column, word);
            return true;
        }
        if (Utf8.ToUtf16(cell, _word, out _, out int length, replaceInvalidSequences: false) != OperationStatus.Done)
            return false;
        ReadOnlySpan<char> text = _word.AsSpan(0, length).Trim();
        if (text.IsEmpty && columns == 1)
            return false; // a blank line
        if (ColumnBuilder.IsNumber(text, out double value))
        {
            table.Set(row, column, value);
            return double.IsFinite(value);
        }
        Set(row, column, _known[column].Add(cell, ColumnBuilder.IsMissing(text) ? null : text.ToString()));
        return true;
    }

    private void Set(int row, int column, string? word)
    {
        if (word is null)
            table.Set(row, column, double.NaN);
        else
            table.Set(row, column, word);
    }

    private int End(ReadOnlySpan<byte> text, int at, int column)
    {
        if (column < columns - 1)
            return at < text.Length && text[at] == delimiter ? at + 1 : -1;
        if (!hasCarriageReturns)
            return at < text.Length && text[at] == '\n' ? at + 1 : -1;
        return at + 1 < text.Length && text[at] == '\r' && text[at + 1] == '\n' ? at + 2 : -1;
    }
}
