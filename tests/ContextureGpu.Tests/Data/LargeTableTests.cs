using System.Globalization;
using System.Text;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>Tables of many batches: every cell in its place, and what is decided at the end knows the first and the last batch.</summary>
public sealed class LargeTableTests
{
    private const int Rows = 60_000;

    [Fact]
    public void EveryCellIsInItsPlace()
    {
        var text = new StringBuilder("number,word,mixed,quoted\n");
        for (int i = 0; i < Rows; i++)
            text.Append(CultureInfo.InvariantCulture, $"{i * 0.25},w{i % 7},{(i % 3 == 0 ? "?" : $"{i}")},\"{i},\"\"{i}\"\"\"\n");
        DataTable table = Read(text);
        Assert.Equal(Rows, table.Rows);
        for (int i = 0; i < Rows; i++)
        {
            Assert.Equal(i * 0.25, table.Numbers(0)[i]);
            Assert.Equal($"w{i % 7}", table.Texts(1)[i]);
            Assert.Equal(i % 3 == 0 ? double.NaN : i, table.Numbers(2)[i]);
            Assert.Equal($"{i},\"{i}\"", table.Texts(3)[i]);
        }
    }

    [Fact]
    public void DamageInTheLastBatchIsPlaced()
    {
        StringBuilder text = Numbers();
        text.Append("1,x\n2,3\n");
        InputException refusal = Assert.Throws<InputException>(() => Read(text));
        Assert.StartsWith($"file.csv: row {Rows + 1} (line {Rows + 2}), column 'b' holds 'x'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARowTooLongAfterManyIsPlaced()
    {
        StringBuilder text = Numbers();
        text.Append("1,2,3\n");
        InputException refusal = Assert.Throws<InputException>(() => Read(text));
        Assert.Contains($"row {Rows + 1} (line {Rows + 2}) has 3 cells", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NumbersOfAColumnOfWordsKeepTheirSpelling()
    {
        var text = new StringBuilder("a,b\n");
        for (int i = 0; i < Rows; i++)
            text.Append(CultureInfo.InvariantCulture, $"{(i % 2 == 0 ? $"0{i}.50" : "x")},1\n");
        text.Append("y,1\n");
        IReadOnlyList<string?> texts = Read(text).Texts(0);
        for (int i = 0; i < Rows; i++)
            Assert.Equal(i % 2 == 0 ? $"0{i}.50" : "x", texts[i]);
    }

    [Fact]
    public void QuotesRoundEveryCellMeanNothing()
    {
        var text = new StringBuilder("a,b\n");
        for (int i = 0; i < Rows; i++)
            text.Append(CultureInfo.InvariantCulture, $"\"{i}\",\"{i}\"\n");
        Assert.True(Read(text).IsNumeric(0));
        text.Append("\"x\",1\n");
        Assert.Throws<InputException>(() => Read(new StringBuilder(text.ToString().Replace("\"x\",1", "\"x\",\"1\"", StringComparison.Ordinal))));
        Assert.False(Read(text).IsNumeric(0)); // one cell without quotes, so that quotes say something
    }

    private static StringBuilder Numbers()
    {
        var text = new StringBuilder("a,b\n");
        for (int i = 0; i < Rows; i++)
            text.Append(CultureInfo.InvariantCulture, $"{i},{i}\n");
        return text;
    }

    private static DataTable Read(StringBuilder text) => DataTable.ReadText(new StringReader(text.ToString()), "file.csv", ',');
}
