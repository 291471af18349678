using System.IO.Compression;
using System.Text;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>Files: which are opened how, and what is said of those that cannot be.</summary>
public sealed class TableFileTests
{
    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(content);
        return packed.ToArray();
    }

    private static string Refusal(string path)
    {
        string message = Assert.Throws<InputException>(() => DataTable.Read(path)).Message;
        Assert.StartsWith(path + ": ", message, StringComparison.Ordinal);
        return message;
    }

    [Fact]
    public void EveryKindOfText()
    {
        using var folder = new TemporaryFolder();
        byte[] commas = Utf8("a,b\n1,é\n2,y\n"), tabs = Utf8("a\tb\n1\té\n2\ty\n");
        foreach (string path in (string[])[
            folder.File("t.csv", commas), folder.File("T.CSV", commas), folder.File("t.csv.gz", Gzip(commas)), folder.File("t.tsv", tabs), folder.File("t.tsv.GZ", Gzip(tabs)),
            folder.File("mark.csv", [0xEF, 0xBB, 0xBF, .. commas]), folder.File("parts.csv.gz", [.. Gzip(commas[..5]), .. Gzip(commas[5..])])])
        {
            DataTable table = DataTable.Read(path);
            Assert.Equal(path, table.Source);
            Assert.Equal([1, 2], table.Numbers(0).ToArray());
            Assert.Equal(["é", "y"], table.Texts(1));
        }
    }

    [Fact]
    public void NumPyFilesAreTables()
    {
        using var folder = new TemporaryFolder();
        NpyFile.Write(folder.File("m.npy"), [1.5f, float.NaN, 3, 4], 2, 2);
        DataTable table = DataTable.Read(folder.File("m.npy"));
        Assert.Equal(["x0", "x1"], table.ColumnNames);
        Assert.Equal([1.5, 3], table.Numbers(0).ToArray());
        Assert.Equal([null, "4"], table.Texts(1)); // NaN is a missing value
        NpyFile.Write(folder.File("i.npy"), [1, 2, 3, double.NegativeInfinity], 2, 2);
        Assert.Contains("row 2, column 'x1'", Refusal(folder.File("i.npy")), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatCannotBeOpened()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such file", Refusal(folder.File("absent.csv")), StringComparison.Ordinal);
        Assert.Contains("no such file", Refusal(folder.File("absent.npy")), StringComparison.Ordinal);
        Directory.CreateDirectory(folder.File("folder.csv"));
        Assert.Contains("directory", Refusal(folder.File("folder.csv")), StringComparison.Ordinal);
        foreach (string name in (string[])["t.xlsx", "t", "t.gz", "t.npy.gz", "t.parquet.gz", "t.txt", ""])
            Assert.Contains("accepted are .csv, .csv.gz, .tsv, .tsv.gz, .npy, .parquet", Assert.Throws<InputException>(() => DataTable.Read(name)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatMayNotBeReadIsNamed()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("t.csv", Utf8("a\n1\n"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.None);
        else
            Assert.Skip("File modes are those of Unix");
        if (Environment.IsPrivilegedProcess)
            Assert.Skip("The superuser may read every file");
        Assert.Contains("cannot be read", Refusal(path), StringComparison.Ordinal);
    }

    [Fact]
    public void EmptyAndForeignContent()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("nothing in it", Refusal(folder.File("empty.csv", [])), StringComparison.Ordinal);
        Assert.Contains("nothing in it", Refusal(folder.File("mark.csv", [0xEF, 0xBB, 0xBF])), StringComparison.Ordinal);
        Assert.Contains("nothing in it", Refusal(folder.File("empty.csv.gz", Convert.FromHexString("1f8b0800000000000003030000000000" + "00000000"))), StringComparison.Ordinal);
        Refusal(folder.File("nothing.csv.gz", []));
        Refusal(folder.File("nothing.npy", []));
        Assert.Contains("UTF-8", Refusal(folder.File("latin.csv", [.. Utf8("a,b\n1,"), 0xE9, (byte)'\n'])), StringComparison.Ordinal);
        Assert.Contains("UTF-8", Refusal(folder.File("packed.csv", Gzip(Utf8("a,b\n1,2\n")))), StringComparison.Ordinal);
        Assert.Contains("UTF-8", Refusal(folder.File("wide.csv", Encoding.Unicode.GetBytes("a,b\n1,2\n"))), StringComparison.Ordinal);
        Assert.Contains("compressed data", Refusal(folder.File("plain.csv.gz", Utf8("a,b\n1,2\n"))), StringComparison.Ordinal);
    }

    /// <summary>A compressed file cut anywhere, or with any byte changed, never passes for a whole one.</summary>
    [Fact]
    public void DamagedCompressionIsNoticed()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = Gzip(Utf8("a,b\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i},{i * i}\n"))));
        for (int length = 0; length < whole.Length; length++)
            Refusal(folder.File("cut.csv.gz", whole[..length]));
        for (int at = 10; at < whole.Length - 4; at++) // the ten bytes of the header hold a date and the like; the last four are the length
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            Refusal(folder.File("changed.csv.gz", damaged));
        }
    }
}
