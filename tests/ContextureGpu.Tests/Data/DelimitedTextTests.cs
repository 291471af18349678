using System.Globalization;
using System.Text;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>What tables are made of text, and what is refused with which words.</summary>
public sealed class DelimitedTextTests
{
    private static DataTable Read(string text, char delimiter = ',') => DataTable.ReadText(new StringReader(text), "file.csv", delimiter);

    private static string Refusal(string text, char delimiter = ',') => Assert.Throws<InputException>(() => Read(text, delimiter)).Message;

    [Fact]
    public void NumbersTextsAndMissingValues()
    {
        DataTable table = Read("a,b,c\n1,x,\n-2.5e3,NA,y\n?,\" z \",3\n");
        Assert.Equal(3, table.Rows);
        Assert.Equal(["a", "b", "c"], table.ColumnNames);
        Assert.Equal("file.csv", table.Source);
        Assert.Equal([1, -2500, double.NaN], table.Numbers(0).ToArray());
        Assert.False(table.IsNumeric(1));
        Assert.Equal(["x", null, "z"], table.Texts(1));
        Assert.False(table.IsNumeric(2)); // one of two is a number: at most half
        Assert.Equal([null, "y", "3"], table.Texts(2));
        Assert.Equal(["1", "-2500", null], table.Texts(0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("NA")]
    [InlineData("na")]
    [InlineData("N/A")]
    [InlineData("NaN")]
    [InlineData(" nan ")]
    [InlineData("null")]
    [InlineData("NULL")]
    [InlineData("?")]
    [InlineData("\"\"")]
    [InlineData("\" ? \"")]
    public void MissingWords(string cell)
    {
        DataTable table = Read($"a,b,c\n1,x,1\n2,y,1\n{cell},{cell},1\n");
        Assert.True(table.IsNumeric(0));
        Assert.True(double.IsNaN(table.Numbers(0)[2]));
        Assert.Null(table.Texts(1)[2]);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("missing")]
    [InlineData("-")]
    [InlineData("N.A.")]
    [InlineData("1,5", "\"1,5\"")]
    [InlineData("0x10")]
    [InlineData("1 000")]
    [InlineData("$5")]
    [InlineData("(5)")]
    [InlineData("--1")]
    [InlineData("1e")]
    [InlineData("-nan")]
    public void DamageAmongNumbers(string text, string? written = null)
    {
        string message = Refusal($"a,b\n1,1\n2,2\n3,{written ?? text}\n4,4\n");
        Assert.StartsWith("file.csv: row 3 (line 4), column 'b' holds '" + text + "', while 3 of the 4 cells", message, StringComparison.Ordinal);
    }

    [Fact]
    public void HalfNumbersAreText()
    {
        Assert.False(Read("a\n1\n2\nx\ny\n").IsNumeric(0));
        Assert.Contains("row 4 (line 5), column 'a' holds 'x'", Refusal("a\n1\n2\n3\nx\ny\n"), StringComparison.Ordinal);
        Assert.Equal(["007", "1.50", "x", "y", null], Read("a\n007\n1.50\nx\ny\n?\n").Texts(0));
    }

    [Fact]
    public void QuotedNumbersAreNamesWhereQuotesMeanSomething()
    {
        DataTable table = Read("code,size\n\"1\",5\n\"02\",6\n\"A\",7\n");
        Assert.Equal(["1", "02", "A"], table.Texts(0));
        Assert.True(Read("code,size\n\"1\",5\n\"2\",6\n").IsNumeric(0));
        Assert.Contains("column 'code' holds 'A'", Refusal("\"code\",\"size\"\n\"1\",\"5\"\n\"2\",\"6\"\n\"A\",\"7\"\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("inf")]
    [InlineData("-inf")]
    [InlineData("Infinity")]
    [InlineData("-INFINITY")]
    [InlineData("+Inf")]
    [InlineData("1e999")]
    [InlineData("-1e400")]
    [InlineData("∞")]
    public void InfinityIsRefused(string cell)
    {
        Assert.StartsWith($"file.csv: row 2 (line 3), column 'b' holds '{cell}', which is infinite", Refusal($"a,b\nx,1\ny,{cell}\n"), StringComparison.Ordinal);
        Assert.Contains("infinite", Refusal($"b\n{cell}\n{cell}\n"), StringComparison.Ordinal);
        Assert.Equal(["x", "y", cell], Read($"b\nx\ny\n{cell}\n").Texts(0));
    }

    [Theory]
    [InlineData("5e-324", 5e-324)]
    [InlineData("1e-999", 0)]
    [InlineData("1.7976931348623157e308", double.MaxValue)]
    [InlineData("+.5", 0.5)]
    [InlineData("-0", -0.0)]
    [InlineData("5.", 5)]
    [InlineData("0.1000000000000000055511151231257827021181583404541015625", 0.1)]
    public void NumbersAtTheEdges(string cell, double value) =>
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(Read($"a\n{cell}\n").Numbers(0)[0]));

    [Fact]
    public void QuotesMayHoldDelimitersLineEndsAndQuotes()
    {
        DataTable table = Read("\"a,1\",b\r\n\"x\ny\"\"z\",\"1\"\r\n\"p,q\",2\r\nlast,oops,\r\n".Replace(",oops,", ",3", StringComparison.Ordinal));
        Assert.Equal("a,1", table.ColumnNames[0]);
        Assert.Equal(["x\ny\"z", "p,q", "last"], table.Texts(0));
        Assert.Equal([1, 2, 3], table.Numbers(1).ToArray());
        Assert.Contains("row 3 (line 5) has 3 cells, the header has 2", Refusal("a,b\n\"x\ny\",1\nz,2\nz,3,4\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,\"x\n2,y\n")]
    [InlineData("a,b\n1,\"x\"y\n2,y\n")]
    [InlineData("a,b\n1,z\n2,\"x\"y\"\n3,z\n")]
    [InlineData("\"a,b\n1,2\n")]
    public void QuotesThatDoNotMatch(string text) => Assert.Contains("quotes", Refusal(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("a,b\n1,2\n3\n4,5\n", "row 2 (line 3) has 1 cells, the header has 2")]
    [InlineData("a,b\n1,2,3\n", "row 1 (line 2) has 3 cells, the header has 2")]
    [InlineData("a,b\n1,2\n\n3,4\n", "line 3 is blank")]
    [InlineData("a\n1\n\n3\n", "line 3 is blank")]
    [InlineData("a,b,a\n1,2,3\n", "columns 1 and 3 are both named 'a'")]
    [InlineData("a,,c\n1,2,3\n", "column 2 of 3 has no name")]
    [InlineData("a,b,\n1,2,3\n", "column 3 of 3 has no name")]
    [InlineData("\na,b\n1,2\n", "column 1 of 1 has no name")]
    [InlineData("1,2.5,-3\n4,5,6\n", "every cell of the first line is a number")]
    [InlineData("", "nothing in it")]
    [InlineData("a,b\n", "no row of data")]
    [InlineData("a,b", "no row of data")]
    [InlineData("a,b\n\n\n", "no row of data")]
    [InlineData("a,b\n1,\0\n", "character 0")]
    public void Refusals(string text, string words)
    {
        string message = Refusal(text);
        Assert.StartsWith("file.csv: ", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3,4")]
    [InlineData("a,b\n1,2\n3,4\n")]
    [InlineData("a,b\n1,2\n3,4\n\n\n")]
    [InlineData("a,b\r\n1,2\r\n3,4\r\n")]
    [InlineData("a,b\r1,2\r3,4\r")]
    [InlineData("\uFEFFa,b\n1,2\n3,4\n")]
    [InlineData(" a , b\n 1 , 2\n3,4\n")]
    [InlineData("\"a\",\"b\"\n\"1\",\"2\"\n\"3\",\"4\"\n")]
    [InlineData("a,b\n1,2\r\n3,4\n")]
    public void LineEndsAndMarks(string text)
    {
        DataTable table = Read(text);
        Assert.Equal(["a", "b"], table.ColumnNames);
        Assert.Equal([1, 3], table.Numbers(0).ToArray());
        Assert.Equal([2, 4], table.Numbers(1).ToArray());
    }

    [Fact]
    public void NothingIsAComment()
    {
        DataTable table = Read("#a,b\n#1,2\n# x,4\n");
        Assert.Equal(["#a", "b"], table.ColumnNames);
        Assert.Equal(["#1", "# x"], table.Texts(0));
    }

    [Fact]
    public void TabsAndSpaces()
    {
        DataTable table = Read("a\tb c\td\n1\tx, y\t\n2\t\t\n", '\t');
        Assert.Equal(["a", "b c", "d"], table.ColumnNames);
        Assert.Equal(["x, y", null], table.Texts(1));
        Assert.Equal([null, null], table.Texts(2)); // entirely missing: readable
    }

    [Fact]
    public void LongCellsAndManyColumns()
    {
        string longCell = new('x', 300_000);
        DataTable table = Read($"a,b\n\"{longCell}\",1\nshort,2\n");
        Assert.Equal(longCell, table.Texts(0)[0]);
        string names = string.Join(',', Enumerable.Range(0, 5000).Select(i => $"c{i}")), numbers = string.Join(',', Enumerable.Range(0, 5000));
        table = Read($"{names}\n{numbers}\n{numbers}\n");
        Assert.Equal(4999, table.Numbers(table.ColumnIndex("c4999"))[1]);
    }

    [Fact]
    public void AQuoteNeverClosedInALongFileIsFoundSoon()
    {
        var text = new StringBuilder("a,b\n1,2\n3,\"4\n");
        for (int i = 0; i < 2_500_000; i++)
            text.Append("55,66,77\n");
        Assert.Contains("line 3", Refusal(text.ToString()), StringComparison.Ordinal);
    }

    /// <summary>Random tables, written with every kind of cell at every position relative to the parser's buffers and vectors, come back as they were.</summary>
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void RandomTablesComeBack(string lineEnd)
    {
        var random = new Philox(20260101, 1);
        long draw = 0;
        int Next(int below) => (int)(random.Uniform(draw++) * below);
        string[] pieces = ["a", "bc", "\"", ",", "\n", "\r\n", " x", "é", "漢", "😀", ".", "long text without anything in it, or nearly", "#", "'"];
        for (int trial = 0; trial < 40; trial++)
        {
            (int rows, int columns) = (1 + Next(200), 1 + Next(40));
            var cells = new string[rows, columns];
            var text = new StringBuilder(string.Join(',', Enumerable.Range(0, columns).Select(j => $"n{j}"))).Append(lineEnd);
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    string cell = "w" + string.Concat(Enumerable.Range(0, Next(6)).Select(_ => pieces[Next(pieces.Length)])) + "w";
                    cells[i, j] = cell;
                    bool quote = cell.AsSpan().IndexOfAny("\",\r\n") >= 0 || Next(8) == 0;
                    text.Append(quote ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell).Append(j + 1 < columns ? "," : lineEnd);
                }
            }
            DataTable table = Read(text.ToString());
            Assert.Equal((rows, columns), (table.Rows, table.ColumnNames.Count));
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < columns; j++)
                    Assert.Equal(cells[i, j], table.Texts(j)[i]);
        }
    }

    /// <summary>Random bytes of the alphabet that matters: a table with full rows, or a refusal.</summary>
    [Fact]
    public void RandomTextsAreReadOrRefused()
    {
        var random = new Philox(20260101, 2);
        long draw = 0;
        string alphabet = "ab1,2.\"\n\r\t -?#";
        (int read, int refused) = (0, 0);
        for (int trial = 0; trial < 3000; trial++)
        {
            string text = "a,b\n" + string.Concat(Enumerable.Range(0, 1 + (int)(random.Uniform(draw++) * 40)).Select(_ => alphabet[(int)(random.Uniform(draw++) * alphabet.Length)]));
            try
            {
                DataTable table = Read(text);
                Assert.Equal(2, table.ColumnNames.Count);
                Assert.True(table.Rows > 0);
                read++;
            }
            catch (InputException e)
            {
                Assert.StartsWith("file.csv: ", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }
        Assert.True(read > 30 && refused > 30, string.Create(CultureInfo.InvariantCulture, $"{read} read, {refused} refused"));
    }
}
