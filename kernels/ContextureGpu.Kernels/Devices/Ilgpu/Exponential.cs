using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>exp(x)</c> with the same operations on every accelerator: <c>x = n log 2 + r</c> with <c>|r| &lt;= log(2) / 2</c> (log 2 in two parts, Cody and Waite
/// 1980, chapter 6), the Taylor polynomial of <c>exp(r)</c> to a degree whose remainder is below half a unit in the last place, and <c>2^n</c> in two
/// factors so that results below the normal range are rounded once. 0 for arguments down to negative infinity, infinity above the range,
/// NaN for NaN. Error below 1.5 units in the last place.
/// </summary>
internal static class Exponential
{
    // 1.5 * 2^23 and 1.5 * 2^52: adding one rounds to an integer, whose bits are then the low bits of the sum.
    private const float SingleRound = 12582912f;
    private const double DoubleRound = 6755399441055744.0;

    /// <summary><c>exp(x)</c> in float32.</summary>
    public static float Single(float x)
    {
        float z = x < -104f ? -104f : x;
        z = z > 89f ? 89f : z;
        float t = FusedMultiplyAdd.Single(z, 1.44269502f, SingleRound);
        float p = OfRemainder(z, t - SingleRound);
        uint n = Interop.FloatAsInt(t) - Interop.FloatAsInt(SingleRound) + 1024u;       // n + 1024, positive
        uint half = n >> 1;
        return p * SinglePower(half - 512u) * SinglePower(n - half - 512u);
    }

    /// <summary><c>exp(z - n log 2)</c> for the integer n nearest to <c>z / log 2</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float OfRemainder(float z, float n)
    {
        float r = FusedMultiplyAdd.Single(n, -0.693147182f, z);
        r = FusedMultiplyAdd.Single(n, 1.90465421e-9f, r);
        float p = 1f / 5040f;
        p = FusedMultiplyAdd.Single(p, r, 1f / 720f);
        p = FusedMultiplyAdd.Single(p, r, 1f / 120f);
        p = FusedMultiplyAdd.Single(p, r, 1f / 24f);
        p = FusedMultiplyAdd.Single(p, r, 1f / 6f);
        p = FusedMultiplyAdd.Single(p, r, 0.5f);
        p = FusedMultiplyAdd.Single(p, r, 1f);
        p = FusedMultiplyAdd.Single(p, r, 1f);
        return p;
    }

    /// <summary><c>exp(x)</c> in float64.</summary>
    public static double Double(double x)
    {
        double z = x < -746.0 ? -746.0 : x;
        z = z > 710.0 ? 710.0 : z;
        double t = FusedMultiplyAdd.Double(z, 1.4426950408889634, DoubleRound);
        double whole = t - DoubleRound;
        double r = FusedMultiplyAdd.Double(whole, -0.69314718055994529, z);
        r = FusedMultiplyAdd.Double(whole, -2.3190468138462996e-17, r);
        double p = 1.0 / 6227020800.0;
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 479001600.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 39916800.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 3628800.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 362880.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 40320.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 5040.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 720.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 120.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 24.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0 / 6.0);
        p = FusedMultiplyAdd.Double(p, r, 0.5);
        p = FusedMultiplyAdd.Double(p, r, 1.0);
        p = FusedMultiplyAdd.Double(p, r, 1.0);
        uint n = (uint)Interop.FloatAsInt(t) - (uint)Interop.FloatAsInt(DoubleRound) + 4096u;
        uint half = n >> 1;
        return p * DoublePower(half - 2048u) * DoublePower(n - half - 2048u);
    }

    // 2^n for an n in the normal range, given modulo 2^32.
    private static float SinglePower(uint n) => Interop.IntAsFloat((n + 127u) << 23);

    private static double DoublePower(uint n) => Interop.IntAsFloat((ulong)(n + 1023u) << 52);
}
