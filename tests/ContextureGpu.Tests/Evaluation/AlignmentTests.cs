using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Evaluation;

/// <summary>Alignment against QR and SVD of another library, against constructed angles, and its invariances.</summary>
public sealed class AlignmentTests
{
    private const int N = 60;
    private static readonly AlignmentOptions ThreeNeighbors = new() { Neighbors = 3 };

    [Theory]
    [InlineData(5, 5)]
    [InlineData(7, 3)]
    [InlineData(1, 4)]
    [InlineData(1, 1)]
    [InlineData(20, 11)]
    public void AgreesWithQrAndSvd(int p, int q)
    {
        double[] f = Normals(N * p, 1, shift: 3), g = Related(f, p, q);
        Alignment alignment = Measure(f, p, g, q);
        double[] expected = [.. Centred(f, p).QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q.TransposeThisAndMultiply(Centred(g, q).QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q).Svd(computeVectors: false).S];
        Assert.Equal((p, q, Math.Min(p, q)), (alignment.RankF, alignment.RankG, alignment.CanonicalCorrelations.Count));
        for (int i = 0; i < expected.Length; i++)
        {
            Tolerance.AssertClose($"canonical correlation {i}", expected[i], alignment.CanonicalCorrelations[i], Rounding(100));
            Tolerance.AssertClose($"cosine of angle {i}", expected[i], Math.Cos(alignment.PrincipalAngles[i]), Rounding(100));
        }
        double sum = expected.Sum(c => c * c);
        Tolerance.AssertClose("R2_CCA", sum / Math.Min(p, q), alignment.CcaR2, Rounding(100));
        Tolerance.AssertClose("explained F", sum / p, alignment.ExplainedF, Rounding(100));
        Tolerance.AssertClose("explained G", sum / q, alignment.ExplainedG, Rounding(100));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    public void MutualNeighboursAgreeWithPlainLoops(int k)
    {
        double[] f = Normals(N * 4, 1), g = Related(f, 4, 3);
        (List<int>[] first, List<int>[] second) = (PlainNeighbors(Centred(f, 4), k), PlainNeighbors(Centred(g, 3), k));
        double expected = Enumerable.Range(0, N).Average(i => first[i].Intersect(second[i]).Count() / (double)k);
        double actual = Measure(f, 4, g, 3, new AlignmentOptions { Neighbors = k }).MutualKnn;
        Assert.True(expected is > 0.05 and < 0.95);
        Tolerance.AssertClose("mutual kNN", expected, actual, Rounding(1));
    }

    [Fact]
    public void InvertibleAffineMapsChangeNothing()
    {
        double[] f = Normals(N * 6, 1), g = Related(f, 6, 4);
        Alignment plain = Measure(f, 6, g, 4);
        foreach (double condition in new[] { 1.0, 1e3, 1e5 })
        {
            double[] map = Spectra.Rectangular(6, 6, [condition, 5, 4, 3, 2, 1], 8);
            double[] mapped = (Matrix(f, 6) * Matrix(map, 6)).ToRowMajorArray();
            for (int e = 0; e < mapped.Length; e++)
                mapped[e] += 10 * (e % 6);
            Same(plain, Measure(mapped, 6, g, 4), Rounding(10 * condition));
        }
        foreach (double scale in new[] { 1e-150, 1e150 })
            Same(plain, Measure(Array.ConvertAll(f, v => scale * v), 6, g, 4), Rounding(100));
    }

    [Fact]
    public void ExchangingTheSidesExchangesTheRanksOnly()
    {
        double[] f = Normals(N * 6, 1), g = Related(f, 6, 4);
        (Alignment forth, Alignment back) = (Measure(f, 6, g, 4), Measure(g, 4, f, 6));
        Same(forth, back with { RankF = back.RankG, RankG = back.RankF }, Rounding(100));
    }

    [Fact]
    public void DependentAndConstantColumnsDoNotCount()
    {
        double[] f = Normals(N * 3, 1), g = Related(f, 3, 4), padded = new double[N * 6];
        for (int i = 0; i < N; i++)
        {
            f.AsSpan(i * 3, 3).CopyTo(padded.AsSpan(i * 6));
            padded[i * 6 + 3] = (float)(f[i * 3] - 2 * f[i * 3 + 1]); // as dependent as float32 leaves it
            padded[i * 6 + 4] = 0.1;
        }
        Same(Measure(f, 3, g, 4), Measure(padded, 6, g, 4), Rounding(1e7));
        Assert.Equal(3, Measure(padded, 6, g, 4).RankF);
    }

    [Fact]
    public void ASpanInsideTheOtherIsFullyAligned()
    {
        double[] f = Normals(N * 5, 1), part = new double[N];
        for (int i = 0; i < N; i++)
            part[i] = f[i * 5] + 3 * f[i * 5 + 4] - 7;
        Alignment alignment = Measure(f, 5, part, 1);
        Tolerance.AssertClose("R2_CCA", 1, alignment.CcaR2, Rounding(100));
        Tolerance.AssertClose("explained F", 0.2, alignment.ExplainedF, Rounding(100));
        Tolerance.AssertWithin("angle", alignment.PrincipalAngles[0], Rounding(100));
        Alignment itself = Measure(f, 5, f, 5);
        Assert.Equal(1, itself.MutualKnn);
        Tolerance.AssertWithin("largest angle", itself.PrincipalAngles.Max(), Rounding(100));
    }

    /// <summary>Spans built from chosen angles, the smallest far below what a cosine can tell from 1.</summary>
    [Fact]
    public void ConstructedAnglesComeBack()
    {
        foreach (double[] angles in new double[][]
        {
            [0, 0, 0], [1e-12, 1e-9, 1e-6], [1e-10, 1e-3, 1.5], [1e-13, 0.7, Math.PI / 2 - 1e-9], [1e-8, 1e-8, 2e-8], [Math.PI / 2, Math.PI / 2, Math.PI / 2],
            [1e-7, Math.PI / 4, Math.PI / 2],
        })
        {
            int k = angles.Length;
            double[] basis = CentredOrthonormal(2 * k), f = new double[N * k], g = new double[N * k];
            for (int e = 0; e < N * k; e++)
            {
                (int i, int j) = (e / k, e % k);
                f[e] = basis[i * 2 * k + j];
                g[e] = Math.Cos(angles[j]) * f[e] + Math.Sin(angles[j]) * basis[i * 2 * k + k + j];
            }
            Alignment alignment = Measure(f, k, g, k);
            for (int j = 0; j < k; j++)
                Tolerance.AssertClose($"angle {angles[j]:g3}", angles[j], alignment.PrincipalAngles[j], Rounding(100));
        }
    }

    /// <summary>One-hot labels: rows of a class coincide, so all ties are broken by index, the same on both sides, and the row itself is rarely first.</summary>
    [Fact]
    public void TiesBetweenEqualRowsAreBrokenByIndex()
    {
        double[] labels = new double[N * 3], relabelled = new double[N * 3];
        for (int i = 0; i < N; i++)
        {
            labels[i * 3 + i * 7 % 3] = 1;
            relabelled[i * 3 + (i * 7 + 1) % 3] = -0.3;
        }
        Alignment alignment = Measure(labels, 3, relabelled, 3);
        Assert.Equal((2, 2), (alignment.RankF, alignment.RankG));
        Assert.Equal(1, alignment.MutualKnn);
        Tolerance.AssertClose("R2_CCA", 1, alignment.CcaR2, Rounding(100));
    }

    /// <summary>Many duplicates on each side, at distances that are otherwise all different: neighbours by exact loops, the row itself left out by its index.</summary>
    [Theory]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(25)]
    public void AmongDuplicatesTheRowItselfIsLeftOut(int k)
    {
        double[] f = [.. Enumerable.Range(0, N).Select(i => Math.Pow(2, i % 7))], g = [.. Enumerable.Range(0, N).Select(i => Math.Pow(2, i * i % 11))];
        double expected = Enumerable.Range(0, N).Average(i => Nearest(f, i).Intersect(Nearest(g, i)).Count() / (double)k);
        Tolerance.AssertClose("mutual kNN", expected, Measure(f, 1, g, 1, new AlignmentOptions { Neighbors = k }).MutualKnn, Rounding(1));

        IEnumerable<int> Nearest(double[] x, int i) =>
            Enumerable.Range(0, N).Where(j => j != i).OrderBy(j => Math.Abs(x[i] - x[j])).ThenBy(j => j).Take(k);
    }

