using System.Globalization;
using System.Text;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>The quick reader makes the table that the careful one makes, or none.</summary>
public sealed class PlainDelimitedTextTests
{
    private static DataTable? Plain(string text, char delimiter = ',') => Plain(Encoding.UTF8.GetBytes(text), delimiter);

    private static DataTable? Plain(byte[] bytes, char delimiter = ',')
    {
        using var stream = new MemoryStream(bytes);
        return PlainDelimitedText.TryRead(stream, "file.csv", delimiter);
    }

    private static DataTable Careful(string text, char delimiter = ',') => DataTable.ReadText(new StringReader(text), "file.csv", delimiter);

    private static void AssertEqual(DataTable expected, DataTable? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal((expected.Source, expected.Rows), (actual.Source, actual.Rows));
        Assert.Equal(expected.ColumnNames, actual.ColumnNames);
        for (int j = 0; j < expected.ColumnNames.Count; j++)
        {
            Assert.Equal(expected.IsNumeric(j), actual.IsNumeric(j));
            if (expected.IsNumeric(j))
                Assert.Equal(expected.Numbers(j).ToArray().Select(BitConverter.DoubleToInt64Bits), actual.Numbers(j).ToArray().Select(BitConverter.DoubleToInt64Bits));
            else
                Assert.Equal(expected.Texts(j), actual.Texts(j));
        }
    }

