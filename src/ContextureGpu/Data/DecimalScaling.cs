using System.Numerics;

namespace ContextureGpu;

/// <summary>
/// <c>w 10^q</c> rounded to float64, for a 64-bit w and the powers that data have: the product with the 128 leading bits of <c>5^q</c> decides (Lemire, "Number parsing at a gigabyte
/// per second", Software: Practice and Experience 51, 2021; Mushtak and Lemire, "Fast number parsing without fallback", 2023, prove that it always does).
/// </summary>
internal static class DecimalScaling
{
    /// <summary>The largest power, either way; with it no result overflows or is subnormal.</summary>
    public const int LargestPower = 64;

    private const int MantissaBits = 52, Guard = 3, ExponentBias = 1023;

    private static readonly UInt128[] Fives = [.. Enumerable.Range(-LargestPower, (2 * LargestPower) + 1).Select(LeadingBits)];

    /// <summary>The float64 nearest to <c>w 10^q</c>, ties to even.</summary>
    /// <param name="w">Not 0.</param>
    /// <param name="q">-64 .. 64.</param>
    public static double Scale(ulong w, int q)
    {
        int zeros = BitOperations.LeadingZeroCount(w);
        w <<= zeros;
        UInt128 five = Fives[q + LargestPower];
        ulong high = Math.BigMul(w, (ulong)(five >> 64), out ulong low);
        // The lower half of the power matters only if a carry could reach the bits that are kept.
        const ulong undecided = ulong.MaxValue >> (MantissaBits + Guard);
        if ((high & undecided) == undecided)
        {
            ulong carry = Math.BigMul(w, (ulong)five, out _);
            low += carry;
            high += carry > low ? 1ul : 0;
        }
        int upper = (int)(high >> 63), shift = upper + 64 - MantissaBits - Guard;
        ulong mantissa = high >> shift;
        // floor(q log2(10)), from 217706 / 2^16.
        int exponent = ((217706 * q) >> 16) + 63 + upper - zeros + ExponentBias;
        // Half way between two numbers, exactly: to the even one. Only these powers can be exact.
        if (low <= 1 && q is >= -4 and <= 23 && (mantissa & 3) == 1 && mantissa << shift == high)
            mantissa &= ~1ul;
        mantissa = (mantissa + (mantissa & 1)) >> 1;
        if (mantissa >> (MantissaBits + 1) != 0)
        {
            mantissa >>= 1;
            exponent++;
        }
        return BitConverter.UInt64BitsToDouble((mantissa & ((1ul << MantissaBits) - 1)) | ((ulong)exponent << MantissaBits));
    }

    // 5^q times a power of two in 128 bits, cut off; just above it for -27 <= q < 0, where the product is exact otherwise.
    private static UInt128 LeadingBits(int q)
    {
        BigInteger five = BigInteger.Pow(5, Math.Abs(q));
        int length = (int)five.GetBitLength();
        if (q >= 0)
            return (UInt128)(length <= 128 ? five << (128 - length) : five >> (length - 128));
        return (UInt128)(((BigInteger.One << (127 + length)) / five) + (q >= -27 ? 1 : 0));
    }
}
