using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// The laws of <c>rbf(gamma=local, k=7)</c>, <c>laplacian(gamma=local)</c> and <c>exponential(gamma=local)</c>: a point of the sample with probability proportional to
/// <c>exp(-delta(x, a) / sqrt(tau_x tau_a))</c>, delta as in <see cref="RbfContext"/> and tau what it is to the k-th nearest other row of the sample. Of the Gaussian kernel this is
/// <c>exp(-||x - a||^2 / (sigma_x sigma_a))</c>, sigma the distance to that row (Zelnik-Manor and Perona, "Self-Tuning Spectral Clustering", NIPS 2004).
/// </summary>
internal sealed class LocallyScaledContext : Context
{
    internal const string Local = "local";

    public LocallyScaledContext(int neighbor, RadialKernelKind kind)
        : base($"{RbfContext.Word(kind)}(gamma={Local}{(neighbor == RbfContext.DefaultNeighbor ? "" : $", k={ContextText.Number(neighbor)}")})")
    {
        if (!KnnContext.AcceptsK(neighbor))
            throw new InputException($"k is {ContextText.Number(neighbor)}; it must be {KnnContext.AcceptedK}");
        (Neighbor, Kind) = (neighbor, kind);
    }

    /// <summary>The neighbour that gives the scale of a row.</summary>
    public int Neighbor { get; }

    /// <summary>The kernel.</summary>
    public RadialKernelKind Kind { get; }
}
