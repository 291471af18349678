using ContextureGpu.Kernels.Cpu;

namespace ContextureGpu.Kernels;

/// <summary>
/// A sparse matrix on the host in compressed rows (CSR): row i holds entries <c>RowStarts[i] .. RowStarts[i + 1] - 1</c> of
/// <see cref="ColumnIndices"/> and <see cref="Values"/>, columns ascending within a row, none twice.
/// </summary>
public sealed class CompressedRows
{
    /// <summary>Takes ownership of the three arrays and checks that they describe a matrix.</summary>
    /// <exception cref="ArgumentException">They do not; the message says where.</exception>
    public CompressedRows(int rows, int columns, int[] rowStarts, int[] columnIndices, double[] values)
    {
        ArgumentNullException.ThrowIfNull(rowStarts);
        ArgumentNullException.ThrowIfNull(columnIndices);
        ArgumentNullException.ThrowIfNull(values);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (rowStarts.Length != rows + 1L || rowStarts[0] != 0 || rowStarts[^1] != columnIndices.Length || columnIndices.Length != values.Length)
            throw new ArgumentException($"row starts must be {rows + 1L} numbers from 0 to {columnIndices.Length}, with as many values as column indices ({values.Length})", nameof(rowStarts));
        for (int i = 0; i < rows; i++)
        {
            if (rowStarts[i + 1] < rowStarts[i] || rowStarts[i + 1] > columnIndices.Length)
                throw new ArgumentException($"row {i} starts at {rowStarts[i]} and ends at {rowStarts[i + 1]}", nameof(rowStarts));
            for (int e = rowStarts[i]; e < rowStarts[i + 1]; e++)
            {
                if ((uint)columnIndices[e] >= (uint)columns || (e > rowStarts[i] && columnIndices[e] <= columnIndices[e - 1]))
                    throw new ArgumentException($"row {i}: column {columnIndices[e]} is outside 0 .. {columns - 1} or not above the one before it", nameof(columnIndices));
                if (!double.IsFinite(values[e]))
                    throw new ArgumentException($"row {i}, column {columnIndices[e]}: the value is {values[e]}", nameof(values));
            }
        }
        Rows = rows;
        Columns = columns;
        RowStarts = rowStarts;
        ColumnIndices = columnIndices;
        Values = values;
    }

    // Arrays that are known to describe a matrix.
    private CompressedRows((int Rows, int Columns) shape, int[] rowStarts, int[] columnIndices, double[] values)
    {
        (Rows, Columns) = shape;
        (RowStarts, ColumnIndices, Values) = (rowStarts, columnIndices, values);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Where each row starts, and where the last one ends: <see cref="Rows"/> + 1 numbers.</summary>
    public int[] RowStarts { get; }

    /// <summary>Column of each entry.</summary>
    public int[] ColumnIndices { get; }

    /// <summary>Value of each entry.</summary>
    public double[] Values { get; }

    /// <summary>Number of entries.</summary>
    public int NonZeros => Values.Length;

    /// <summary>The transpose, entries of each of its rows in ascending order.</summary>
    public CompressedRows Transpose()
    {
        (int[] starts, int[] indices, double[] values) = Transposition.Of<double>(this, new Workers(Environment.ProcessorCount));
        return new CompressedRows((Columns, Rows), starts, indices, values);
    }
}
