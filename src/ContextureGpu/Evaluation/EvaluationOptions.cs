namespace ContextureGpu;

/// <summary>How a context is judged.</summary>
public sealed record EvaluationOptions
{
    /// <summary>d0: singular values that the metrics look at and the most features a probe gets, at least 1; N - 1 where there are fewer rows.</summary>
    public int MaxDimension { get; init; } = 512;

    /// <summary>Weight of the second term of tau, positive.</summary>
    public double Beta { get; init; } = 1;

    /// <summary>Rows for fitting, choosing and judging probes.</summary>
    public SplitShares Split { get; init; } = SplitShares.Default;

    /// <summary>Key of all draws: of the split, of the rows a kernel is measured at, of subsets.</summary>
    public ulong Seed { get; init; }

    /// <summary>Compatible tasks are those with <c>rho &gt;= 1 - epsilon</c>; above 0 and below 1.</summary>
    public double Epsilon { get; init; } = 0.1;

    /// <summary>
    /// Rows, drawn at random, that the context is judged on; null for all. <see cref="SuggestedRows"/> are enough for tau. Contexts that count neighbours count as many
    /// as lie within the same distance, and the report has an interval.
    /// </summary>
    public int? SubsetRows { get; init; }

    /// <summary>How the spectrum is computed; its dimension and seed are those of the evaluation.</summary>
    public SpectralOptions Spectral { get; init; } = new() { Tolerance = 1e-4 };

    /// <summary>How the columns of a table become inputs; not used for plain numbers. Targets are no inputs.</summary>
    public PreprocessingOptions Preprocessing { get; init; } = new();

    /// <summary><c>m = d0 log d0</c>, up to a factor what the top d0 eigenvalues of a bounded kernel need (Zhai et al. 2025, section 5).</summary>
    /// <param name="dimension">d0.</param>
    public static int SuggestedRows(int dimension) => (int)Math.Min(int.MaxValue, Math.Ceiling(dimension * Math.Max(1, Math.Log(dimension))));

    internal void Check()
    {
        if (MaxDimension < 1)
            throw new InputException($"the largest dimension is {MaxDimension}; it must be at least 1");
        if (!(Beta > 0 && double.IsFinite(Beta)))
            throw new InputException($"beta is {Beta}; it must be positive and finite");
        if (!(Epsilon is > 0 and < 1))
            throw new InputException($"epsilon is {Epsilon}; it must lie between 0 and 1");
        if (SubsetRows is < 8)
            throw new InputException($"a subset of {SubsetRows} rows was asked for; at least 8 are needed");
        Split.Check();
    }
}
