using System.Text;

namespace ContextureGpu;

/// <summary>Opens a file of data by its extension.</summary>
internal static class TableFile
{
    private const string Accepted = "accepted are .csv, .csv.gz, .tsv, .tsv.gz, .npy, .parquet, and - for CSV from standard input";

    public static DataTable Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path == "-")
        {
            using Stream input = Console.OpenStandardInput();
            return InputFile.Guard("standard input", () => Text(input, "standard input", ','));
        }
        bool compressed = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        string extension = Path.GetExtension(compressed ? path[..^3] : path).ToUpperInvariant();
        char delimiter = extension == ".TSV" ? '\t' : ',';
        if (extension is not (".CSV" or ".TSV" or ".NPY" or ".PARQUET") || (compressed && extension is ".NPY" or ".PARQUET"))
            throw new InputException($"{path}: files of this kind are not read; {Accepted}");
        if (extension == ".NPY")
            return NpyFile.ReadTable(path);
        if (extension == ".PARQUET")
            return ParquetFile.Read(path);
        using FileStream file = InputFile.Open(path);
        if (file.CanSeek)
        {
            if (Unpacked(PlainDelimitedText.TryRead) is { } table)
                return table;
            file.Position = 0;
        }
        return Unpacked(Text);

        T Unpacked<T>(Func<Stream, string, char, T> read)
        {
            if (!compressed)
                return InputFile.Guard(path, () => read(file, path, delimiter));
            using var unpacked = new GzipFile(file);
            return InputFile.Guard(path, () => read(unpacked, path, delimiter));
        }
    }

    private static DataTable Text(Stream stream, string source, char delimiter)
    {
        using var reader = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, 1 << 16, leaveOpen: true);
        return DelimitedText.Read(reader, source, delimiter);
    }
}
