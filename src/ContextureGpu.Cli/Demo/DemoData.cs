using System.IO.Compression;

namespace ContextureGpu.Cli;

/// <summary>The embedded data set: UCI's optical digits (E. Alpaydin and C. Kaynak, 1998, CC BY 4.0), 1,797 rows of 64 pixels and the digit.</summary>
internal static class DemoData
{
    /// <summary>The column that holds the digit.</summary>
    public const string ClassColumn = "digit";

    /// <summary>The table.</summary>
    public static DataTable Digits()
    {
        using Stream packed = typeof(DemoData).Assembly.GetManifestResourceStream("optical-digits.csv.gz")
            ?? throw new InvalidOperationException("the embedded data set is missing from this build");
        using var reader = new StreamReader(new GZipStream(packed, CompressionMode.Decompress));
        return DataTable.ReadText(reader, "optical digits (embedded)", ',');
    }
}
