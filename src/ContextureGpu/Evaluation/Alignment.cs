using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// How far two encoders agree on the same rows. Only the spans of the centred features count: every number is unchanged by invertible affine maps of either
/// side and by exchanging the sides. Where the features of one side span everything that n centred rows can (rank n - 1), agreement is certain and says nothing.
/// </summary>
/// <param name="CanonicalCorrelations">Cosines of the principal angles, in [0, 1], descending; min(<paramref name="RankF"/>, <paramref name="RankG"/>) of them.</param>
/// <param name="PrincipalAngles">
/// Principal angles between the spans in radians, ascending, in [0, pi/2]; small ones are accurate as well (Bjorck and Golub 1973: from the sines).
/// </param>
/// <param name="MutualKnn">Mean share of the k nearest neighbours of a row, the row itself excluded, that both sides have in common, in whitened features; in [0, 1].</param>
/// <param name="RankF">Dimension of the span of the first features, constants removed.</param>
/// <param name="RankG">Dimension of the span of the second features, constants removed.</param>
public sealed record Alignment(
    IReadOnlyList<double> CanonicalCorrelations, IReadOnlyList<double> PrincipalAngles, double MutualKnn, int RankF, int RankG)
{
    /// <summary>
    /// Mean squared canonical correlation over min(<see cref="RankF"/>, <see cref="RankG"/>) pairs (Kornblith et al., "Similarity of neural network representations
    /// revisited", ICML 2019, section 3). A span inside the other scores 1: where features may have collapsed, look at the ranks and at <see cref="ExplainedF"/> too.
    /// </summary>
    public double CcaR2 => SquaredCosines / Math.Min(RankF, RankG);

    /// <summary>Share of the whitened first features' variance that a linear map of the second explains, in [0, 1].</summary>
    public double ExplainedF => SquaredCosines / RankF;

    /// <summary>Share of the whitened second features' variance that a linear map of the first explains, in [0, 1].</summary>
    public double ExplainedG => SquaredCosines / RankG;

    private double SquaredCosines => CanonicalCorrelations.Sum(c => c * c);

    /// <summary>Compares two sets of features.</summary>
    /// <param name="f">First features, (n, p).</param>
    /// <param name="g">Second features of the same rows in the same order, (n, q).</param>
    /// <param name="algebra">Does the products and eigenproblems, of order max(p, q).</param>
    /// <param name="device">Finds the neighbours.</param>
    /// <param name="options">Neighbours and threshold; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the search for neighbours.</param>
    /// <exception cref="InputException">
    /// The numbers of rows differ or do not exceed the number of neighbours, a value is not finite, all features of a side are constant, or an option is out of range.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Alignment Measure(
        FeatureSpan f, FeatureSpan g, HostLinearAlgebra algebra, ComputeDevice device, AlignmentOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(algebra);
        ArgumentNullException.ThrowIfNull(device);
        options ??= new AlignmentOptions();
        options.Check();
        if (f.Rows != g.Rows)
            throw new InputException($"the first features have {f.Rows} rows and the second {g.Rows}; both must describe the same rows");
        if (f.Rows <= options.Neighbors)
            throw new InputException($"{options.Neighbors} neighbours of each row need at least {options.Neighbors + 1} rows; there are {f.Rows}");

        WhitenedFeatures first = WhitenedFeatures.From(f, "the first features", options.RankThreshold, algebra);
        WhitenedFeatures second = WhitenedFeatures.From(g, "the second features", options.RankThreshold, algebra);
        (double[] cosines, double[] angles) = CanonicalAngles.Between(first, second, algebra);
        double mutual = NeighborOverlap.Mean(first, second, options.Neighbors, device, cancellationToken);
        return new Alignment(cosines, angles, mutual, first.Rank, second.Rank);
    }
}
