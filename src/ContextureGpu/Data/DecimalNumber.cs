using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;

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
    public static bool TryParse(ReadOnlySpan<char> text, out double value) =>
        (TryReadPrefix(text, out int length, out value) && length == text.Length) || double.TryParse(text, Style, CultureInfo.InvariantCulture, out value);

    /// <summary>Reads the number with which a text begins, as far as it goes.</summary>
    /// <typeparam name="TUnit">char, or byte for UTF-8.</typeparam>
    /// <param name="text">The text.</param>
    /// <param name="length">How many units of it are the number.</param>
    /// <param name="value">The number, finite.</param>
    /// <returns>False where there is none, or one with more digits or a larger exponent than are read here.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryReadPrefix<TUnit>(ReadOnlySpan<TUnit> text, out int length, out double value)
        where TUnit : unmanaged, IBinaryInteger<TUnit>
    {
        int at = 0;
        bool negative = false;
        if (text.Length > 0 && (text[0] == TUnit.CreateTruncating('-') || text[0] == TUnit.CreateTruncating('+')))
        {
            negative = text[0] == TUnit.CreateTruncating('-');
            at = 1;
        }
        ulong mantissa = 0;
        int digits = ReadDigits(text, ref at, ref mantissa), fraction = 0;
        if (at < text.Length && text[at] == TUnit.CreateTruncating('.'))
        {
            at++;
            fraction = ReadDigits(text, ref at, ref mantissa);
            digits += fraction;
        }
        int power = -fraction;
        if (digits > 0 && at < text.Length && (text[at] | TUnit.CreateTruncating(0x20)) == TUnit.CreateTruncating('e'))
            at += ExponentLength(text[at..], ref power);
        (length, value) = (at, 0);
        if (digits == 0 || digits > MostDigits || Math.Abs(power) > DecimalScaling.LargestPower)
            return false;
        if (mantissa <= LargestExact && Math.Abs(power) <= LargestPower)
            value = power < 0 ? mantissa / PowersOfTen[-power] : mantissa * PowersOfTen[power];
        else
            value = mantissa == 0 ? 0 : DecimalScaling.Scale(mantissa, power);
        if (negative)
            value = -value;
        return true;
    }

    // Appends digits to the mantissa, which wraps beyond 19; returns how many.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ReadDigits<TUnit>(ReadOnlySpan<TUnit> text, ref int at, ref ulong mantissa)
        where TUnit : unmanaged, IBinaryInteger<TUnit>
    {
        int first = at;
        if (typeof(TUnit) == typeof(byte) && BitConverter.IsLittleEndian)
        {
            for (int count = EightDigits.Length; count == EightDigits.Length && text.Length - at >= EightDigits.Length; at += count)
                (count, mantissa) = EightDigits.Append(Unsafe.ReadUnaligned<ulong>(in Unsafe.As<TUnit, byte>(ref Unsafe.AsRef(in text[at]))), mantissa);
        }
        for (; at < text.Length && Digit(text[at]) <= 9; at++)
            mantissa = (10 * mantissa) + Digit(text[at]);
        return at - first;
    }

    // e, a sign or none, one to three digits; otherwise the e is none of the number.
    private static int ExponentLength<TUnit>(ReadOnlySpan<TUnit> text, ref int power)
        where TUnit : unmanaged, IBinaryInteger<TUnit>
    {
        int at = 1, exponent = 0;
        bool negative = false;
        if (at < text.Length && (text[at] == TUnit.CreateTruncating('-') || text[at] == TUnit.CreateTruncating('+')))
        {
            negative = text[at] == TUnit.CreateTruncating('-');
            at++;
        }
        int first = at;
        for (; at < text.Length && at < first + 3 && Digit(text[at]) <= 9; at++)
            exponent = (10 * exponent) + (int)Digit(text[at]);
        if (at == first)
            return 0;
        power += negative ? -exponent : exponent;
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Digit<TUnit>(TUnit unit)
        where TUnit : unmanaged, IBinaryInteger<TUnit> => uint.CreateTruncating(unit) - '0';
}
