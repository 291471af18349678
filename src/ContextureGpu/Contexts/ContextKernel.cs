using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// A user's kernel on rows. <see cref="Context.Kernel(ContextKernel)"/> takes it for the dual kernel of a context, which has to be positive semidefinite on the sample once it is
/// centred; as a <see cref="ContextLaw"/>, in <see cref="Context.Custom"/>, it is the random walk <c>P(a | x) = k(x, a) / sum_l k(x, x_l)</c> over the sample, which needs no more than
/// numbers that are not negative.
/// </summary>
public abstract class ContextKernel : ContextLaw
{
    /// <summary>The kernel between rows. It has to be a pure function: models call it again for new rows.</summary>
    /// <param name="left">Inputs, row-major (m, dimension).</param>
    /// <param name="right">Inputs, row-major (n, dimension).</param>
    /// <param name="dimension">Inputs of a row.</param>
    /// <param name="kernel">Receives k(left_i, right_j), row-major (m, n).</param>
    public abstract void Fill(ReadOnlyMemory<double> left, ReadOnlyMemory<double> right, int dimension, Span<double> kernel);

    /// <inheritdoc/>
    /// <exception cref="InputException">A value of the kernel is negative or not finite, or the values of a row are all zero.</exception>
    public sealed override CompressedRows At(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension)
    {
        int n = sample.Length / dimension, m = rows.Length / dimension;
        double[] values = Matrix(rows, sample, dimension);
        int[] starts = new int[m + 1];
        var columns = new List<int>();
        var kept = new List<double>();
        for (int i = 0; i < m; i++)
        {
            Span<double> row = values.AsSpan(i * n, n);
            double sum = System.Numerics.Tensors.TensorPrimitives.Sum<double>(row);
            for (int j = 0; j < n; j++)
            {
                if (row[j] < 0)
                    throw new InputException($"{Name}: the kernel between row {i} and row {j} of the sample (counted from 0) is {row[j]}; a random walk needs values that are not negative, Context.Kernel does not");
                if (row[j] / sum is > 0 and var p)
                {
                    columns.Add(j);
                    kept.Add(p);
                }
            }
            if (!(sum > 0 && double.IsFinite(sum)))
                throw new InputException($"{Name}: the kernel between row {i} (counted from 0) and the rows of the sample sums to {sum}; it must be positive and finite");
            starts[i + 1] = kept.Count;
        }
        return new CompressedRows(m, n, starts, [.. columns], [.. kept]);
    }

    /// <summary>The values, row-major (rows of left, rows of right), checked to be finite.</summary>
    internal double[] Matrix(ReadOnlyMemory<double> left, ReadOnlyMemory<double> right, int dimension)
    {
        int m = left.Length / dimension, n = right.Length / dimension;
        if ((long)m * n > Array.MaxLength)
            throw new InputException($"{Name}: the kernel between {m} and {n} rows has {(long)m * n} values; at most {Array.MaxLength} can be held");
        var values = new double[m * n];
        Array.Fill(values, double.NaN);
        Fill(left, right, dimension, values);
        int bad = Array.FindIndex(values, v => !double.IsFinite(v));
        return bad < 0 ? values : throw new InputException($"{Name}: the kernel between rows {bad / n} and {bad % n} (counted from 0) is {values[bad]}; every value must be finite");
    }
}
