using System.Numerics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Compressed rows of the transpose by counting: O(entries + columns), each thread with a range of rows and counts of its own. The entries of a row of the transpose are in
/// ascending order, whatever the number of threads.
/// </summary>
internal static class Transposition
{
    // Counts of all threads together, so that a wide matrix does not ask for more memory than its entries.
    private const long MostCounts = 1 << 26;

    /// <summary>The transpose, with values converted to T.</summary>
    public static (int[] Starts, int[] Columns, T[] Values) Of<T>(CompressedRows matrix, Workers workers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (int[] rowStarts, int[] columnIndices, double[] from) = (matrix.RowStarts, matrix.ColumnIndices, matrix.Values);
        int rows = matrix.Rows, columns = matrix.Columns, entries = matrix.NonZeros;
        int parts = (int)Math.Clamp(Math.Min(workers.Count, Math.Min(MostCounts, entries) / Math.Max(1, columns)), 1, Math.Max(1, rows));
        var counts = new int[parts][];
        workers.Run(parts, entries, part =>
        {
            var count = new int[columns];
            foreach (int j in columnIndices.AsSpan(rowStarts[First(part)]..rowStarts[First(part + 1)]))
                count[j]++;
            counts[part] = count;
        });

        // The counts become the places of the first entries: by column, then by part.
        var starts = new int[columns + 1];
        int place = 0;
        for (int j = 0; j < columns; j++)
        {
            starts[j] = place;
            foreach (int[] count in counts)
                (count[j], place) = (place, place + count[j]);
        }
        starts[columns] = place;

        var indices = new int[entries];
        var values = new T[entries];
        workers.Run(parts, entries, part =>
        {
            int[] next = counts[part];
            for (int i = First(part); i < First(part + 1); i++)
            {
                for (int e = rowStarts[i]; e < rowStarts[i + 1]; e++)
                {
                    int at = next[columnIndices[e]]++;
                    indices[at] = i;
                    values[at] = T.CreateTruncating(from[e]);
                }
            }
        });
        return (starts, indices, values);

        int First(int part) => (int)((long)rows * part / parts);
    }
}
