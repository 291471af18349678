namespace ContextureGpu;

/// <summary>What is known of the worth of a context: <see cref="ContextureEngine.Evaluate(double[,], Context, IReadOnlyList{EvaluationTarget}, EvaluationOptions?, IProgress{FitProgress}?, CancellationToken)"/>.</summary>
public sealed record ContextReport
{
    internal ContextReport()
    {
    }

    /// <summary>The context.</summary>
    public required Context Context { get; init; }

    /// <summary>Rows it was judged on.</summary>
    public required int Rows { get; init; }

    /// <summary>The inputs of a row.</summary>
    public required int InputDimension { get; init; }

    /// <summary>
    /// s_1 .. s_d0 (or fewer, where there are no more), descending, the constant removed. For a concatenation: the values of all parts in one order, without directions that
    /// stand in more than one part.
    /// </summary>
    public required IReadOnlyList<double> SingularValues { get; init; }

    /// <summary>tau and d*.</summary>
    public required ContextMetric Tau { get; init; }

    /// <summary>The association verdict.</summary>
    public required Association Association { get; init; }

    /// <summary>One for each quantity and each class of each target, in their order.</summary>
    public required IReadOnlyList<TargetCompatibility> Compatibility { get; init; }

    /// <summary>One for each target, in their order.</summary>
    public required IReadOnlyList<ProbeCurve> Probes { get; init; }

    /// <summary>Worst-case error of the encoder that learns the contexture, for d = 1 .. d0; 1 where d features miss a compatible task altogether; empty where no task is compatible.</summary>
    public required IReadOnlyList<double> WorstCaseByDimension { get; init; }

    /// <summary>Compatible tasks have <c>rho &gt;= 1 - epsilon</c>.</summary>
    public required double Epsilon { get; init; }

    /// <summary>Where a part of the rows was judged, how far that can be trusted; otherwise null.</summary>
    public SubsetEstimate? Estimate { get; init; }

    /// <summary>Spectrum, features and certificate.</summary>
    public required SpectralModel Model { get; init; }

    /// <summary>What a reader should know, in full sentences.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Seconds by phase.</summary>
    public required IReadOnlyList<(string Phase, double Seconds)> Seconds { get; init; }

    /// <summary>What A is, as binding names it; null where there is no single law.</summary>
    internal string? Space { get; init; }

    /// <summary>The judgement in one sentence.</summary>
    public string Summary => Association.Verdict switch
    {
        AssociationVerdict.TooWeak => $"{Context} ties A too weakly to X: its spectrum decays within a few features, so few tasks are compatible; concatenate it with other contexts.",
        AssociationVerdict.TooStrong => $"{Context} ties A too strongly to X: its spectrum hardly decays, so many features and labels are needed; convolve it with another context.",
        _ => $"{Context} has a moderate association{(Tau.Abstains ? "" : FormattableString.Invariant($": {Tau.BestDimension} features are the best trade-off"))}.",
    };
}
