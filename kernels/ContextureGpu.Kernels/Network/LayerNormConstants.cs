namespace ContextureGpu.Kernels;

/// <summary>The number in layer normalisation (Ba, Kiros and Hinton, "Layer normalization", 2016).</summary>
public static class LayerNormConstants
{
    /// <summary>Added to the variance of a row, so that a constant row becomes zeros.</summary>
    public const double Epsilon = 1e-5;
}
