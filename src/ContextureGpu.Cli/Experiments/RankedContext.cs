namespace ContextureGpu.Cli;

/// <summary>A context with what tau says of it, and what probes say: errors are means over splits of the rows.</summary>
/// <param name="Family">RBF, kNN, or one of them masked.</param>
/// <param name="Level">gamma or K.</param>
/// <param name="Context">The context.</param>
/// <param name="Tau">tau, finite.</param>
/// <param name="Dimension">d*.</param>
/// <param name="Probes">For each split the linear probe of the task; where it is a class, then those of the indicator of each class, by least squares.</param>
/// <param name="Split">Shares of the rows.</param>
internal sealed record RankedContext(string Family, double Level, Context Context, double Tau, int Dimension, IReadOnlyList<IReadOnlyList<ProbeCurve>> Probes, SplitShares Split)
{
    /// <summary>Test error at the best d.</summary>
    public double Error => Mean(p => p.BestError);

    /// <summary>The best d.</summary>
    public double BestDimension => Mean(p => p.BestDimension);

    /// <summary>Test error at d*, or at the largest dimension below it that was looked at.</summary>
    public double ErrorAtDimension => Mean(p => p.TestErrors[Enumerable.Range(0, p.Dimensions.Count).Last(i => i == 0 || p.Dimensions[i] <= Dimension)]);

    /// <summary>Test error with all d0 features.</summary>
    public double ErrorOfAllFeatures => Mean(p => p.TestErrors[^1]);

    /// <summary>Error at the best d over the rows of training, validation and test.</summary>
    public double ErrorOnAllRows => Mean(p => (Split.Train * p.Linear.Train.Error) + (Split.Validation * p.Linear.Validation.Error) + (Split.Test * p.Linear.Test.Error));

    /// <summary>Squared test error at the best d: of a quantity, or of the indicators of the classes together.</summary>
    public double SquaredError => Probes.Average(p => p.Count == 1 ? p[0].BestError : p.Skip(1).Sum(i => i.BestError));

    private double Mean(Func<ProbeCurve, double> of) => Probes.Average(p => of(p[0]));
}
