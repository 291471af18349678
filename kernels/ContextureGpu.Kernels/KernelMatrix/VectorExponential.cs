using System.Numerics;
using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// <c>exp(x)</c> on vectors, by the same method as the accelerators' exponential: <c>x = n log 2 + r</c> with log 2 in two parts (Cody and Waite 1980, chapter 6), the Taylor
/// polynomial of <c>exp(r)</c>, and <c>2^n</c> in two factors, so that results below the normal range are rounded once. 0 down to negative infinity, infinity above
/// the range, NaN for NaN. Error below 1.5 units in the last place.
/// </summary>
internal static class VectorExponential
{
    private const float SingleRound = 12582912f;
    private const double DoubleRound = 6755399441055744.0;

    /// <summary><c>exp(x)</c> in float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Single(Vector<float> x)
    {
        Vector<float> z = Vector.ConditionalSelect(Vector.LessThan(x, new(-104f)), new(-104f), x);
        z = Vector.ConditionalSelect(Vector.GreaterThan(z, new(89f)), new(89f), z);
        Vector<float> t = Vector.FusedMultiplyAdd(z, new(1.44269502f), new(SingleRound));
        Vector<float> whole = t - new Vector<float>(SingleRound);
        Vector<float> r = Vector.FusedMultiplyAdd(whole, new(-0.693147182f), z);
        r = Vector.FusedMultiplyAdd(whole, new(1.90465421e-9f), r);
        Vector<float> p = Vector.FusedMultiplyAdd(new(1f / 5040f), r, new(1f / 720f));
        p = Vector.FusedMultiplyAdd(p, r, new(1f / 120f));
        p = Vector.FusedMultiplyAdd(p, r, new(1f / 24f));
        p = Vector.FusedMultiplyAdd(p, r, new(1f / 6f));
        p = Vector.FusedMultiplyAdd(p, r, new(0.5f));
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        p = Vector.FusedMultiplyAdd(p, r, Vector<float>.One);
        Vector<int> n = t.As<float, int>() - new Vector<float>(SingleRound).As<float, int>();
        Vector<int> half = Vector.ShiftRightArithmetic(n, 1);
        return p * Power(half) * Power(n - half);

        static Vector<float> Power(Vector<int> exponent) => Vector.ShiftLeft(exponent + new Vector<int>(127), 23).As<int, float>();
    }

    /// <summary><c>exp(x)</c> in float64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Double(Vector<double> x)
    {
        Vector<double> z = Vector.ConditionalSelect(Vector.LessThan(x, new(-746.0)), new(-746.0), x);
        z = Vector.ConditionalSelect(Vector.GreaterThan(z, new(710.0)), new(710.0), z);
        Vector<double> t = Vector.FusedMultiplyAdd(z, new(1.4426950408889634), new(DoubleRound));
        Vector<double> whole = t - new Vector<double>(DoubleRound);
        Vector<double> r = Vector.FusedMultiplyAdd(whole, new(-0.69314718055994529), z);
        r = Vector.FusedMultiplyAdd(whole, new(-2.3190468138462996e-17), r);
        Vector<double> p = Vector.FusedMultiplyAdd(new(1.0 / 6227020800.0), r, new(1.0 / 479001600.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 39916800.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 3628800.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 362880.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 40320.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 5040.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 720.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 120.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 24.0));
        p = Vector.FusedMultiplyAdd(p, r, new(1.0 / 6.0));
        p = Vector.FusedMultiplyAdd(p, r, new(0.5));
        p = Vector.FusedMultiplyAdd(p, r, Vector<double>.One);
        p = Vector.FusedMultiplyAdd(p, r, Vector<double>.One);
        Vector<long> n = t.As<double, long>() - new Vector<double>(DoubleRound).As<double, long>();
        Vector<long> half = Vector.ShiftRightArithmetic(n, 1);
        return p * Power(half) * Power(n - half);

        static Vector<double> Power(Vector<long> exponent) => Vector.ShiftLeft(exponent + new Vector<long>(1023), 52).As<long, double>();
    }
}
