using System.Numerics;
using System.Runtime.CompilerServices;

namespace ContextureGpu;

/// <summary>Decimal digits in ASCII, eight bytes at a time in one register, the first in the lowest byte (Lemire, "Quickly parsing eight digits", 2018).</summary>
internal static class EightDigits
{
    /// <summary>The bytes that are looked at.</summary>
    public const int Length = 8;

    private static ReadOnlySpan<ulong> PowersOfTen => [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

    /// <summary>Appends the digits with which eight bytes begin to a number.</summary>
    /// <param name="bytes">The bytes, the first the lowest.</param>
    /// <param name="number">The digits before them.</param>
    /// <returns>How many of the bytes are digits before the first that is none, 0 .. 8, and the longer number, modulo 2^64.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Count, ulong Number) Append(ulong bytes, ulong number)
    {
        ulong values = bytes ^ 0x3030_3030_3030_3030;
        // The top bit of a byte: its value is above 9. A carry out of a byte spoils only those after the first that is no digit.
        ulong others = (values | (values + 0x7676_7676_7676_7676)) & 0x8080_8080_8080_8080;
        int count = BitOperations.TrailingZeroCount(others) / 8;
        if (count == 0)
            return (0, number);
        values <<= 64 - (8 * count); // zeros in front
        values = (values * 10) + (values >> 8);
        values = (((values & 0x0000_00FF_0000_00FF) * 0x000F_4240_0000_0064) + (((values >> 16) & 0x0000_00FF_0000_00FF) * 0x0000_2710_0000_0001)) >> 32;
        return (count, (number * PowersOfTen[count]) + values);
    }
}
