using System.Globalization;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Random;

/// <summary>Philox 4x32-10: the published known answers, independence from how the draws are cut into tiles, and the distributions.</summary>
public sealed class PhiloxTests
{
    private const int Draws = 200_000;

    /// <summary>Known answers published with the generator (Random123, file kat_vectors): counter, key, output.</summary>
    [Theory]
    [InlineData("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void KnownAnswers(string counter, string key, string output)
    {
        (uint[] c, uint[] k, uint[] expected) = (Words(counter), Words(key), Words(output));
        (uint x, uint y, uint z, uint w) = Philox.Block(c[0], c[1], c[2], c[3], k[0], k[1]);
        Assert.Equal(expected, new[] { x, y, z, w });
        var generator = new Philox(k[0] | ((ulong)k[1] << 32), c[2] | ((ulong)c[3] << 32));
        Assert.Equal((x, y, z, w), generator.Block(c[0] | ((ulong)c[1] << 32)));
    }

    [Fact]
    public void NormalsDoNotDependOnTiles()
    {
        var generator = new Philox(7, 3);
        const long start = (1L << 33) - 57;
        var whole = new double[1000];
        generator.Normals(start, whole.AsSpan());
        foreach (int tile in new[] { 1, 2, 3, 7, 64, 255, 999 })
        {
            var pieces = new double[whole.Length];
            for (int i = 0; i < pieces.Length; i += tile)
                generator.Normals(start + i, pieces.AsSpan(i, Math.Min(tile, pieces.Length - i)));
            Assert.Equal(whole, pieces);
        }
        var single = new float[whole.Length];
        generator.Normals(start, single.AsSpan());
        Assert.Equal(Array.ConvertAll(whole, v => (float)v), single);
    }

    [Fact]
    public void UniformIsUniform()
    {
        var generator = new Philox(1, 0);
        double[] draws = [.. Enumerable.Range(0, Draws).Select(i => generator.Uniform(i))];
        Assert.All(draws, u => Assert.True(u is >= 0 and < 1));
        Moments("uniform", draws, [0.5, 1.0 / 3, 0.25, 0.2], [Math.Sqrt(1.0 / 12), Math.Sqrt(4.0 / 45), Math.Sqrt(9.0 / 112), Math.Sqrt(16.0 / 225)]);
        Array.Sort(draws);
        double distance = draws.Select((u, i) => Math.Max(Math.Abs(u - i / (double)Draws), Math.Abs(u - (i + 1) / (double)Draws))).Max();
        Tolerance.AssertWithin("Kolmogorov distance to the uniform distribution", distance, Tolerance.OfMean(0.5, Draws));
    }

    [Fact]
    public void NormalsAreNormal()
    {
        var draws = new double[Draws];
        new Philox(2, 0).Normals(0, draws.AsSpan());
        Moments("normal", draws, [0, 1, 0, 3], [1, Math.Sqrt(2), Math.Sqrt(15), Math.Sqrt(96)]);
        int outside = draws.Count(z => Math.Abs(z) > 1);
        Tolerance.AssertClose("share of |z| > 1", 0.3173105078629141, outside / (double)Draws, Tolerance.OfMean(0.5, Draws));
    }

    [Fact]
    public void NeighbouringDrawsStreamsAndSeedsAreUncorrelated()
    {
        double[] draws = Normals(5, 0);
        Uncorrelated("successive draws", draws[1..], draws[..^1]);
        Uncorrelated("draws two apart", draws[2..], draws[..^2]);
        Uncorrelated("streams", draws, Normals(5, 1));
        Uncorrelated("seeds", draws, Normals(6, 0));
        Uncorrelated("seed and stream exchanged", Normals(5, 6), Normals(6, 5));
    }

    private static double[] Normals(ulong seed, ulong stream)
    {
        var draws = new double[Draws];
        new Philox(seed, stream).Normals(0, draws.AsSpan());
        return draws;
    }

    private static void Uncorrelated(string what, double[] x, double[] y) =>
        Tolerance.AssertWithin($"correlation of {what}", Math.Abs(x.Zip(y, (a, b) => a * b).Average()), Tolerance.OfMean(1, x.Length));

    /// <summary>The first four moments against theirs, given the standard deviations of x, x^2, x^3 and x^4.</summary>
    private static void Moments(string what, double[] draws, double[] expected, double[] deviations)
    {
        for (int power = 1; power <= 4; power++)
            Tolerance.AssertClose($"{what}, moment {power}", expected[power - 1], draws.Average(x => Math.Pow(x, power)), Tolerance.OfMean(deviations[power - 1], Draws));
    }

    private static uint[] Words(string text) => Array.ConvertAll(text.Split(' '), w => uint.Parse(w, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
