namespace ContextureGpu;

/// <summary>How singular triplets are computed.</summary>
public enum SpectralSolver
{
    /// <summary>Exact for small problems and where most of the spectrum is wanted, block Krylov otherwise.</summary>
    Auto,

    /// <summary>Dense, in float64: memory of order N M.</summary>
    Exact,

    /// <summary>Block Krylov with Rayleigh-Ritz and thick restarts: iterates until the residuals are within the tolerance.</summary>
    Krylov,

    /// <summary>Randomised SVD with a fixed number of passes (Halko, Martinsson and Tropp 2011); the certificate says how good it is.</summary>
    Randomized,

    /// <summary>
    /// Nystroem: the context is fitted on landmarks, a part of the rows, and its functions are extended to all rows. For samples that nothing else can hold. The residuals
    /// say how far the result is from the functions of the whole sample; see <see cref="SpectralModel.Residuals"/>.
    /// </summary>
    Nystrom,
}

/// <summary>How the landmarks of the Nystroem solver are drawn, without replacement.</summary>
public enum LandmarkSampling
{
    /// <summary>Each row with the same chance.</summary>
    Uniform,

    /// <summary>k-means++ seeding: with a chance proportional to the squared distance from the landmarks so far (Arthur and Vassilvitskii 2007).</summary>
    KMeansPlusPlus,

    /// <summary>
    /// With a chance proportional to the ridge leverage score <c>sum_j s_j^2 / (s_j^2 + s_d^2) mu_j(x)^2</c> (Alaoui and Mahoney 2015), estimated from a fit on half as many
    /// uniform landmarks.
    /// </summary>
    RidgeLeverage,
}

/// <summary>The type that large data is computed in.</summary>
public enum ElementPrecision
{
    /// <summary>float32; sums over the rows and small problems are in float64 nevertheless.</summary>
    Single,

    /// <summary>float64.</summary>
    Double,
}

/// <summary>What is asked of a fit.</summary>
public sealed record SpectralOptions
{
    /// <summary>Features d, at least 1.</summary>
    public int Dimension { get; init; } = 128;

    /// <summary>The solver.</summary>
    public SpectralSolver Solver { get; init; }

    /// <summary>The type that large data is computed in.</summary>
    public ElementPrecision Precision { get; init; }

    /// <summary>Residual <c>||T T* mu - s^2 mu||</c> up to which a pair counts as converged, positive; null: 1e-5 in single and 1e-9 in double precision.</summary>
    public double? Tolerance { get; init; }

    /// <summary>Key of all draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Landmarks m of the Nystroem solver, above <see cref="Dimension"/>; null: the larger of 2000 and 4 d. More than there are rows means all rows.</summary>
    public int? Landmarks { get; init; }

    /// <summary>How the landmarks of the Nystroem solver are drawn.</summary>
    public LandmarkSampling LandmarkSampling { get; init; }

    /// <summary>
    /// Bytes that a fit may take, device and host together where they share memory, positive; null: 80 % of what the container or the machine allows. A fit that is
    /// predicted to need more is refused before it starts, with what would fit.
    /// </summary>
    public long? MemoryBudget { get; init; }

    internal int EffectiveLandmarks => Landmarks ?? (int)Math.Min(int.MaxValue, Math.Max(2000, 4L * Dimension));

    internal double EffectiveTolerance => Tolerance ?? (Precision == ElementPrecision.Double ? 1e-9 : 1e-5);

    internal void Check()
    {
        if (Dimension < 1)
            throw new InputException($"the dimension is {Dimension}; it must be at least 1");
        if (Tolerance is { } tolerance && !(tolerance > 0 && double.IsFinite(tolerance)))
            throw new InputException($"the tolerance is {tolerance}; it must be positive and finite");
        if (Landmarks is { } landmarks && landmarks <= Dimension)
            throw new InputException($"there are to be {landmarks} landmarks for {Dimension} features; more landmarks than features are needed");
        if (MemoryBudget is <= 0)
            throw new InputException($"the memory budget is {MemoryBudget} bytes; it must be positive");
    }
}
