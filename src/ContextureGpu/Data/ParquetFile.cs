using Parquet;
using Parquet.Schema;

namespace ContextureGpu;

/// <summary>
/// Apache Parquet files with flat columns of numbers, truth values and texts, nullable or not, of any encoding and number of row groups. Cells mean what they mean
/// in a text file: null, NaN, an empty text and the words of <see cref="ColumnBuilder.IsMissing"/> are missing, truth values are the texts true and false.
/// </summary>
internal static class ParquetFile
{
    private const string Accepted = "numbers, truth values and texts are read; leave the column out of the file";

    public static DataTable Read(string path)
    {
        using FileStream stream = InputFile.Open(path);
        try
        {
            CheckEnd(stream, path);
            return Read(stream, path).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (ContextureException or OutOfMemoryException))
        {
            // The parser meets damage with exceptions of a dozen types.
            throw new InputException($"{path}: the file cannot be read as Parquet; it is of another kind, damaged or cut off: {e.Message}", e);
        }
    }

    // A file ends with its description (whose last byte is 0: the parser would look for it for ever), the length of that (int32) and the mark.
    private static void CheckEnd(FileStream stream, string path)
    {
        Span<byte> end = stackalloc byte[9];
        if (stream.Length < 4 + end.Length)
            throw new InputException($"{path}: the file cannot be read as Parquet; it is too short");
        stream.Position = stream.Length - end.Length;
        stream.ReadExactly(end);
        if (end[0] != 0 || !end[5..].SequenceEqual("PAR1"u8))
            throw new InputException($"{path}: the file cannot be read as Parquet; it does not end as one");
        stream.Position = 0;
    }

    private static async Task<DataTable> Read(FileStream stream, string path)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(stream).ConfigureAwait(false);
        DataField[] fields = [.. reader.Schema.Fields.Select(f => Flat(f, path))];
        long rows = 0;
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(g);
            rows += group.RowCount is >= 0 and var count ? count : throw new InvalidDataException($"row group {g} has {group.RowCount} rows");
        }
        if (fields.Length == 0 || rows == 0)
            throw new InputException($"{path}: there are {fields.Length} columns and {rows} rows; at least one of each is needed");
        if (rows > Array.MaxLength)
            throw new InputException($"{path}: there are {rows} rows; at most {Array.MaxLength} are read");

        var columns = new DataColumn[fields.Length];
        for (int j = 0; j < columns.Length; j++)
            columns[j] = await Column(reader, fields[j], (int)rows, path).ConfigureAwait(false);
        return new DataTable(path, (int)rows, columns);
    }

    private static DataField Flat(Field field, string path) => field switch
    {
        DataField { IsArray: false } flat => flat,
        _ => throw new InputException($"{path}: column {Naming.Quote(field.Name)} is nested (a list, a map or a structure); only flat columns are read; leave it out of the file"),
    };

    private static async Task<DataColumn> Column(ParquetReader reader, DataField field, int rows, string path)
    {
        if (field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>))
            return new DataColumn(field.Name, await Texts(reader, field, rows).ConfigureAwait(false));
        if (field.ClrType == typeof(bool))
            return new DataColumn(field.Name, await Cells<bool, string>(reader, field, rows, v => v switch { null => null, true => "true", false => "false" }).ConfigureAwait(false));

        double[] numbers = Type.GetTypeCode(field.ClrType) switch
        {
            TypeCode.Double => await Numbers<double>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.Single => await Numbers<float>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.SByte => await Numbers<sbyte>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.Byte => await Numbers<byte>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.Int16 => await Numbers<short>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.UInt16 => await Numbers<ushort>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.Int32 => await Numbers<int>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.UInt32 => await Numbers<uint>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.Int64 => await Numbers<long>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.UInt64 => await Numbers<ulong>(reader, field, rows, v => v).ConfigureAwait(false),
            TypeCode.Decimal => await Numbers<decimal>(reader, field, rows, v => (double)v).ConfigureAwait(false),
            _ => throw new InputException($"{path}: column {Naming.Quote(field.Name)} holds values of type {field.ClrType.Name}; {Accepted}"),
        };
        int infinite = Array.FindIndex(numbers, double.IsInfinity);
        return infinite < 0
            ? new DataColumn(field.Name, numbers)
            : throw new InputException($"{path}: row {infinite + 1}, column {Naming.Quote(field.Name)} holds an infinite number; numbers must be finite, and null stands for a missing one");
    }

    private static Task<double[]> Numbers<T>(ParquetReader reader, DataField field, int rows, Func<T, double> number)
        where T : struct => Cells<T, double>(reader, field, rows, v => v is { } value ? number(value) : double.NaN);

    /// <summary>The cells of a column of values, group by group, no more than one group at a time in the form they have in the file.</summary>
    private static async Task<TCell[]> Cells<T, TCell>(ParquetReader reader, DataField field, int rows, Func<T?, TCell?> cell)
        where T : struct
    {
        var cells = new TCell[rows];
        int done = 0;
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(g);
            int count = (int)group.RowCount;
            if (field.IsNullable)
            {
                var values = new T?[count];
                await group.ReadAsync(field, values.AsMemory()).ConfigureAwait(false);
                for (int i = 0; i < count; i++)
                    cells[done + i] = cell(values[i])!;
            }
            else
            {
                var values = new T[count];
                await group.ReadAsync(field, values.AsMemory()).ConfigureAwait(false);
                for (int i = 0; i < count; i++)
                    cells[done + i] = cell(values[i])!;
            }
            done += count;
        }
        return cells;
    }

    private static async Task<string?[]> Texts(ParquetReader reader, DataField field, int rows)
    {
        var texts = new string?[rows];
        var known = new Dictionary<string, string>(StringComparer.Ordinal); // one copy of each level
        int done = 0;
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(g);
            int count = (int)group.RowCount;
            await group.ReadAsync(field, texts.AsMemory(done, count)!).ConfigureAwait(false);
            for (int i = done; i < done + count; i++)
            {
                string? text = texts[i]?.Trim();
                if (text is null || ColumnBuilder.IsMissing(text))
                    texts[i] = null;
                else if (known.TryGetValue(text, out string? same))
                    texts[i] = same;
                else
                    known.Add(text, texts[i] = text);
            }
            done += count;
        }
        return texts;
    }
}
