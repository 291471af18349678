namespace ContextureGpu;

/// <summary>How two sets of features are compared.</summary>
public sealed record AlignmentOptions
{
    /// <summary>Neighbours of each row that the mutual kNN looks at, at least 1; 10 as in Huh et al., "The Platonic representation hypothesis" (ICML 2024).</summary>
    public int Neighbors { get; init; } = 10;

    /// <summary>
    /// Directions of the centred features, their columns scaled to equal variance, count towards the span while their singular value is above this fraction
    /// of the largest: from 1e-7 to below 1. The default, 1e-6, is above what storing features in float32 leaves of an exact dependence.
    /// </summary>
    public double RankThreshold { get; init; } = 1e-6;

    /// <summary>Refuses options outside their ranges.</summary>
    internal void Check()
    {
        if (Neighbors < 1)
            throw new InputException($"{nameof(Neighbors)} is {Neighbors}; it must be at least 1");
        if (!(RankThreshold is >= 1e-7 and < 1))
            throw new InputException($"{nameof(RankThreshold)} is {RankThreshold}; it must lie between 1e-7 and 1");
    }
}
