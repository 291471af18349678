namespace ContextureGpu.Kernels;

/// <summary>A positive function of the squared Euclidean distance, given by its logarithm.</summary>
public enum RadialKernelKind
{
    /// <summary><c>log k(x, y) = -gamma ||x - y||^2</c>.</summary>
    Gaussian,

    /// <summary><c>log k(x, y) = -gamma ||x - y||</c>.</summary>
    Exponential,
}

/// <summary>A radial kernel and its parameter.</summary>
/// <param name="Kind">The function.</param>
/// <param name="Gamma">Its inverse width, finite and positive.</param>
public readonly record struct RadialKernel(RadialKernelKind Kind, double Gamma);
