using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// The laws of <c>rbf(gamma=0.5)</c>, <c>laplacian(gamma=0.5)</c> and <c>exponential(gamma=0.5)</c>: a point of the sample with probability proportional to exp(-gamma delta(x, a)), delta the
/// squared Euclidean distance, the sum of absolute differences, and the Euclidean distance.
/// </summary>
internal sealed class RbfContext : Context
{
    internal const string Median = "median";
    internal const string AcceptedGamma = "a positive finite number or " + Median;

    public RbfContext(double? gamma, RadialKernelKind kind = RadialKernelKind.Gaussian)
        : base($"{Word(kind)}(gamma={(gamma is double value ? ContextText.Number(value) : Median)})")
    {
        if (gamma is double given && !AcceptsGamma(given))
            throw new InputException($"gamma is {ContextText.Number(given)}; it must be a positive finite number");
        (Gamma, Kind) = (gamma, kind);
    }

    /// <summary>The inverse scale of delta; none stands for the one that the median of delta in the sample gives.</summary>
    public double? Gamma { get; }

    /// <summary>The kernel.</summary>
    public RadialKernelKind Kind { get; }

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
