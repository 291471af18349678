using System.Globalization;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>Refusals of wrong results: a benchmark verifies, then times.</summary>
internal static class Checks
{
    /// <summary>Throws unless two numbers differ by at most <paramref name="bound"/>.</summary>
    public static void Near(string who, string what, double expected, double actual, double bound)
    {
        if (!(Math.Abs(expected - actual) <= bound))
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{who}: {what} is {actual}, {expected} was expected (within {bound:g2})"));
    }

    /// <summary>Throws unless the sizes are the same and all numbers differ by at most <paramref name="bound"/>.</summary>
    public static void Near(string who, string what, double[] expected, double[] actual, double bound)
    {
        if (expected.Length != actual.Length)
            throw new InvalidOperationException($"{who}: {actual.Length} {what} came, {expected.Length} were expected");
        for (int i = 0; i < expected.Length; i++)
            Near(who, $"{what} {i}", expected[i], actual[i], bound);
    }
}

/// <summary>Things that are released together.</summary>
internal sealed class Bundle(IReadOnlyList<IDisposable> parts) : IDisposable
{
    public void Dispose()
    {
        foreach (IDisposable part in parts.Reverse())
            part.Dispose();
    }
}