    [Fact]
    public void IndependentFeaturesScoreWhatChanceGives()
    {
        const int draws = 40;
        double mean = Enumerable.Range(0, draws).Average(s => Measure(Normals(N * 5, 100 + (ulong)s), 5, Normals(N * 5, 200 + (ulong)s), 5).CcaR2);
        // The squared cosines of a fixed and a random 5-dimensional subspace of the 59 centred dimensions sum to 25 / 59 on average.
        Tolerance.AssertClose("mean R2_CCA", 5.0 / (N - 1), mean, Tolerance.OfMean(0.05, draws));
    }

    [Theory]
    [InlineData("59 rows", 1, 0, 0, "60", "59")]
    [InlineData("NaN", 0, 17 * 2 + 1, double.NaN, "row 17", "column 1", "the second features")]
    [InlineData("infinity", 0, 3 * 2, double.PositiveInfinity, "row 3", "column 0")]
    public void BadRowsAreRefused(string what, int rowsLess, int at, double value, params string[] named)
    {
        double[] f = Normals(N * 2, 1), g = Normals((N - rowsLess) * 2, 2);
        if (value != 0)
            g[at] = value;
        Refused(what, () => Alignment.Measure(new(f, N, 2), new(g, N - rowsLess, 2), ReferenceLinearAlgebra.Instance, Device()), named);
    }

