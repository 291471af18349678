using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>log(x)</c> of a positive, normal number with the same operations on every accelerator: <c>x = 2^e f</c>, <c>f</c> in <c>[sqrt(1/2), sqrt(2))</c>, and
/// <c>log f = 2 artanh(u)</c>, <c>u = (f - 1) / (f + 1)</c>, by its series (Muller, Elementary Functions, 3rd ed. 2016, section 11).
/// Error below 2 units in the last place of <c>max(|log x|, 1)</c>.
/// </summary>
internal static class Logarithm
{
    /// <summary><c>log(x)</c> in float32.</summary>
    public static float Single(float x)
    {
        const uint root = 0x3F3504F3;           // the bits of sqrt(1/2)
        uint bits = Interop.FloatAsInt(x) - root + (127u << 23);
        int exponent = (int)(bits >> 23) - 127;
        float f = Interop.IntAsFloat((bits & 0x007FFFFFu) + root);
        float u = (f - 1f) / (f + 1f), v = u * u;
        float p = 1f / 13f;
        p = FusedMultiplyAdd.Single(p, v, 1f / 11f);
        p = FusedMultiplyAdd.Single(p, v, 1f / 9f);
        p = FusedMultiplyAdd.Single(p, v, 1f / 7f);
        p = FusedMultiplyAdd.Single(p, v, 1f / 5f);
        p = FusedMultiplyAdd.Single(p, v, 1f / 3f);
        float log = FusedMultiplyAdd.Single(2f * u * v, p, 2f * u);
        log = FusedMultiplyAdd.Single(exponent, -1.90465421e-9f, log);
        return FusedMultiplyAdd.Single(exponent, 0.693147182f, log);
    }

    /// <summary><c>log(x)</c> in float64.</summary>
    public static double Double(double x)
    {
        const ulong root = 0x3FE6A09E667F3BCDUL;
        ulong bits = Interop.FloatAsInt(x) - root + (1023UL << 52);
        int exponent = (int)(uint)(bits >> 52) - 1023;
        double f = Interop.IntAsFloat((bits & 0x000FFFFFFFFFFFFFUL) + root);
        double u = (f - 1.0) / (f + 1.0), v = u * u;
        double p = 1.0 / 23.0;
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 21.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 19.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 17.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 15.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 13.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 11.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 9.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 7.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 5.0);
        p = FusedMultiplyAdd.Double(p, v, 1.0 / 3.0);
        double log = FusedMultiplyAdd.Double(2.0 * u * v, p, 2.0 * u);
        log = FusedMultiplyAdd.Double(exponent, 2.3190468138462996e-17, log);
        return FusedMultiplyAdd.Double(exponent, 0.69314718055994529, log);
    }
}
