using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>The optimiser: AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019) on many matrices of parameters.</summary>
internal static class AdamW
{
    /// <summary>One step on all parameters, the gradient clipped to a norm.</summary>
    /// <param name="on">Where the parameters live.</param>
    /// <param name="parameters">Parameters with their gradients.</param>
    /// <param name="step">Number and rate.</param>
    /// <param name="options">Weight decay and norm.</param>
    /// <returns>The norm of the gradient; null where it was not needed.</returns>
    public static double? Step<T>(Arithmetic<T> on, IReadOnlyList<Parameter<T>> parameters, AdamStep step, EncoderOptions options)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double? norm = null;
        if (options.ClipNorm is { } most)
        {
            norm = Math.Sqrt(parameters.Sum(p => on.SumOfSquares(p.Gradient)));
            if (norm > most)
                step = step with { GradientScale = most / norm.Value };
        }
        foreach (Parameter<T> p in parameters)
            on.Adam(step with { WeightDecay = p.Decays ? options.WeightDecay : 0 }, p.Gradient, p.First, p.Second, p.Value);
        return norm;
    }
}
