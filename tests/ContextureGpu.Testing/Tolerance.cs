using System.Globalization;
using System.Numerics;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>What a computation should have returned.</summary>
/// <param name="Value">The values, from float64 loops.</param>
/// <param name="Magnitude">For each value the size of what was added up to get it, as in <c>sum |a||b|</c>: rounding errors are relative to it.</param>
/// <param name="Length">The number of terms added up.</param>
public sealed record Expected(double[] Value, double[] Magnitude, long Length);

/// <summary>
/// The one place that says how far a computed number may be from the true one: as far as rounding can bring it, given the element type, the
/// number of terms summed and the condition of the problem.
/// </summary>
public static class Tolerance
{
    /// <summary>
    /// The error allowed, relative to the magnitude of the terms: <c>2 epsilon (2 + sqrt(length)) condition</c>. Rounding errors of a sum of
    /// <paramref name="length"/> terms add up like a random walk; the worst case, proportional to the length itself, does not occur on random data.
    /// </summary>
    /// <param name="epsilon">Distance from 1 to the next number of the type the sum is formed in.</param>
    /// <param name="length">Terms added up one after the other.</param>
    /// <param name="condition">By how much the problem itself magnifies errors of its input.</param>
    public static double Relative(double epsilon, long length, double condition = 1) => 2 * epsilon * (2 + Math.Sqrt(length)) * condition;

    /// <summary>The error allowed when the work is done in <typeparamref name="T"/>.</summary>
    public static double Relative<T>(long length, double condition = 1)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Relative(Epsilon<T>(), length, condition);

    /// <summary>
    /// The error allowed to a mean of <paramref name="draws"/> independent draws: five standard errors, exceeded by chance once in 1.7 million.
    /// </summary>
    public static double OfMean(double standardDeviation, long draws) => 5 * standardDeviation / Math.Sqrt(draws);

    /// <summary>Distance from 1 to the next number of the type.</summary>
    public static double Epsilon<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => double.CreateTruncating(T.BitIncrement(T.One) - T.One);

    /// <summary>The smallest normal number of the type; below it relative accuracy ends, and a GPU may return 0.</summary>
    public static double Smallest<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => typeof(T) == typeof(float) ? Math.ScaleB(1, -126) : Math.ScaleB(1, -1022);

    /// <summary>Fails unless <paramref name="error"/> is at most <paramref name="allowed"/>; prints the fraction of it that was used.</summary>
    public static void AssertWithin(string what, double error, double allowed)
    {
        Assert.True(error <= allowed, string.Create(CultureInfo.InvariantCulture, $"{what}: the error is {error:g4}, allowed is {allowed:g4}"));
        Report(what, allowed == 0 ? 0 : error / allowed);
    }

    /// <summary>Fails unless the two numbers differ by at most <paramref name="allowed"/>; prints the fraction of it that was used.</summary>
    public static void AssertClose(string what, double expected, double actual, double allowed) =>
        AssertWithin(string.Create(CultureInfo.InvariantCulture, $"{what} ({actual:g6}, expected {expected:g6})"), Math.Abs(expected - actual), allowed);

    /// <summary>
    /// Fails unless every value is within the tolerance of its type; NaN is never near anything, an infinity only near itself.
    /// Returns the largest fraction of the tolerance that was used.
    /// </summary>
    public static double Fraction<T>(string what, ReadOnlySpan<T> actual, Expected expected)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Fraction(what, actual, expected, Epsilon<T>());

    /// <summary>As above, with the epsilon of the type that the sums are promised to be formed in.</summary>
    public static double Fraction<T>(string what, ReadOnlySpan<T> actual, Expected expected, double epsilon)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(expected);
        Assert.Equal(expected.Value.Length, actual.Length);
        double relative = Relative(epsilon, expected.Length), worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double value = double.CreateTruncating(actual[i]);
            if (value == expected.Value[i])
                continue;
            double allowed = relative * expected.Magnitude[i] + (1 + expected.Length) * Smallest<T>(), error = Math.Abs(value - expected.Value[i]);
            if (!(error <= allowed) || !double.IsFinite(allowed))
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{what}: element {i} of {actual.Length} is {value:g9}, expected {expected.Value[i]:g9}; the error {error:g3} is above the {allowed:g3} allowed"));
            worst = Math.Max(worst, error / allowed);
        }
        return worst;
    }

    /// <summary>Prints how much of a tolerance was used.</summary>
    public static void Report(string what, double fraction) =>
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {fraction:p1} of the tolerance used"));
}
