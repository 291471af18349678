using System.Globalization;

namespace ContextureGpu;

/// <summary>
/// Reads decimal numbers as <see cref="double.Parse(ReadOnlySpan{char}, NumberStyles, IFormatProvider?)"/> does, to the same bits. A number of few digits is the quotient or product
/// of two exact float64 numbers, which is rounded once (Clinger, "How to Read Floating Point Numbers Accurately", PLDI 1990); one of up to 19 digits is <see cref="DecimalScaling"/>'s;
/// all others are left to .NET.
/// </summary>
internal static class DecimalNumber
{
    private const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    // 19 digits fit 64 bits; integers up to 2^53 and powers of ten up to 10^22 are exact in float64.
    private const int MostDigits = 19, LargestPower = 22;
    private const ulong LargestExact = 1UL << 53;

    private static ReadOnlySpan<double> PowersOfTen =>
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Reads a number of the invariant culture: a sign or none, digits with at most one point among them, an exponent or none. Too large a number is infinite.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double value)
    {
        int at = 0;
        bool negative = false;
        if (text.Length > 0 && text[0] is '-' or '+')
        {
            negative = text[0] == '-';
            at = 1;
        }
        ulong mantissa = 0;
        int first = at;
        while (at < text.Length && text[at] == '0')
            at++;
        int zeros = at - first;
        for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
            mantissa = (10 * mantissa) + (uint)(text[at] - '0');
        int digits = at - first, fraction = 0;
        if (at < text.Length && text[at] == '.')
        {
            first = ++at;
            for (; at < text.Length && (uint)(text[at] - '0') <= 9; at++)
                mantissa = (10 * mantissa) + (uint)(text[at] - '0');
            fraction = at - first;
            digits += fraction;
        }
        int power = -fraction;
        if (digits == 0 || digits - zeros > MostDigits || (at < text.Length && !TryExponent(text[at..], ref power)) || Math.Abs(power) > DecimalScaling.LargestPower)
            return double.TryParse(text, Style, CultureInfo.InvariantCulture, out value);
        if (mantissa <= LargestExact && Math.Abs(power) <= LargestPower)
            value = power < 0 ? mantissa / PowersOfTen[-power] : mantissa * PowersOfTen[power];
        else
            value = mantissa == 0 ? 0 : DecimalScaling.Scale(mantissa, power);
        if (negative)
            value = -value;
        return true;
    }

    // e, a sign or none, one to three digits, and nothing after them.
    private static bool TryExponent(ReadOnlySpan<char> text, ref int power)
    {
        if ((text[0] | 0x20) != 'e')
            return false;
        int at = 1, exponent = 0;
        bool negative = false;
        if (at < text.Length && text[at] is '-' or '+')
        {
            negative = text[at] == '-';
            at++;
        }
        if (text.Length - at is < 1 or > 3)
            return false;
        for (; at < text.Length; at++)
        {
            if ((uint)(text[at] - '0') > 9)
                return false;
            exponent = (10 * exponent) + (text[at] - '0');
        }
        power += negative ? -exponent : exponent;
        return true;
    }
}
