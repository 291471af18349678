using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// The laws of <c>rbf(gamma=0.5)</c>, <c>laplacian(gamma=0.5)</c> and <c>exponential(gamma=0.5)</c>: a point of the sample with probability proportional to exp(-gamma delta(x, a)), delta the
/// squared Euclidean distance, the sum of absolute differences, and the Euclidean distance.
/// </summary>
internal sealed class RbfContext : Context
{
    internal const string Median = "median";
    internal const string Kth = "kth";
    internal const string AcceptedGamma = "a positive finite number, " + Median + ", " + Kth + " or " + LocallyScaledContext.Local;
    internal const string AcceptedNeighbor = "an integer of at least 1, for gamma=" + Kth + " and gamma=" + LocallyScaledContext.Local;

    /// <summary>The neighbour whose distance is the scale, as in Zelnik-Manor and Perona (NIPS 2004).</summary>
    internal const int DefaultNeighbor = 7;

    public RbfContext(double? gamma, RadialKernelKind kind = RadialKernelKind.Gaussian)
        : base($"{Word(kind)}(gamma={(gamma is double value ? ContextText.Number(value) : Median)})")
    {
        if (gamma is double given && !AcceptsGamma(given))
            throw new InputException($"gamma is {ContextText.Number(given)}; it must be a positive finite number");
        (Gamma, Kind) = (gamma, kind);
    }

    private RbfContext(int neighbor, RadialKernelKind kind)
        : base($"{Word(kind)}(gamma={Kth}{(neighbor == DefaultNeighbor ? "" : $", k={ContextText.Number(neighbor)}")})")
    {
        (Neighbor, Kind) = (neighbor, kind);
    }

    /// <summary>The inverse scale of delta; none stands for the one that delta in the sample gives: its median, or its median to the neighbour of a number.</summary>
    public double? Gamma { get; }

    /// <summary>The neighbour whose median delta gives the scale; none for the median over all pairs, or where the scale is known.</summary>
    public int? Neighbor { get; }

    /// <summary>The kernel.</summary>
    public RadialKernelKind Kind { get; }

    /// <summary>The kernel whose scale is the median of delta to the k-th nearest other row.</summary>
    public static RbfContext Scaled(int neighbor, RadialKernelKind kind) => KnnContext.AcceptsK(neighbor)
        ? new RbfContext(neighbor, kind)
        : throw new InputException($"k is {ContextText.Number(neighbor)}; it must be an integer of at least 1");

    /// <summary>The kernel's name in an expression.</summary>
    internal static string Word(RadialKernelKind kind) => kind switch
    {
        RadialKernelKind.Gaussian => "rbf",
        RadialKernelKind.Laplacian => "laplacian",
        RadialKernelKind.Exponential => "exponential",
        _ => throw new InputException($"there is no kernel {(int)kind}"),
    };

    internal static bool AcceptsGamma(double gamma) => gamma > 0 && double.IsFinite(gamma);
}
