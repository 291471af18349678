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

    internal double EffectiveTolerance => Tolerance ?? (Precision == ElementPrecision.Double ? 1e-9 : 1e-5);

    internal void Check()
    {
        if (Dimension < 1)
            throw new InputException($"the dimension is {Dimension}; it must be at least 1");
        if (Tolerance is { } tolerance && !(tolerance > 0 && double.IsFinite(tolerance)))
            throw new InputException($"the tolerance is {tolerance}; it must be positive and finite");
    }
}
