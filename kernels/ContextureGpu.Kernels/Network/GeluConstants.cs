namespace ContextureGpu.Kernels;

/// <summary>The numbers in the tanh form of GELU (Hendrycks and Gimpel 2016, section 2).</summary>
public static class GeluConstants
{
    /// <summary><c>sqrt(2 / pi)</c>.</summary>
    public const double Root = 0.79788456080286535588;

    /// <summary>Factor of the cube.</summary>
    public const double Cubic = 0.044715;
}
