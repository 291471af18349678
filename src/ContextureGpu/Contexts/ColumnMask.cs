using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Random sets of visible columns.</summary>
internal static class ColumnMask
{
    private const ulong Stream = 0x6d61736b;
    private const int MostTries = 10_000;

    /// <summary>Masks in which each column is visible with probability 1 - rate, independently, repeated where a mask is not accepted.</summary>
    /// <returns>For each mask, whether each column is visible; null if one was not accepted in 10,000 draws.</returns>
    public static bool[][]? Draw(int columns, double rate, int count, ulong seed, Func<bool[], bool> accepts)
    {
        var random = new Philox(seed, Stream);
        long at = 0;
        bool[][] masks = new bool[count][];
        for (int m = 0; m < count; m++)
        {
            for (int tries = 0; masks[m] is null; tries++)
            {
                if (tries == MostTries)
                    return null;
                bool[] visible = new bool[columns];
                for (int c = 0; c < columns; c++)
                    visible[c] = random.Uniform(at++) >= rate;
                if (accepts(visible))
                    masks[m] = visible;
            }
        }
        return masks;
    }

    /// <summary>The rows with the inputs of hidden columns set to 0.</summary>
    public static ContextSample Hide(ContextSample rows, bool[] visible)
    {
        double[] values = (double[])rows.Values.Clone();
        int d = rows.Dimension;
        for (int c = 0; c < visible.Length; c++)
        {
            if (visible[c])
                continue;
            for (int i = 0; i < rows.Rows; i++)
                values.AsSpan((i * d) + rows.ColumnStarts[c], rows.ColumnStarts[c + 1] - rows.ColumnStarts[c]).Clear();
        }
        return rows.WithInputs(values, d, rows.ColumnStarts);
    }
}
