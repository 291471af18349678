using System.Globalization;
using System.Text;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>Numbers are read to the bits of <see cref="double.Parse(string, IFormatProvider)"/>, and nothing else is taken for one.</summary>
public sealed class DecimalNumberTests
{
    private const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("+")]
    [InlineData(".")]
    [InlineData("-.")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e5.0")]
    [InlineData("1.2.3")]
    [InlineData("1 ")]
    [InlineData(" 1")]
    [InlineData("1,000")]
    [InlineData("0x1")]
    [InlineData("١")]
    [InlineData("1E0")]
    [InlineData("1e-0")]
    [InlineData("1e0005")]
    [InlineData("9007199254740992")]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993e22")]
    [InlineData("9007199254740991e22")]
    [InlineData("9007199254740991e-22")]
    [InlineData("1e23")]
    [InlineData("1e-23")]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")]
    [InlineData("0.00000000000000000000000000001")]
    [InlineData("000000000000000000000000000000.5")]
    [InlineData("-0")]
    [InlineData("-0.0e7")]
    [InlineData("123456789.123456789e-300")]
    [InlineData("1e309")]
    [InlineData("4.9406564584124654e-324")]
    [InlineData("2.4703282292062327e-324")]
    [InlineData("2.2250738585072011e-308")]
    public void Edges(string text) => AssertSame(text);

    /// <summary>Random numbers in random spellings, and random texts of the characters that matter.</summary>
    [Fact]
    public void RandomTexts()
    {
        var random = new Philox(20260304, 1);
        long draw = 0;
        int Next(int below) => (int)(random.Uniform(draw++) * below);
        for (int trial = 0; trial < 100_000; trial++)
        {
            var text = new StringBuilder(Next(3) switch { 0 => "-", 1 => "", _ => "+" });
            for (int i = Next(12); i > 0; i--)
                text.Append((char)('0' + Next(10)));
            if (Next(2) == 0)
            {
                text.Append('.');
                for (int i = Next(12); i > 0; i--)
                    text.Append((char)('0' + Next(10)));
            }
            if (Next(3) == 0)
                text.Append(CultureInfo.InvariantCulture, $"e{Next(60) - 30}");
            AssertSame(text.ToString());
            double value = BitConverter.Int64BitsToDouble((long)(random.Uniform(draw++) * long.MaxValue));
            if (double.IsFinite(value))
                AssertSame(value.ToString("R", CultureInfo.InvariantCulture));
            AssertSame(string.Concat(Enumerable.Range(0, Next(7)).Select(_ => "0123456789.eE+- "[Next(16)])));
        }
    }

    /// <summary>Sixteen to nineteen digits and powers of ten, and the middles between two float64 numbers and what lies next to them.</summary>
    [Fact]
    public void LongNumbersAndMiddles()
    {
        var random = new Philox(20260305, 1);
        long draw = 0;
        ulong Bits() => (ulong)(random.Uniform(draw++) * (1ul << 53));
        for (int trial = 0; trial < 400_000; trial++)
        {
            ulong w = ((Bits() << 11) ^ Bits()) >> (int)(Bits() % 12);
            int q = (int)(Bits() % 135) - 67;
            AssertSame($"{w}e{q}");
            AssertSame($"-0.{w}");
            // (2 m + 1) 5^k 10^-k is m + 1/2, times a power of two that keeps it an integer.
            ulong middle = (1ul << 53) + (2 * (Bits() % (1ul << 52))) + 1;
            for (int k = 0; k < 5 && middle < ulong.MaxValue / 5; k++, middle *= 5)
            {
                AssertSame($"{middle}e{-k}");
                AssertSame($"{middle - 1}e{-k}");
                AssertSame($"{middle + 1}e{-k}");
            }
            ulong shifted = ((1ul << 53) + (2 * (Bits() % (1ul << 52))) + 1) << (int)(Bits() % 10);
            AssertSame($"{shifted}");
            AssertSame($"{shifted + 1}");
        }
        // Short multiples of ten with exact middles above 2^53, up to 5^23.
        for (int q = 0; q <= 25; q++)
            for (ulong w = 1; w < 3000; w++)
                AssertSame($"{(1ul << 40) + w}e{q}");
    }

    [Fact]
    public void TheTextsOfNumbersComeBack()
    {
        var store = new DigitStore();
        string[] texts = [.. Enumerable.Range(0, 3000).Select(i => new string((char)('0' + (i % 10)), i % 1001))];
        foreach (string text in texts)
            store.Add(text);
        DigitStore.Reader reader = store.Read();
        Span<char> memory = stackalloc char[1001];
        foreach (string text in texts)
            Assert.Equal(text, reader.Next(memory).ToString());
    }

    private static void AssertSame(string text)
    {
        bool expected = double.TryParse(text, Style, CultureInfo.InvariantCulture, out double value);
        Assert.True(expected == DecimalNumber.TryParse(text, out double actual), text);
        if (expected)
            Assert.True(BitConverter.DoubleToInt64Bits(value) == BitConverter.DoubleToInt64Bits(actual), $"{text} is {value:R}, read as {actual:R}");
    }
}
