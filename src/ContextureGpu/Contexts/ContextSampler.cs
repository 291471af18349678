using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// A user's context that draws values of A and knows their density. As a <see cref="ContextLaw"/> it is the posterior of M drawn values a_m, row after row in turn (theory.md section 2):
/// <c>P(a_m | x)</c> is proportional to <c>p(a_m | x) / sum_l p(a_m | x_l)</c>, which is a true joint law for any M and approaches that of the context like <c>1 / sqrt(M)</c>. Another
/// <see cref="Seed"/> gives another draw, so that the error can be seen.
/// </summary>
public abstract class ContextSampler : ContextLaw
{
    private const ulong Stream = 0x73616d70;

    /// <summary>M, at least 1; null for as many as there are rows.</summary>
    public virtual int? Draws => null;

    /// <summary>Key of the draws.</summary>
    public virtual ulong Seed => 0;

    /// <summary>Numbers of a value of A, at least 1.</summary>
    /// <param name="dimension">Inputs of a row.</param>
    public virtual int ValueDimension(int dimension) => dimension;

    /// <summary>Draws a value of A for each row. It has to be a pure function: the draw of row i may use the numbers of <paramref name="random"/> from any place that depends on i only.</summary>
    /// <param name="rows">Inputs, row-major (m, dimension).</param>
    /// <param name="dimension">Inputs of a row.</param>
    /// <param name="random">Gives number after number of the uniform and the normal distribution.</param>
    /// <param name="values">Receives the values, row-major (m, <see cref="ValueDimension"/>).</param>
    public abstract void Draw(ReadOnlyMemory<double> rows, int dimension, Philox random, Span<double> values);

    /// <summary>log p(a | x), up to an amount that depends on a alone; negative infinity where a cannot be.</summary>
    /// <param name="values">Values of A, row-major (M, <see cref="ValueDimension"/>).</param>
    /// <param name="rows">Inputs, row-major (m, dimension).</param>
    /// <param name="dimension">Inputs of a row.</param>
    /// <param name="logDensity">Receives row-major (m, M).</param>
    public abstract void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity);

    /// <inheritdoc/>
    /// <exception cref="InputException">A size or a density is out of its range, or a row could have led to no drawn value.</exception>
    public sealed override CompressedRows At(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension)
    {
        int n = sample.Length / dimension, count = rows.Length / dimension, m = Draws ?? n, width = ValueDimension(dimension);
        if (m < 1 || width < 1)
            throw new InputException($"{Name}: {m} draws of values with {width} numbers; both must be at least 1");
        if ((long)m * Math.Max(Math.Max(n, count), Math.Max(width, dimension)) > Array.MaxLength)
            throw new InputException($"{Name}: {m} draws for {Math.Max(n, count)} rows do not fit into an array; take fewer draws or rows");
        double[] from = new double[m * dimension], values = new double[m * width], evidence = new double[m];
        for (int a = 0; a < m; a++)
            sample.Span.Slice(a % n * dimension, dimension).CopyTo(from.AsSpan(a * dimension));
        Draw(from, dimension, new Philox(Seed, Stream), values);
        int bad = Array.FindIndex(values, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new InputException($"{Name}: the value drawn for row {bad / width % n} (counted from 0) is {values[bad]} in its number {bad % width}; it must be finite");
        double[] ofSample = Densities(values, sample, dimension, n, m);
        for (int a = 0; a < m; a++)
        {
            double largest = double.NegativeInfinity, sum = 0;
            for (int i = 0; i < n; i++)
                largest = Math.Max(largest, ofSample[(i * m) + a]);
            if (double.IsNegativeInfinity(largest))
                throw new InputException($"{Name}: value {a}, drawn for row {a % n} (counted from 0), has no density at any row");
            for (int i = 0; i < n; i++)
                sum += Math.Exp(ofSample[(i * m) + a] - largest);
            evidence[a] = largest + Math.Log(sum);
        }
        double[] own = sample.Equals(rows) ? ofSample : Densities(values, rows, dimension, count, m);
        return LogLaw.Normalise(own, evidence, i => new InputException($"{Name}: row {i} (counted from 0) could have led to none of the {m} drawn values; take more draws"));
    }

    private double[] Densities(double[] values, ReadOnlyMemory<double> rows, int dimension, int count, int m) =>
        LogLaw.Densities(Name, count, m, logs => LogDensity(values, rows, dimension, logs));
}