    [Fact]
    public void WhatCannotBeComparedIsRefused()
    {
        double[] f = Normals(N * 2, 1), constant = [.. Enumerable.Repeat(0.1, N * 2)];
        Refused("constant", () => Measure(f, 2, constant, 2), "constant", "the second features");
        Refused("no column", () => Measure([], 0, f, 2), "the first features");
        Refused("zero", () => Measure(f, 2, new double[N], 1), "constant");
        Refused("too few rows", () => Measure(f, 2, f, 2, new AlignmentOptions { Neighbors = N }), "61", "60");
        Refused("no neighbour", () => Measure(f, 2, f, 2, new AlignmentOptions { Neighbors = 0 }), "Neighbors");
        Refused("threshold", () => Measure(f, 2, f, 2, new AlignmentOptions { RankThreshold = double.NaN }), "RankThreshold");
        Refused("length", () => _ = new FeatureSpan(f, N, 3), "180", "120");
    }

    [Fact]
    public void ACancelledTokenEndsIt()
    {
        double[] f = Normals(N * 2, 1);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Alignment.Measure(new(f, N, 2), new(f, N, 2), ReferenceLinearAlgebra.Instance, Device(), ThreeNeighbors, new CancellationToken(canceled: true)));
    }

    private static void Refused(string what, Action action, params string[] named)
    {
        InputException refusal = Assert.Throws<InputException>(action);
        Assert.All(named, part => Assert.True(refusal.Message.Contains(part, StringComparison.Ordinal), $"{what}: '{refusal.Message}' does not name {part}"));
    }

    private static void Same(Alignment expected, Alignment actual, double allowed)
    {
        Assert.Equal((expected.RankF, expected.RankG, expected.MutualKnn), (actual.RankF, actual.RankG, actual.MutualKnn));
        Tolerance.AssertClose("R2_CCA", expected.CcaR2, actual.CcaR2, allowed);
        for (int i = 0; i < expected.PrincipalAngles.Count; i++)
            Tolerance.AssertClose($"angle {i}", expected.PrincipalAngles[i], actual.PrincipalAngles[i], allowed);
    }

    private static Alignment Measure(double[] f, int p, double[] g, int q, AlignmentOptions? options = null)
    {
        using ComputeDevice device = Device();
        return Alignment.Measure(new(f, p == 0 ? N : f.Length / p, p), new(g, g.Length / q, q), ReferenceLinearAlgebra.Instance, device, options);
    }

    private static ComputeDevice Device() => ReferenceDevice.Open();

    private static double Rounding(double condition) => Tolerance.Relative<double>(N, condition);

    private static double[] Normals(int count, ulong seed, double shift = 0)
    {
        var values = new double[count];
        new Philox(seed, 0xA1).Normals(0, values.AsSpan());
        return Array.ConvertAll(values, v => v + shift);
    }

    /// <summary>Linear in f, half signal and half noise, (N, q).</summary>
    private static double[] Related(double[] f, int p, int q)
    {
        Matrix<double> signal = Matrix(f, p) * Matrix(Normals(p * q, 21), q) / Math.Sqrt(p);
        return (signal + Matrix(Normals(N * q, 22), q)).ToRowMajorArray();
    }

    private static double[] CentredOrthonormal(int k)
    {
        Matrix<double> centred = Centred(Normals(N * k, 31), k);
        return Subspace.Orthonormalize(centred.ToRowMajorArray(), N, k);
    }

    /// <summary>Whitened by the inverse Cholesky factor of the covariance, then all distances sorted; the row itself left out.</summary>
    private static List<int>[] PlainNeighbors(Matrix<double> centred, int k)
    {
        Matrix<double> whitened = centred * centred.TransposeThisAndMultiply(centred).Cholesky().Factor.Transpose().Inverse();
        return [.. Enumerable.Range(0, N).Select(i => Enumerable.Range(0, N).Where(j => j != i)
            .OrderBy(j => (whitened.Row(i) - whitened.Row(j)).L2Norm()).ThenBy(j => j).Take(k).ToList())];
    }

    private static Matrix<double> Matrix(double[] values, int columns) =>
        Matrix<double>.Build.Dense(values.Length / columns, columns, (i, j) => values[i * columns + j]);

    private static Matrix<double> Centred(double[] values, int columns)
    {
        Matrix<double> m = Matrix(values, columns);
        Vector<double> mean = m.ColumnSums() / m.RowCount;
        return Matrix<double>.Build.Dense(m.RowCount, columns, (i, j) => m[i, j] - mean[j]);
    }
}
