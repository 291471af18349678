using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>Names, matrices and parts of tables.</summary>
public sealed class DataTableTests
{
    private static readonly string[] Names = ["length", "width", "rings"];

    private static DataTable Sample() => DataTable.FromMatrix([1, 2, 3, 4, 5, 6], 2, 3, Names, "sample");

    [Fact]
    public void AMatrixIsATable()
    {
        DataTable table = Sample();
        Assert.Equal((2, 3, "sample"), (table.Rows, table.ColumnNames.Count, table.Source));
        Assert.Equal([2, 5], table.Numbers(table.ColumnIndex("width")).ToArray());
        Assert.Equal(["3", "6"], table.Texts(2));
        Assert.Equal(["x0", "x1"], DataTable.FromMatrix([1, 2], 1, 2).ColumnNames);
        Assert.Equal("the matrix", DataTable.FromMatrix([1, 2], 1, 2).Source);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void AMatrixIsFinite(double value)
    {
        string message = Assert.Throws<InputException>(() => DataTable.FromMatrix([1, 2, 3, 4, 5, value], 3, 2, ["a", "b"])).Message;
        Assert.Contains("row 3, column 'b'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(0, 0)]
    [InlineData(-1, -6)]
    [InlineData(65536, 65536)]
    public void AMatrixHasItsSize(int rows, int columns) =>
        Assert.Throws<InputException>(() => DataTable.FromMatrix([1, 2, 3, 4, 5, 6], rows, columns));

    [Fact]
    public void NamesFitAndDiffer()
    {
        Assert.Throws<InputException>(() => DataTable.FromMatrix([1, 2], 1, 2, ["a"]));
        Assert.Throws<InputException>(() => DataTable.FromMatrix([1, 2], 1, 2, ["a", "a"]));
        Assert.Throws<InputException>(() => DataTable.FromMatrix([1, 2], 1, 2, ["a", " "]));
    }

    [Theory]
    [InlineData("lenght", "did you mean 'length'?")]
    [InlineData("Rings", "did you mean 'rings'?")]
    [InlineData("widths", "did you mean 'width'?")]
    [InlineData("xyz", "there is no column 'xyz'. The columns are 'length', 'width', 'rings'")]
    public void AMissingColumnIsNamedAndANearOneSuggested(string name, string words)
    {
        string message = Assert.Throws<InputException>(() => Sample().ColumnIndex(name)).Message;
        Assert.StartsWith($"sample: there is no column '{name}'", message, StringComparison.Ordinal);
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Contains("'length', 'width', 'rings'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutColumns()
    {
        DataTable table = Sample().Without(["width"]);
        Assert.Equal(["length", "rings"], table.ColumnNames);
        Assert.Equal([3, 6], table.Numbers(1).ToArray());
        Assert.Throws<InputException>(() => Sample().Without(["size"]));
        Assert.Equal(3, Sample().Without([]).ColumnNames.Count);
    }

    [Fact]
    public void TextIsNotNumbers()
    {
        DataTable table = DataTable.ReadText(new StringReader("a\nx\n"), "t", ',');
        Assert.Contains("column 'a' holds text", Assert.Throws<InputException>(() => table.Numbers(0).Length).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongNamesAndControlCharactersDoNotSpoilMessages()
    {
        DataTable table = DataTable.ReadText(new StringReader($"{new string('n', 5000)},\"b\u001b[31m\"\n1,2\n"), "t", ',');
        string message = Assert.Throws<InputException>(() => table.ColumnIndex("c")).Message;
        Assert.True(message.Length < 300);
        Assert.DoesNotContain('\u001b', message);
    }
}
