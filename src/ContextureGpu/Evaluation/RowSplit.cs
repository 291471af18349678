using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Rows of a table shared out at random: the same for the same seed on every machine.</summary>
internal static class RowSplit
{
    /// <summary>The stream of the draws that order the rows.</summary>
    private const ulong Stream = 0x5711;

    /// <summary>
    /// Row numbers of each part, ascending: rows are ordered by their draw of the generator, and each part takes its share, rounded, of those that follow the part before;
    /// the last one takes the rest.
    /// </summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="shares">Share of each part but the last, not negative, with a sum of at most 1.</param>
    /// <param name="seed">Key of the draws.</param>
    public static int[][] Of(int rows, IReadOnlyList<double> shares, ulong seed)
    {
        if (shares.Any(s => !(s >= 0)) || shares.Sum() > 1)
            throw new InputException($"the shares of rows are {string.Join(", ", shares)}; they must not be negative, and their sum at most 1");
        var random = new Philox(seed, Stream);
        int[] order = [.. Enumerable.Range(0, rows)];
        double[] draws = [.. order.Select(i => random.Uniform(i))];
        Array.Sort(draws, order);
        var parts = new int[shares.Count + 1][];
        int first = 0;
        for (int p = 0; p < parts.Length; p++)
        {
            int end = p < shares.Count ? Math.Min(rows, first + (int)Math.Round(shares[p] * rows, MidpointRounding.AwayFromZero)) : rows;
            parts[p] = order[first..end];
            Array.Sort(parts[p]);
            first = end;
        }
        return parts;
    }

    /// <summary>Some rows of a table, in the order given.</summary>
    public static DataTable Rows(this DataTable table, IReadOnlyList<int> rows) => new(
        table.Source,
        rows.Count,
        table.ColumnNames.Select((name, j) => table.IsNumeric(j)
            ? new DataColumn(name, Taken(table, j, rows))
            : new DataColumn(name, [.. rows.Select(i => table.Texts(j)[i])])));

    private static double[] Taken(DataTable table, int column, IReadOnlyList<int> rows)
    {
        ReadOnlySpan<double> all = table.Numbers(column);
        var taken = new double[rows.Count];
        for (int i = 0; i < taken.Length; i++)
            taken[i] = all[rows[i]];
        return taken;
    }
}
