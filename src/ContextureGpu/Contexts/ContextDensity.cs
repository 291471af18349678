using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// A user's context of which no more is known than <c>p(a | x)</c>, up to a factor for each x: no way to draw from it. As a <see cref="ContextLaw"/> it is
/// <c>P(a_m | x) = p(a_m | x) u_m / sum_l p(a_l | x) u_l</c> over <see cref="Candidates"/> a_m that stand for u_m of the measure that the density is of: self-normalised importance sampling
/// where they are drawn, a quadrature where they are a grid, and exact where A has no other values. In each case a true conditional law, for any number of candidates.
/// </summary>
public abstract class ContextDensity : ContextLaw
{
    /// <summary>
    /// Values of A that stand for all. By default the rows of the sample, which makes the density one with respect to their distribution. It has to be a pure function: models call it again.
    /// </summary>
    /// <param name="sample">Inputs of the sample, row-major (n, dimension).</param>
    /// <param name="dimension">Inputs of a row.</param>
    public virtual DensityCandidates Candidates(ReadOnlyMemory<double> sample, int dimension) => DensityCandidates.Of(sample, dimension);

    /// <summary>log p(a | x), up to an amount that depends on x alone; negative infinity where a cannot be.</summary>
    /// <param name="values">Values of A, row-major (M, numbers of a value).</param>
    /// <param name="rows">Inputs, row-major (m, dimension).</param>
    /// <param name="dimension">Inputs of a row.</param>
    /// <param name="logDensity">Receives row-major (m, M).</param>
    public abstract void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity);

    /// <inheritdoc/>
    /// <exception cref="InputException">A density is not a number, or no candidate can follow from a row.</exception>
    public sealed override CompressedRows At(ReadOnlyMemory<double> sample, ReadOnlyMemory<double> rows, int dimension)
    {
        DensityCandidates candidates = Candidates(sample, dimension) ?? throw new InputException($"{Name}: there are no candidates");
        int count = rows.Length / dimension, m = candidates.Count;
        if ((long)m * count > Array.MaxLength)
            throw new InputException($"{Name}: the densities of {m} candidates at {count} rows do not fit into an array; take fewer candidates or rows");
        double[] logs = LogLaw.Densities(Name, count, m, filled => LogDensity(candidates.Values, rows, dimension, filled));
        return LogLaw.Normalise(logs, candidates.NegativeLogMeasure, i => new InputException($"{Name}: none of the {m} candidates can follow from row {i} (counted from 0); take others, or more"));
    }
}
