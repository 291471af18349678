using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>exp(x)</c> in float32 as <see cref="Exponential"/> computes it, with one factor for <c>2^n</c> instead of two: 0 below -87.68, where the results lie below the
/// normal range, infinity above 88.37, where they come within half of the largest number, NaN for NaN. Error below 1.5 units in the last place
/// of the normal range.
/// </summary>
internal readonly struct ShortExponential : IReal<float>
{
    // 1.5 * 2^23 + 127: adding it rounds to an integer n and leaves n + 127, the exponent of 2^n, in the low bits.
    private const float Round = 12583039f;

    /// <inheritdoc/>
    public static float Zero => SingleReal.Zero;

    /// <inheritdoc/>
    public static float Lowest => SingleReal.Lowest;

    /// <inheritdoc/>
    public static float NegativeInfinity => SingleReal.NegativeInfinity;

    /// <inheritdoc/>
    public static float Fma(float a, float b, float c) => SingleReal.Fma(a, b, c);

    /// <inheritdoc/>
    public static float Sqrt(float x) => SingleReal.Sqrt(x);

    /// <inheritdoc/>
    public static float Log(float x) => SingleReal.Log(x);

    /// <summary>The exponential.</summary>
    public static float Exp(float x)
    {
        // At the ends n + 127 is 0 and 255: the factor is 0 and infinity.
        float z = x < -88f ? -88f : x;
        z = z > 89f ? 89f : z;
        float t = FusedMultiplyAdd.Single(z, 1.44269502f, Round);
        return Exponential.OfRemainder(z, t - Round) * Interop.IntAsFloat(Interop.FloatAsInt(t) << 23);
    }
}
