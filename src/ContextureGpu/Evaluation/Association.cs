namespace ContextureGpu;

/// <summary>How strongly A depends on X.</summary>
public enum AssociationVerdict
{
    /// <summary>The spectrum decays fast: few tasks are compatible, and the features do not transfer.</summary>
    TooWeak,

    /// <summary>In between.</summary>
    Moderate,

    /// <summary>The spectrum decays slowly: many features and many labelled rows would be needed.</summary>
    TooStrong,
}

/// <summary>The operation that moves the association to the middle (Zhai, "Contextures", 2025, part 4).</summary>
public enum MixingOperation
{
    /// <summary>None is needed.</summary>
    None,

    /// <summary>Features of several contexts side by side: stronger.</summary>
    Concatenation,

    /// <summary>One context after the other: weaker.</summary>
    Convolution,

    /// <summary>One of several contexts at random: between them.</summary>
    ConvexCombination,
}

/// <summary>The association between X and A, and what it was judged by.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Suggestion">What to do about it.</param>
/// <param name="Decay">Fit of the decay of the spectrum.</param>
/// <param name="KernelDeviation"><c>E |k_X(X, X') - 1|</c> over independent X and X', in [0, 2): 0 where A is independent of X.</param>
/// <param name="KernelDeviationError">Standard error of it; 0 where every row took part.</param>
/// <param name="Lipschitz">
/// Largest <c>|k_X(x, z) - k_X(x', z)| / ||x - x'||</c> over the rows z and the pairs of nearest different rows (x, x') that were looked at: an estimate of the Lipschitz constant
/// of k_X from below, per unit of the inputs; null where no two rows differ or there are no inputs.
/// </param>
/// <param name="NeighborDrop">
/// Median over rows of the share of <c>k_X(x, x) - 1</c> that is lost on the way to the nearest different row: near 1 where a row is hardly associated with any other; null as above.
/// </param>
/// <param name="Reasons">The numbers behind the verdict and the thresholds they were compared with, a sentence each.</param>
public sealed record Association(
    AssociationVerdict Verdict, MixingOperation Suggestion, DecayFit Decay, double KernelDeviation, double KernelDeviationError, double? Lipschitz, double? NeighborDrop,
    IReadOnlyList<string> Reasons)
{
    /// <summary>Too weak where the fitted spectrum falls to a tenth within fewer features than this.</summary>
    public const double FewestFeatures = 10;

    /// <summary>Too weak where the expected kernel deviation is below this.</summary>
    public const double LeastDeviation = 0.2;

    /// <summary>Too strong where more than this share of the kernel's excess is lost between nearest rows.</summary>
    public const double LargestDrop = 0.9;
}

/// <summary>
/// The fit <c>s_i^2 = exp(-lambda i)</c>: lambda minimises <c>sum_{i &lt;= d0} (s_i^2 - exp(-lambda i))^2</c>, least squares of the eigenvalues themselves, so that the part
/// of the spectrum that is nearly zero has no say.
/// </summary>
/// <param name="Rate">lambda, not negative; infinite where all s_i are 0.</param>
/// <param name="RSquared">Share of the variation of s_i^2 that the fit explains; at most 1, and negative where a constant would do better.</param>
public sealed record DecayFit(double Rate, double RSquared)
{
    /// <summary>Features after which the fit has fallen to a tenth, <c>ln 10 / lambda</c>.</summary>
    public double FeaturesToTenth => Math.Log(10) / Rate;

    /// <summary>Fits a spectrum.</summary>
    /// <param name="singularValues">s_1 .. s_d0, at least one.</param>
    /// <exception cref="InputException">There is no value, or one is not finite.</exception>
    public static DecayFit Of(ReadOnlySpan<double> singularValues)
    {
        if (singularValues.IsEmpty)
            throw new InputException("there is no singular value; a decay needs at least one");
        var squares = new double[singularValues.Length];
        for (int i = 0; i < squares.Length; i++)
        {
            if (!double.IsFinite(singularValues[i]))
                throw new InputException($"singular value {i + 1} is {singularValues[i]}; it must be finite");
            squares[i] = singularValues[i] * singularValues[i];
        }
        // The sum of squares can have more than one minimum: a scan over the logarithm of the rate first, then golden section around the best.
        const double Low = -16, High = 4, Step = 0.05;
        int steps = (int)((High - Low) / Step);
        double best = Low;
        for (int k = 1; k <= steps; k++)
        {
            if (Misfit(squares, Math.Exp(Low + (k * Step))) < Misfit(squares, Math.Exp(best)))
                best = Low + (k * Step);
        }
        double golden = (Math.Sqrt(5) - 1) / 2, a = best - Step, b = best + Step;
        while (b - a > 1e-12)
        {
            double c = b - (golden * (b - a)), d = a + (golden * (b - a));
            if (Misfit(squares, Math.Exp(c)) < Misfit(squares, Math.Exp(d)))
                b = d;
            else
                a = c;
        }
        double rate = Math.Exp((a + b) / 2), mean = squares.Average(), total = squares.Sum(q => (q - mean) * (q - mean)), left = Misfit(squares, rate);
        if (best >= High - Step)
            rate = double.PositiveInfinity;
        else if (best <= Low)
            rate = 0;
        return new DecayFit(rate, total > 0 ? 1 - (left / total) : left == 0 ? 1 : 0);
    }

    private static double Misfit(double[] squares, double rate)
    {
        double sum = 0;
        for (int i = 0; i < squares.Length; i++)
        {
            double difference = squares[i] - Math.Exp(-rate * (i + 1));
            sum += difference * difference;
        }
        return sum;
    }
}
