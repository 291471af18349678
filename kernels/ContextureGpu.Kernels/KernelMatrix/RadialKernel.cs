using System.Numerics;

namespace ContextureGpu.Kernels;

/// <summary>A positive function of a distance, given by its logarithm.</summary>
public enum RadialKernelKind
{
    /// <summary><c>log k(x, y) = -gamma ||x - y||^2</c>, Euclidean.</summary>
    Gaussian,

    /// <summary><c>log k(x, y) = -gamma ||x - y||</c>, Euclidean.</summary>
    Exponential,

    /// <summary><c>log k(x, y) = -gamma sum_f |x_f - y_f|</c>.</summary>
    Laplacian,
}

/// <summary>A radial kernel and its parameter.</summary>
/// <param name="Kind">The function.</param>
/// <param name="Gamma">Its inverse width, finite and positive.</param>
public readonly record struct RadialKernel(RadialKernelKind Kind, double Gamma)
{
    /// <summary>gamma times <paramref name="factor"/> in the element type; beyond its range the largest finite number, so that at distance 0 the kernel stays 1.</summary>
    internal T GammaTimes<T>(double factor)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        T.CreateTruncating(Math.Min(Gamma * factor, typeof(T) == typeof(float) ? float.MaxValue : double.MaxValue));
}
