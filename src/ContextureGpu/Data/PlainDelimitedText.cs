namespace ContextureGpu;

/// <summary>
/// Reads the CSV and TSV that most files are, by all threads: blocks of lines, numbers parsed from the bytes. Anything unusual (cells over several lines, doubled quotes, a row
/// of another length, a column of numbers and words) makes it give up; <see cref="DelimitedText"/> then reads the file from the beginning and says what is wrong, if anything is.
/// </summary>
internal static class PlainDelimitedText
{
    /// <summary>Reads a table.</summary>
    /// <param name="stream">The text, from its beginning; not closed.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="delimiter">What stands between cells, in ASCII.</param>
    /// <returns>The table that <see cref="DelimitedText"/> would make of it, or null where something is not plain.</returns>
    public static DataTable? TryRead(Stream stream, string source, char delimiter)
    {
        try
        {
            return ReadPlain(stream, source, delimiter);
        }
        catch (Exception e) when (IsOfTheFile(e) || (e is AggregateException all && all.InnerExceptions.All(IsOfTheFile)))
        {
            return null;
        }

        static bool IsOfTheFile(Exception e) => e is InvalidDataException or IOException;
    }

    private static DataTable? ReadPlain(Stream stream, string source, char delimiter)
    {
        var blocks = new LineBlocks(stream);
        byte[] buffer = LineBlocks.Buffer();
        if (!blocks.TryTake(buffer, out LineBlock first))
            return null;
        ReadOnlySpan<byte> text = buffer.AsSpan(0, first.Length);
        int begin = text.StartsWith("\uFEFF"u8) ? 3 : 0, below = text.IndexOf((byte)'\n') + 1;
        if (PlainRows.Header(text[begin..(below - blocks.LineEnd.Length)], (byte)delimiter) is not { } names || !AreNames(names))
            return null;

        using var columns = new PlainColumns(names.Length);
        int expected = stream.CanSeek ? (int)Math.Min(Array.MaxLength, (stream.Length / first.Length * first.Lines) + first.Lines) : first.Lines;
        long rows = 0;
        bool gaveUp = false;
        Parallel.For(0, first.IsLast ? 1 : Environment.ProcessorCount, worker =>
        {
            var reader = new PlainRows(columns, names.Length, (byte)delimiter, hasCarriageReturns: blocks.LineEnd.Length == 2);
            byte[] own = worker == 0 ? buffer : LineBlocks.Buffer();
            if (worker == 0)
                Take(reader, own.AsMemory(below, first.Length - below), 0, first);
            while (!Volatile.Read(ref gaveUp) && blocks.TryTake(own, out LineBlock block))
                Take(reader, own.AsMemory(0, block.Length), block.Above - 1, block);
        });
        return gaveUp || rows == 0 ? null : Table(columns, source, names, (int)rows);

        void Take(PlainRows reader, ReadOnlyMemory<byte> lines, long top, LineBlock block)
        {
            int read = -1;
            if (top + block.Lines > Array.MaxLength || !columns.Fill((int)top + block.Lines, expected, () => (read = reader.Read(lines.Span, (int)top, block.IsLast)) >= 0))
                Volatile.Write(ref gaveUp, true);
            Interlocked.Add(ref rows, read);
        }
    }

    // Names that need a word are left to the reader that has it.
    private static bool AreNames(string[] names) =>
        names.All(n => n.Length > 0) && names.Distinct(StringComparer.Ordinal).Count() == names.Length && !names.All(n => ColumnBuilder.IsNumber(n, out _));

    private static DataTable? Table(PlainColumns columns, string source, string[] names, int rows)
    {
        DataColumn?[] all = [.. names.Select((name, j) => columns.Column(name, j, rows))];
        return all.Contains(null) ? null : new DataTable(source, rows, all!);
    }
}
