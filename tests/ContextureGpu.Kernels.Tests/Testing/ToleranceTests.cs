using ContextureGpu.Testing;
using Xunit;
using Xunit.Sdk;

namespace ContextureGpu.Kernels.Tests.Testing;

/// <summary>The referee accepts what rounding explains and nothing else.</summary>
public sealed class ToleranceTests
{
    private static readonly Expected OneTerm = new([1, 2], [1, 2], 1);

    [Fact]
    public void EpsilonIsThatOfTheType()
    {
        Assert.Equal(Math.ScaleB(1, -23), Tolerance.Epsilon<float>());
        Assert.Equal(Math.ScaleB(1, -52), Tolerance.Epsilon<double>());
        Assert.True((float)Tolerance.Smallest<float>() > 0 && float.IsSubnormal(MathF.BitDecrement((float)Tolerance.Smallest<float>())));
        Assert.True(Tolerance.Smallest<double>() > 0 && double.IsSubnormal(Math.BitDecrement(Tolerance.Smallest<double>())));
    }

    [Fact]
    public void GrowsWithLengthAndConditionAndShrinksWithPrecision()
    {
        Assert.True(Tolerance.Relative<float>(100) > Tolerance.Relative<float>(1));
        Assert.Equal(7 * Tolerance.Relative<float>(10), Tolerance.Relative<float>(10, 7));
        Assert.True(Tolerance.Relative<float>(1 << 20) < 1 && Tolerance.Relative<float>(1) > Tolerance.Relative<double>(1 << 20));
    }

    [Fact]
    public void AcceptsRoundingAndReportsItsShare()
    {
        Assert.Equal(0, Tolerance.Fraction<float>("exact", [1, 2], OneTerm));
        double used = Tolerance.Fraction<float>("one rounding", [MathF.BitIncrement(1), 2], OneTerm);
        Assert.True(used is > 0 and < 0.5);
        Tolerance.AssertWithin("equal", 2, 2);
        Tolerance.AssertClose("equal", 2, 2, 0);
        Assert.Equal(0, Tolerance.Fraction<double>("infinite", [double.PositiveInfinity], new Expected([double.PositiveInfinity], [double.PositiveInfinity], 1)));
    }

    [Theory]
    [InlineData(1.00001f, 2)]
    [InlineData(1, 1.99999f)]
    [InlineData(float.NaN, 2)]
    [InlineData(1, float.PositiveInfinity)]
    [InlineData(1, float.NegativeInfinity)]
    public void RefusesEverythingElse(float first, float second) =>
        Assert.ThrowsAny<XunitException>(() => Tolerance.Fraction<float>("wrong", [first, second], OneTerm));

    [Fact]
    public void RefusesWhatCannotBeCompared()
    {
        Assert.ThrowsAny<XunitException>(() => Tolerance.Fraction<float>("short", [1], OneTerm));
        Assert.ThrowsAny<XunitException>(() => Tolerance.Fraction<double>("NaN expected", [1], new Expected([double.NaN], [1], 1)));
        Assert.ThrowsAny<XunitException>(() => Tolerance.Fraction<double>("infinite magnitude", [1], new Expected([2], [double.PositiveInfinity], 1)));
        Assert.ThrowsAny<XunitException>(() => Tolerance.AssertWithin("NaN", double.NaN, 1));
        Assert.ThrowsAny<XunitException>(() => Tolerance.AssertWithin("NaN allowed", 0, double.NaN));
        Assert.ThrowsAny<XunitException>(() => Tolerance.AssertClose("too far", 1, 2, 0.5));
    }
}