    [Theory]
    [InlineData("a,b\n1,2\n3,4\n")]
    [InlineData("a,b\n1,2\n3,4")]
    [InlineData("a,b\r\n1,x\r\n3,y\r\n")]
    [InlineData("a,b\r\n1,x\r\n3,")]
    [InlineData("a,b\n1,2\n\n\n")]
    [InlineData("a,b\r\n1,2\r\n\r\n")]
    [InlineData("\uFEFFa,b\n1,2\n")]
    [InlineData("\"a\",\" b c\"\n1,\"x y\"\n2,\"3,5\"\n")]
    [InlineData("a,b\n,NA\n?,\n1, null \n")]
    [InlineData("a,b\n-0,+1\n.5,5.\n1e5,-2.5E-3\n00012,1e200\n")]
    [InlineData("a\n12345678901234567890\n0.1234567890123456789012345\n1e-300\n5e-324\n")]
    [InlineData("a,b\n 1 ,  2\n")]
    [InlineData("naïve,größe\n1,später\n2,\u5927\u304d\u3044\n")]
    [InlineData("a,b\n?,1\nNA,2\n")]
    [InlineData("a\n1\n2\n")]
    [InlineData("a,b\n1,1e5x\n2,12:30\n3,1.2.3\n")]
    [InlineData("a,b\n1,\"\"\n2,\"x\"\n")]
    public void PlainFiles(string text)
    {
        AssertEqual(Careful(text.TrimStart('\uFEFF')), Plain(text));
        AssertEqual(Careful(text.TrimStart('\uFEFF').Replace(',', '\t'), '\t'), Plain(text.Replace(',', '\t'), '\t'));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a,b\n")]
    [InlineData("a,a\n1,2\n")]
    [InlineData("a,\n1,2\n")]
    [InlineData("1,2\n3,4\n")]
    [InlineData("a,b\n1,2,3\n")]
    [InlineData("a,b\n1\n")]
    [InlineData("a,b\n1,2\n\n3,4\n")]
    [InlineData("a\n1\n \n2\n")]
    [InlineData("a,b\n1,2\r\n")]
    [InlineData("a,b\r\n1,2\n")]
    [InlineData("a,b\n1,x\ry\n")]
    [InlineData("a,b\n1,\"x\ny\"\n")]
    [InlineData("a,b\n1,\"x \"\"y\"\"\"\n")]
    [InlineData("a,b\n1,x\"y\n")]
    [InlineData("a,b\n1,\"x\n")]
    [InlineData("a,b\n1,\"x\"y\n")]
    [InlineData("a,b\n1,inf\n")]
    [InlineData("a,b\n1,1e400\n")]
    [InlineData("a,b\n1,x\n2,3\n")]
    [InlineData("a,b\n1,x\0\n")]
    public void WhatIsNotPlainIsLeft(string text) => Assert.Null(Plain(text));

    [Fact]
    public void WhatIsNotUtf8IsLeft()
    {
        Assert.Null(Plain([.. "a,b\n1,"u8, 0xFF, (byte)'\n']));
        Assert.Null(Plain([.. "a,b"u8, 0xC3, .. "\n1,2\n"u8]));
        Assert.Null(Plain([0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a,b\n1,2\n")]));
    }

    /// <summary>Many blocks: lines that blocks cut, words that only late blocks have, and the end of the file at and about the end of a block.</summary>
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void ManyBlocks(string lineEnd)
    {
        var text = new StringBuilder($"number,word,rare,gap{lineEnd}");
        for (int i = 0; text.Length < 5 * LineBlocks.Size; i++)
            text.Append(CultureInfo.InvariantCulture, $"{Math.Sin(i)},w{i % 1000},{(i % 30_000 == 29_999 ? "seldom" : "")},{(i % 5 == 0 ? "NA" : $"{i}")}{lineEnd}");
        AssertEqual(Careful(text.ToString()), Plain(text.ToString()));
        text.Append(CultureInfo.InvariantCulture, $"1,x,5,2{lineEnd}"); // a number among the words
        Assert.Null(Plain(text.ToString()));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AFileAsLongAsABlock(int more)
    {
        var text = new StringBuilder("a,b\n");
        while (text.Length < LineBlocks.Size - 20)
            text.Append("1,2\n");
        text.Append("1,").Append('3', LineBlocks.Size + more - text.Length - 2);
        AssertEqual(Careful(text.ToString()), Plain(text.ToString()));
        text[^1] = '\n';
        AssertEqual(Careful(text.ToString()), Plain(text.ToString()));
    }

    [Fact]
    public void ALineLongerThanABlockIsLeft()
    {
        Assert.Null(Plain("a,b\n1," + new string('x', LineBlocks.Size)));
        Assert.Null(Plain("a,b" + new string('x', LineBlocks.Size) + "\n1,2\n"));
    }

    /// <summary>Random texts of the characters that matter: equal to the careful reader, which must not refuse what this one accepts.</summary>
    [Fact]
    public void RandomTexts()
    {
        var random = new Random(5);
        string[] pieces = ["1", "-2.5", "3e2", "x", "NA", "", " ", "\"", "\"\"", "?", ",", "\n", "\r\n", "\r", "\u00e9", "0", ".", "e", "+", "inf"];
        string[] cells = ["1", "-2.5", "3e2", "x", "NA", "", "\"q\"", "\"a,b\"", " 7 ", "0.1", "12345678901234567", "\"5\"", "e", "1e", "-"];
        int accepted = 0, refused = 0;
        for (int trial = 0; trial < 20_000; trial++)
        {
            var text = new StringBuilder();
            int columns = random.Next(1, 4);
            string lineEnd = random.Next(4) == 0 ? "\r\n" : "\n";
            text.AppendJoin(',', Enumerable.Range(0, columns).Select(j => $"c{j}")).Append(lineEnd);
            for (int row = random.Next(1, 5); row > 0; row--)
                text.AppendJoin(',', Enumerable.Range(0, columns).Select(j => cells[random.Next(1 + (((j * 7) + trial) % cells.Length))])).Append(lineEnd);
            for (int change = random.Next(3); change > 0; change--)
                text.Insert(random.Next(text.Length + 1), pieces[random.Next(pieces.Length)]);
            DataTable? plain = Plain(text.ToString());
            if (plain is null)
            {
                refused++;
                continue;
            }
            AssertEqual(Careful(text.ToString()), plain);
            accepted++;
        }
        Assert.True(accepted > 4000 && refused > 1000, $"{accepted} accepted, {refused} left");
    }
}
