using Xunit;

namespace ContextureGpu.Tests.Evaluation;

public sealed class RowSplitTests
{
    [Fact]
    public void Every_row_is_in_one_part_and_the_parts_have_their_shares()
    {
        int[][] parts = RowSplit.Of(4177, [0.7, 0.15], 1);
        Assert.Equal([2924, 627, 626], parts.Select(p => p.Length));
        Assert.Equal(Enumerable.Range(0, 4177), parts.SelectMany(p => p).Order());
        Assert.All(parts, part => Assert.True(part.SequenceEqual(part.Order())));
        Assert.Equal(parts[0], RowSplit.Of(4177, [0.7], 1)[0]);
        Assert.NotEqual(parts[0], RowSplit.Of(4177, [0.7], 2)[0]);
        // 70 % of the rows of the first half are trained on: within five standard deviations.
        Assert.InRange(parts[0].Count(i => i < 2088), 0.7 * 2088 - 75, 0.7 * 2088 + 75);
    }

    [Fact]
    public void Shares_above_one_are_refused()
    {
        Assert.Throws<InputException>(() => RowSplit.Of(10, [0.8, 0.3], 0));
        Assert.Throws<InputException>(() => RowSplit.Of(10, [-0.1], 0));
        Assert.Throws<InputException>(() => RowSplit.Of(10, [double.NaN], 0));
    }

    [Fact]
    public void Rows_are_taken_with_their_types()
    {
        DataTable table = DataTable.ReadText(new StringReader("a,b\n1,x\n2,y\n3,z\n"), "three", ',').Rows([2, 0]);
        Assert.Equal(2, table.Rows);
        Assert.Equal([3.0, 1.0], table.Numbers(0).ToArray());
        Assert.Equal(["z", "x"], table.Texts(1));
    }
}
