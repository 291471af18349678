using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Values of A that stand for all of them in a <see cref="ContextDensity"/>, and for how much of the measure each stands.</summary>
public sealed class DensityCandidates
{
    private const ulong Stream = 0x64656e73;

    private DensityCandidates(ReadOnlyMemory<double> values, double[] negativeLogMeasure) => (Values, NegativeLogMeasure) = (values, negativeLogMeasure);

    /// <summary>How many.</summary>
    public int Count => NegativeLogMeasure.Length;

    /// <summary>Row-major (<see cref="Count"/>, numbers of a value).</summary>
    public ReadOnlyMemory<double> Values { get; }

    /// <summary>-log u.</summary>
    internal double[] NegativeLogMeasure { get; }

    /// <summary>Values that stand for as much each: all that there are, a grid, or draws from a distribution that the density is relative to.</summary>
    /// <param name="values">Row-major (M, width), finite, M at least 1.</param>
    /// <param name="width">Numbers of a value, at least 1.</param>
    /// <exception cref="InputException">There is none, their size is no multiple of the width, or one is not finite.</exception>
    public static DensityCandidates Of(ReadOnlyMemory<double> values, int width) => new(Checked(values, width), new double[values.Length / width]);

    /// <summary>Values that were drawn with some density, or stand for different parts of the measure: u_m is one over that density, or that part.</summary>
    /// <param name="values">As for <see cref="Of"/>.</param>
    /// <param name="width">As for <see cref="Of"/>.</param>
    /// <param name="logProposal">The logarithm of the density that each was drawn with, up to a common amount; finite.</param>
    /// <exception cref="InputException">As for <see cref="Of"/>, or a logarithm is missing or not finite.</exception>
    public static DensityCandidates Drawn(ReadOnlyMemory<double> values, int width, ReadOnlySpan<double> logProposal)
    {
        ReadOnlyMemory<double> all = Checked(values, width);
        if (logProposal.Length != all.Length / width)
            throw new InputException($"there are {all.Length / width} candidates and {logProposal.Length} logarithms of densities; each needs one");
        for (int a = 0; a < logProposal.Length; a++)
        {
            if (!double.IsFinite(logProposal[a]))
                throw new InputException($"candidate {a} (counted from 0) was drawn with the log-density {logProposal[a]}; it must be finite");
        }
        return new DensityCandidates(all, logProposal.ToArray());
    }

    /// <summary>
    /// Draws around the rows of the sample, row after row in turn: <c>a = x + spread s z</c>, s the standard deviations of the inputs and z standard normal, drawn with the mixture of all those
    /// densities (the balance heuristic, Veach and Guibas 1995), so that u_m is one over the mixture at a_m. For densities with respect to volume whose width is not far from that of the draws.
    /// </summary>
    /// <param name="sample">Inputs of the sample, row-major (n, dimension).</param>
    /// <param name="dimension">Inputs of a row, and numbers of a value.</param>
    /// <param name="count">M, at least 1.</param>
    /// <param name="spread">Positive and finite; about the width of p(a | x) in standard deviations, rather more than less.</param>
    /// <param name="seed">Key: the same seed draws the same values.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static DensityCandidates Around(ReadOnlyMemory<double> sample, int dimension, int count, double spread, ulong seed = 0)
    {
        int n = Checked(sample, dimension).Length / dimension;
        if (count < 1 || (long)count * Math.Max(dimension, n) > Array.MaxLength)
            throw new InputException($"{count} candidates around {n} rows of {dimension} inputs: there must be at least 1, and fit into an array");
        if (!(spread > 0 && double.IsFinite(spread)))
            throw new InputException($"spread is {spread}; it must be positive and finite");
        double[] deviations = Deviations(sample.Span, n, dimension), values = new double[count * dimension], log = new double[count];
        new Philox(seed, Stream).Normals(0, values.AsSpan());
        for (int e = 0; e < values.Length; e++)
            values[e] = sample.Span[(e / dimension % n * dimension) + (e % dimension)] + (spread * deviations[e % dimension] * values[e]);
        Parallel.For(0, count, a =>
        {
            ReadOnlySpan<double> x = sample.Span, own = values.AsSpan(a * dimension, dimension);
            double largest = double.NegativeInfinity, sum = 0;
            for (int i = 0; i < n; i++)
            {
                double exponent = 0;
                for (int f = 0; f < dimension; f++)
                {
                    double distance = deviations[f] > 0 ? (own[f] - x[(i * dimension) + f]) / (spread * deviations[f]) : 0;
                    exponent -= 0.5 * distance * distance;
                }
                if (exponent > largest)
                    (sum, largest) = ((sum * Math.Exp(largest - exponent)) + 1, exponent);
                else
                    sum += Math.Exp(exponent - largest);
            }
            log[a] = largest + Math.Log(sum);
        });
        return Drawn(values, dimension, log);
    }

    private static double[] Deviations(ReadOnlySpan<double> sample, int n, int dimension)
    {
        var deviations = new double[dimension];
        for (int f = 0; f < dimension; f++)
        {
            double mean = 0, sum = 0;
            for (int i = 0; i < n; i++)
                mean += sample[(i * dimension) + f] / n;
            for (int i = 0; i < n; i++)
                sum += (sample[(i * dimension) + f] - mean) * (sample[(i * dimension) + f] - mean) / n;
            deviations[f] = Math.Sqrt(sum);
        }
        return deviations;
    }

    private static ReadOnlyMemory<double> Checked(ReadOnlyMemory<double> values, int width)
    {
        if (width < 1 || values.IsEmpty || values.Length % width != 0)
            throw new InputException($"{values.Length} numbers are no candidates with {width} numbers each; at least one was expected");
        ReadOnlySpan<double> all = values.Span;
        for (int e = 0; e < all.Length; e++)
        {
            if (!double.IsFinite(all[e]))
                throw new InputException($"candidate {e / width}, number {e % width} (counted from 0) is {all[e]}; it must be finite");
        }
        return values;
    }
}
