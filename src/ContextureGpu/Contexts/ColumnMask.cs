using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Random sets of visible columns.</summary>
internal static class ColumnMask
{
    private const ulong Stream = 0x6d61736b_00000000;
    private const int MostTries = 10_000;

    /// <summary>
    /// Masks in which each column is visible with probability 1 - rate, independently, repeated where a mask is not accepted. Mask m does not depend on how many there are.
    /// </summary>
    /// <returns>For each mask, whether each column is visible; null if one was not accepted in 10,000 draws.</returns>
    public static bool[][]? Draw(int columns, double rate, int count, ulong seed, Func<bool[], bool> accepts)
    {
        bool[][] masks = new bool[count][];
        for (int m = 0; m < count; m++)
        {
            var random = new Philox(seed, Stream + (ulong)m);
            for (long tries = 0; masks[m] is null; tries++)
            {
                if (tries == MostTries)
                    return null;
                bool[] visible = new bool[columns];
                for (int c = 0; c < columns; c++)
                    visible[c] = random.Uniform((tries * columns) + c) >= rate;
                if (accepts(visible))
                    masks[m] = visible;
            }
        }
        return masks;
    }

    /// <summary>The inputs of visible columns, ascending.</summary>
    public static int[] Inputs(ContextSample sample, bool[] visible) =>
        [.. Enumerable.Range(0, visible.Length).Where(c => visible[c]).SelectMany(c => Enumerable.Range(sample.ColumnStarts[c], sample.ColumnStarts[c + 1] - sample.ColumnStarts[c]))];

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
