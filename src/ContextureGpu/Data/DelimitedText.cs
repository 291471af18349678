using System.Text;
using Sylvan.Data.Csv;

namespace ContextureGpu;

/// <summary>
/// Reads CSV and TSV (RFC 4180: quotes round cells, doubled inside, delimiters and line ends allowed between them) into a table. The parser lets
/// rows of any length, comments and mixed line ends pass; all of that is looked at here and refused with its line.
/// </summary>
internal static class DelimitedText
{
    private const int FirstBuffer = 1 << 16, LongestRow = 1 << 24;

    public static DataTable Read(TextReader reader, string source, char delimiter)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var options = new CsvDataReaderOptions
        {
            HasHeaders = false,
            Delimiter = delimiter,
            Comment = '\0', // never in the text, see PlainText
            BufferSize = FirstBuffer,
            MaxBufferSize = LongestRow,
            OwnsReader = false,
        };
        int line = 1;
        try
        {
            using var text = new PlainText(reader, source);
            using CsvDataReader csv = CsvDataReader.Create(text, options);
            return Read(csv, source, ref line);
        }
        catch (CsvRecordTooLargeException e)
        {
            throw new InputException($"{source}: the row that begins in line {line} is longer than {LongestRow} characters; is a quote missing?", e);
        }
        catch (CsvFormatException e)
        {
            throw new InputException($"{source}: the quotes in the row that begins in line {line} do not match: {e.Message} Write \"\" for a quote inside a quoted cell.", e);
        }
        catch (DecoderFallbackException e)
        {
            throw new InputException($"{source}: the text is not UTF-8 (noticed after line {line}); save it as UTF-8, and name it .gz if it is compressed", e);
        }
    }

    private static DataTable Read(CsvDataReader csv, string source, ref int line)
    {
        if (!csv.Read())
            throw new InputException($"{source}: there is nothing in it; a header row and at least one row of data are needed");
        string[] names = Header(csv, source);
        line += LineEnds(csv.GetRawRecordSpan());

        ColumnBuilder[] columns = [.. names.Select(n => new ColumnBuilder(source, n))];
        var feed = new ColumnFeed(columns);
        (int rows, int blank) = (0, 0);
        while (csv.Read())
        {
            ReadOnlySpan<char> record = csv.GetRawRecordSpan();
            if (csv.RowFieldCount == 1 && record.IsWhiteSpace())
            {
                blank = blank == 0 ? line : blank;
            }
            else
            {
                if (blank != 0)
                    throw new InputException($"{source}: line {blank} is blank; remove it, or write ? for a missing value");
                if (csv.RowFieldCount != columns.Length)
                    throw new InputException($"{source}: row {rows + 1} (line {line}) has {csv.RowFieldCount} cells, the header has {columns.Length}");
                bool anyQuote = record.Contains('"'), anyLineEnd = anyQuote || record.TrimEnd("\r\n").ContainsAny('\r', '\n');
                feed.BeginRow(line);
                for (int j = 0; j < columns.Length; j++)
                {
                    ReadOnlySpan<char> cell = csv.GetFieldSpan(j);
                    bool quoted = anyQuote && IsQuoted(record, cell);
                    if (anyLineEnd && !quoted && cell.ContainsAny('\r', '\n'))
                        throw new InputException($"{source}: line {line} has a line end of another kind in it than the others; end all lines alike");
                    feed.Add(cell, quoted);
                }
                rows++;
            }
            line += LineEnds(record);
        }
        if (rows == 0)
            throw new InputException($"{source}: there is a header ({Naming.List(names)}) and no row of data below it");
        bool quotesMeanText = feed.Finish();
        return new DataTable(source, rows, columns.Select(c => c.Build(quotesMeanText)));
    }

    private static string[] Header(CsvDataReader csv, string source)
    {
        var names = new string[csv.RowFieldCount];
        for (int j = 0; j < names.Length; j++)
            names[j] = csv.GetFieldSpan(j).Trim().ToString();
        DataTable.IndexByName(names, source);
        if (names.All(n => ColumnBuilder.IsNumber(n, out _)))
            throw new InputException($"{source}: every cell of the first line is a number ({Naming.List(names)}); it must be a header with the names of the columns");
        return names;
    }

    /// <summary>Whether a cell stood in quotes: it lies behind one in the record, or had doubled quotes and was copied elsewhere.</summary>
    private static bool IsQuoted(ReadOnlySpan<char> record, ReadOnlySpan<char> cell) =>
        !cell.IsEmpty && (!record.Overlaps(cell, out int start) || (start > 0 && record[start - 1] == '"'));

    private static int LineEnds(ReadOnlySpan<char> record)
    {
        int count = 0;
        for (int at = record.IndexOfAny('\r', '\n'); at >= 0; at = record.IndexOfAny('\r', '\n'))
        {
            count++;
            record = record[(at + (record[at] == '\r' && at + 1 < record.Length && record[at + 1] == '\n' ? 2 : 1))..];
        }
        return count;
    }

    /// <summary>
    /// The text without its byte order mark, in full buffers (a parser that grows its buffer must not be fed in crumbs), and without the
    /// character 0, which no text has: UTF-16 without a mark and binary files do.
    /// </summary>
    private sealed class PlainText(TextReader inner, string source) : TextReader
    {
        private bool _begun;

        public override int Read(char[] buffer, int index, int count)
        {
            int read = inner.ReadBlock(buffer, index, count);
            Span<char> text = buffer.AsSpan(index, read);
            if (text.Contains('\0'))
                throw new InputException($"{source}: this is no text in UTF-8 (it contains the character 0)");
            if (!_begun && read > 0 && text[0] == '\uFEFF')
            {
                text[1..].CopyTo(text);
                _begun = true;
                return read > 1 ? read - 1 : Read(buffer, index, count);
            }
            _begun = true;
            return read;
        }
    }
}
