using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Rows with columns of other rows, of other marginals, and behind a square, against plain loops.</summary>
public sealed class CorruptionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData(2)]
    public void Mixed_rows_have_the_posterior_of_plain_loops(int? width)
    {
        const int n = 14, m = 40, d = 4;
        const double Rate = 0.3;
        ContextSample sample = Digits(n, d, 2);
        var context = new CutMixContext(Rate, width, new ContextDraws(m, 3));
        var table = new TokenTable(sample);
        bool[][]? boxes = width is int w ? ImageBox.All(context, sample, w, _ => (1, 1)) : null;          // sqrt(0.3) of two pixels is one pixel
        int[][] drawn = CutMixBinding.Draw(context, table, n, m, boxes);
        // Every mask with its probability, every other row.
        (double Weight, bool[] Mask)[] masks = boxes is null
            ? [.. Enumerable.Range(0, 1 << d).Select(bits => (Math.Pow(Rate, int.PopCount(bits)) * Math.Pow(1 - Rate, d - int.PopCount(bits)), Enumerable.Range(0, d).Select(c => (bits >> c & 1) == 1).ToArray()))]
            : [.. boxes.Select(box => (1.0 / boxes.Length, box))];
        double Density(int a, int i) => masks.Sum(mask => mask.Weight * Enumerable.Range(0, n).Count(other => Enumerable.Range(0, d).All(c => drawn[c][a] == table.Columns[c][mask.Mask[c] ? other : i])) / n);
        Matrix<double> q = Matrix<double>.Build.Dense(n, m, (i, a) => Density(a, i) / Enumerable.Range(0, n).Sum(l => Density(a, l)));
        Assert.True((q.NormalizeRows(1) - Dense.Of(context, sample)).L2Norm() < 1e-12);
        // Some are really mixed, and some rows share a value.
        Assert.Contains(Enumerable.Range(0, m), a => Enumerable.Range(0, n).All(i => Enumerable.Range(0, d).Any(c => drawn[c][a] != table.Columns[c][i])) || q.Column(a).Count(v => v > 0) > 1);
    }

    [Theory]
    [InlineData("scarf(rate=0.5)")]
    [InlineData("cutmix(rate=0.5)")]
    public void Rows_without_columns_are_refused(string expression)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var sample = new ContextSample([], 5, 0);
        Assert.Contains("no columns", Assert.Throws<InputException>(() => engine.Fit(sample, Context.Parse(expression), new SpectralOptions { Dimension = 2 }, cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fresh_numbers_show_what_was_replaced_and_even_categories_do_not()
    {
        // Column 0 holds numbers, column 1 is a category of three inputs.
        const int n = 15, m = 50;
        const double Rate = 0.4;
        double[] values = [.. Enumerable.Range(0, n).SelectMany(i => new[] { i % 4 / 2.0, i % 5 < 3 ? 1 : 0, i % 5 == 3 ? 1 : 0, i % 5 == 4 ? 1 : 0 })];
        ContextSample sample = new(values, n, 4) { ColumnStarts = [0, 1, 4] };
        var table = new TokenTable(sample);
        foreach (ScarfMarginal marginal in new[] { ScarfMarginal.Uniform, ScarfMarginal.Gaussian })
        {
            var context = new ScarfContext(Rate, new ContextDraws(m, 1), marginal);
            int[][] drawn = TokenBinding.Draw(context, table, n, m, [true, false]);
            Assert.InRange(drawn[0].Count(t => t < 0), 10, 30);
            double Share(int token) => marginal == ScarfMarginal.Uniform ? 1.0 / 3 : table.Columns[1].Count(t => t == token) / (double)n;
            double Density(int a, int i) => (drawn[0][a] < 0 ? Rate : drawn[0][a] == table.Columns[0][i] ? 1 - Rate : 0)
                * ((drawn[1][a] == table.Columns[1][i] ? 1 - Rate : 0) + (Rate * Share(drawn[1][a])));
            Matrix<double> q = Matrix<double>.Build.Dense(n, m, (i, a) => Density(a, i) / Enumerable.Range(0, n).Sum(l => Density(a, l)));
            Assert.True((q.NormalizeRows(1) - Dense.Of(context, sample)).L2Norm() < 1e-6);
        }
    }

    [Fact]
    public void Fresh_numbers_approach_the_spectrum_of_masked_columns()
    {
        // The corners of a cube, each column replaced by numbers that no corner has: s_S^2 = (1 - r)^|S| as for masks, in the limit of many draws.
        const int n = 4;
        const double Rate = 0.35;
        ContextSample cube = new([.. from corner in Enumerable.Range(0, 1 << n) from bit in Enumerable.Range(0, n) select (double)(corner >> bit & 1)], 1 << n, n);
        double[] expected = [.. Enumerable.Range(1, 15).Select(set => Math.Pow(1 - Rate, 0.5 * int.PopCount(set))).OrderDescending()];
        double[] errors = [.. new[] { 16 * 16, 16 * 1024 }.Select(draws => Enumerable.Range(0, 3).Average(seed => Worst(cube, Context.Scarf(Rate, draws, (ulong)seed, ScarfMarginal.Gaussian), expected[..8])))];
        Assert.True(errors[1] < 0.02, $"error {errors[1]} with 16,384 draws");
        Assert.True(errors[1] < 0.35 * errors[0], $"64 times the draws bring the error from {errors[0]} to {errors[1]}");
    }

    [Fact]
    public void Mixing_the_corners_of_a_cube_approaches_replacing_columns()
    {
        // With all corners there, columns of one other corner are independent fair bits: s_S = (1 - r)^|S|, as for columns from different rows.
        const int n = 4;
        const double Rate = 0.4;
        ContextSample cube = new([.. from corner in Enumerable.Range(0, 1 << n) from bit in Enumerable.Range(0, n) select (double)(corner >> bit & 1)], 1 << n, n);
        double[] expected = [.. Enumerable.Range(1, 15).Select(set => Math.Pow(1 - Rate, int.PopCount(set))).OrderDescending()];
        double[] errors = [.. new[] { 16 * 16, 16 * 1024 }.Select(draws => Enumerable.Range(0, 3).Average(seed => Worst(cube, Context.CutMix(Rate, null, draws, (ulong)seed), expected[..8])))];
        Assert.True(errors[1] < 0.03, $"error {errors[1]} with 16,384 draws");
        Assert.True(errors[1] < 0.35 * errors[0], $"64 times the draws bring the error from {errors[0]} to {errors[1]}");
    }

    [Fact]
    public void What_a_square_hides_does_not_count()
    {
        // The law between two images of 2 x 3 pixels: the share of places of a square of 2 x 2 outside which they agree. There are two places.
        const int n = 12;
        ContextSample sample = Digits(n, 6, 2);
        Matrix<double> p = Dense.Of(Context.Cutout(3, 2), sample), together = p * p.Transpose();
        bool[][] squares = [[true, true, false, true, true, false], [false, true, true, false, true, true]];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double expected = squares.Sum(square => Enumerable.Range(0, 6).All(f => square[f] || sample.Values[(i * 6) + f] == sample.Values[(j * 6) + f]) ? 0.25 : 0);
                Tolerance.AssertClose($"({i}, {j})", expected, together[i, j], 1e-14);
            }
        }
        InputException refusal = Assert.Throws<InputException>(() => Dense.Of(Context.Cutout(2, 1), new ContextSample([1, 0, 0, 1], 1, 4) { ColumnStarts = [0, 2, 4] }));
        Assert.Contains("every pixel must be a column of its own", refusal.Message, StringComparison.Ordinal);
    }

    private static double Worst(ContextSample sample, Context context, double[] expected)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(sample, context, new SpectralOptions { Dimension = expected.Length, Precision = ElementPrecision.Double, Tolerance = 1e-9 }, cancellationToken: Token);
        return Enumerable.Range(0, expected.Length).Max(i => Math.Abs(model.SingularValues[i] - expected[i]));
    }

    private static ContextSample Digits(int n, int d, int levels)
    {
        var random = new Philox(4, 44);
        return new ContextSample([.. Enumerable.Range(0, n * d).Select(e => Math.Floor(levels * random.Uniform(e)))], n, d);
    }
}
