using System.Text;

namespace ContextureGpu;

/// <summary>
/// How a <see cref="Preprocessing"/> lies in a file. Little-endian: the mark "CXPP", version 1 (int32), the number of warnings and each (text), the number of columns and
/// each: kind (byte), name (text), then mean, center and scale (float64), or the number of levels and each (text). A text is its length in bytes (int32) and its UTF-8.
/// </summary>
internal static class PreprocessingFormat
{
    private const int Version = 1, LongestText = 1 << 20, MostEntries = 1 << 24;
    private const byte Numeric = 1, Category = 2;
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private static ReadOnlySpan<byte> Mark => "CXPP"u8;

    public static void Write(BinaryWriter writer, Preprocessing preprocessing)
    {
        writer.Write(Mark);
        writer.Write(Version);
        WriteTexts(writer, preprocessing.Warnings);
        writer.Write(preprocessing.Encodings.Count);
        foreach (ColumnEncoding encoding in preprocessing.Encodings)
        {
            switch (encoding)
            {
                case NumericEncoding numeric:
                    writer.Write(Numeric);
                    WriteText(writer, numeric.Column);
                    writer.Write(numeric.Mean);
                    writer.Write(numeric.Center);
                    writer.Write(numeric.Scale);
                    break;
                case CategoryEncoding category:
                    writer.Write(Category);
                    WriteText(writer, category.Column);
                    WriteTexts(writer, category.Levels);
                    break;
                default:
                    throw new InvalidOperationException($"An encoding of type {encoding.GetType().Name} has no form in a file.");
            }
        }
    }

    public static Preprocessing Read(BinaryReader reader)
    {
        try
        {
            Span<byte> mark = stackalloc byte[Mark.Length];
            if (reader.Read(mark) < mark.Length || !mark.SequenceEqual(Mark))
                throw Damaged("the mark is missing");
            int version = reader.ReadInt32();
            if (version != Version)
                throw Damaged($"version {version} is not known, only {Version}");
            string[] warnings = ReadTexts(reader, "warnings");
            int count = Count(reader, "columns", smallest: 1 + sizeof(int));
            List<ColumnEncoding> encodings = [];
            var names = new HashSet<string>(StringComparer.Ordinal);
            long inputs = 0;
            for (int i = 0; i < count; i++)
            {
                ColumnEncoding encoding = ReadEncoding(reader);
                if (string.IsNullOrWhiteSpace(encoding.Column) || !names.Add(encoding.Column))
                    throw Damaged("a column has no name, or that of another");
                inputs += encoding.Width;
                if (inputs > Array.MaxLength)
                    throw Damaged("there are too many inputs");
                encodings.Add(encoding);
            }
            return encodings.Count > 0 ? new Preprocessing(encodings, warnings) : throw Damaged("there are no columns");
        }
        catch (Exception e) when (e is IOException or DecoderFallbackException)
        {
            throw Damaged(e is EndOfStreamException ? "it ends too early" : e.Message, e);
        }
    }

    private static ColumnEncoding ReadEncoding(BinaryReader reader)
    {
        byte kind = reader.ReadByte();
        string name = ReadText(reader);
        if (kind == Numeric)
        {
            (double mean, double center, double scale) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            return double.IsFinite(mean) && double.IsFinite(center) && double.IsFinite(scale) && scale >= 0
                ? new NumericEncoding(name, mean, center, scale)
                : throw Damaged($"the numbers of column {Naming.Quote(name)} are not finite, or the scale is negative");
        }
        if (kind != Category)
            throw Damaged($"column {Naming.Quote(name)} is of the unknown kind {kind}");
        string[] levels = ReadTexts(reader, "levels");
        for (int k = 1; k < levels.Length; k++)
        {
            if (string.CompareOrdinal(levels[k - 1], levels[k]) >= 0)
                throw Damaged($"the levels of column {Naming.Quote(name)} are not in order");
        }
        return levels.Length > 0 ? new CategoryEncoding(name, levels) : throw Damaged($"column {Naming.Quote(name)} has no levels");
    }

    private static void WriteTexts(BinaryWriter writer, IReadOnlyCollection<string> texts)
    {
        writer.Write(texts.Count);
        foreach (string text in texts)
            WriteText(writer, text);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        try
        {
            byte[] bytes = StrictUtf8.GetBytes(text);
            if (bytes.Length > LongestText)
                throw new InputException($"The name {Naming.Quote(text)} is {bytes.Length} bytes long; models keep names of up to {LongestText}");
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }
        catch (EncoderFallbackException e)
        {
            throw new InputException($"The name {Naming.Quote(text)} is not valid Unicode (half of a surrogate pair)", e);
        }
    }

    private static string[] ReadTexts(BinaryReader reader, string what)
    {
        int count = Count(reader, what, smallest: sizeof(int));
        List<string> texts = [];
        for (int i = 0; i < count; i++)
            texts.Add(ReadText(reader));
        return [.. texts];
    }

    private static string ReadText(BinaryReader reader)
    {
        int length = Count(reader, "bytes of a text", smallest: 1, LongestText);
        byte[] bytes = reader.ReadBytes(length);
        return bytes.Length == length ? StrictUtf8.GetString(bytes) : throw new EndOfStreamException();
    }

    /// <summary>A count that the rest of the stream can hold, if each of what is counted takes at least <paramref name="smallest"/> bytes.</summary>
    private static int Count(BinaryReader reader, string what, int smallest, int most = MostEntries)
    {
        int count = reader.ReadInt32();
        Stream stream = reader.BaseStream;
        if (count < 0 || count > most || (stream.CanSeek && (long)count * smallest > stream.Length - stream.Position))
            throw Damaged($"it announces {count} {what}");
        return count;
    }

    private static InputException Damaged(string why, Exception? inner = null) => new($"The description of the columns in the model is damaged: {why}", inner);
}
