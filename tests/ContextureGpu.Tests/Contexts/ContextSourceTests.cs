using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Drawing from contexts in public: values by number follow the law of the operator, fresh values that of the context itself.</summary>
public sealed class ContextSourceTests
{
    private const int N = 12, Draws = 20_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("noise(sigma=0.8)", 1.0, 0.8)]
    [InlineData("noise(time=0.36)", 0.8, 0.6)]
    public void Fresh_noise_is_normal_around_its_row(string expression, double scale, double sigma)
    {
        ContextSample sample = Sample();
        double[] values = Fresh(expression, sample, row: 3);
        for (int f = 0; f < 4; f++)
        {
            double[] z = [.. Enumerable.Range(0, Draws).Select(e => (values[(e * 4) + f] - (scale * sample.Row(3)[f])) / sigma)];
            // Kolmogorov's distance at significance 1e-4: P(sqrt(n) D > 2.23) = 2 exp(-2 2.23^2); no two values are alike.
            Array.Sort(z);
            double distance = z.Select((v, i) => Math.Max(Math.Abs(Normal.CDF(0, 1, v) - ((i + 1.0) / Draws)), Math.Abs(Normal.CDF(0, 1, v) - ((double)i / Draws)))).Max();
            Assert.True(Math.Sqrt(Draws) * distance < 2.23, $"distance {distance}");
            Assert.Equal(Draws, z.Distinct().Count());
        }
        double correlation = Enumerable.Range(0, Draws).Average(e => (values[e * 4] - (scale * sample.Row(3)[0])) * (values[(e * 4) + 1] - (scale * sample.Row(3)[1]))) / (sigma * sigma);
        Assert.InRange(correlation, -4 / Math.Sqrt(Draws), 4 / Math.Sqrt(Draws));
    }

    [Theory]
    [InlineData(ScarfMarginal.Empirical)]
    [InlineData(ScarfMarginal.Uniform)]
    [InlineData(ScarfMarginal.Gaussian)]
    public void Replaced_columns_come_from_their_marginals_each_for_itself(ScarfMarginal marginal)
    {
        const double rate = 0.4;
        ContextSample sample = Sample();
        double[] values = Fresh(Context.Scarf(rate, marginal: marginal).ToString(), sample, row: 5), own = sample.Row(5).ToArray();
        bool[][] isKept = [.. Enumerable.Range(0, 4).Select(f => Enumerable.Range(0, Draws).Select(e => values[(e * 4) + f] == own[f]).ToArray())];
        for (int f = 0; f < 4; f++)
        {
            double[] column = [.. Enumerable.Range(0, N).Select(i => sample.Row(i)[f])];
            double mean = column.Average(), deviation = Math.Sqrt(column.Average(v => (v - mean) * (v - mean))), same = marginal == ScarfMarginal.Empirical ? column.Count(v => v == own[f]) / (double)N : 0;
            double kept = 1 - (rate * (1 - same));
            Tolerance.AssertClose($"kept in column {f}", kept, isKept[f].Count(k => k) / (double)Draws, 4 * Math.Sqrt(kept * (1 - kept) / Draws));
            double[] replaced = [.. Enumerable.Range(0, Draws).Where(e => !isKept[f][e]).Select(e => values[(e * 4) + f])];
            if (marginal == ScarfMarginal.Empirical)
            {
                Assert.All(replaced.Distinct(), v => Assert.Contains(v, column));
                continue;
            }
            (double centre, double width) = marginal == ScarfMarginal.Uniform ? (0.5 * (column.Min() + column.Max()), (column.Max() - column.Min()) / Math.Sqrt(12)) : (mean, deviation);
            Tolerance.AssertClose($"mean in column {f}", centre, replaced.Average(), 4 * width / Math.Sqrt(replaced.Length));
            Tolerance.AssertClose($"deviation in column {f}", width, Math.Sqrt(replaced.Average(v => (v - centre) * (v - centre))), 4 * width / Math.Sqrt(replaced.Length));
            if (marginal == ScarfMarginal.Uniform)
                Assert.InRange(replaced.Max(), centre, column.Max());
        }
        double both = Enumerable.Range(0, Draws).Count(e => isKept[0][e] && isKept[1][e]) / (double)Draws, product = isKept[0].Count(k => k) * (double)isKept[1].Count(k => k) / Draws / Draws;
        Tolerance.AssertClose("independent", product, both, 4 * Math.Sqrt(product * (1 - product) / Draws));
    }

    [Fact]
    public void Mixed_rows_have_all_their_other_columns_from_one_row()
    {
        const double rate = 0.3;
        ContextSample sample = Sample();
        foreach (string expression in new[] { "cutmix(rate=0.3)", "cutmix(rate=0.25, width=2)" })
        {
            double[] values = Fresh(expression, sample, row: 0);
            int replaced = 0;
            for (int e = 0; e < Draws; e++)
            {
                double[] value = values[(e * 4)..((e * 4) + 4)];
                int[] other = [.. Enumerable.Range(0, 4).Where(f => value[f] != sample.Row(0)[f])];
                replaced += other.Length;
                Assert.True(other.Length == 0 || Enumerable.Range(1, N - 1).Any(i => other.All(f => value[f] == sample.Row(i)[f])), $"draw {e} mixes more than two rows");
                Assert.True(expression.Contains("rate=0.3", StringComparison.Ordinal) || other.Length <= 1, "a box of one pixel");
            }
            double expected = (expression.Contains("rate=0.3", StringComparison.Ordinal) ? rate : 0.25) * (N - 1) / N;
            Tolerance.AssertClose(expression, expected, replaced / (4.0 * Draws), 4 * Math.Sqrt(4 * expected / (4.0 * Draws)));
        }
    }

    [Fact]
    public void Views_are_shifted_mirrored_and_noisy()
    {
        // One pixel in a corner of 3 x 2, hardly any noise: it is found where the shift and the mirror put it, or has left the image, in all cases alike.
        ContextSample sample = new([9, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6], 2, 6);
        double[] values = Fresh("views(width=3, shift=1, flip=true, noise=0.001)", sample, row: 0);
        double[] seen = new double[7];
        for (int e = 0; e < Draws; e++)
        {
            int at = Array.FindIndex(values, e * 6, 6, v => v > 5);
            seen[at < 0 ? 6 : at - (e * 6)]++;
        }
        // Nine shifts, two mirrors: down and right move it inside in 2 x 2 of 9 cases, and from the other corner likewise.
        double[] expected = [1, 2, 1, 1, 2, 1, 10];
        for (int p = 0; p < 7; p++)
            Tolerance.AssertClose($"place {p}", expected[p] / 18, seen[p] / Draws, 4 * Math.Sqrt(expected[p] / 18 / Draws));
    }

    [Fact]
    public void Chains_and_sums_draw_the_values_of_their_last_factor()
    {
        ContextSample sample = Sample();
        Matrix<double> law = Dense.Of(Context.Parse("0.4 knn(k=3) * knn(k=2) + 0.6 rbf(gamma=local, k=2)"), sample);
        double[] values = Fresh("0.4 knn(k=3) * knn(k=2) + 0.6 rbf(gamma=local, k=2)", sample, row: 2);
        for (int a = 0; a < N; a++)
        {
            double[] row = sample.Row(a).ToArray();
            double share = Enumerable.Range(0, Draws).Count(e => values.AsSpan(e * 4, 4).SequenceEqual(row)) / (double)Draws;
            Tolerance.AssertClose($"row {a}", law[2, a], share, (4 * Math.Sqrt(law[2, a] * (1 - law[2, a]) / Draws)) + 1e-12);
        }
        // With noise behind the chain, the mean of the values is that of the rows it leads to.
        law = Dense.Of(Context.Parse("knn(k=3) * knn(k=2)"), sample);
        values = Fresh("knn(k=3) * knn(k=2) * noise(sigma=0.5)", sample, row: 2);
        for (int f = 0; f < 4; f++)
        {
            double mean = Enumerable.Range(0, N).Sum(a => law[2, a] * sample.Row(a)[f]), variance = 0.25 + Enumerable.Range(0, N).Sum(a => law[2, a] * Math.Pow(sample.Row(a)[f] - mean, 2));
            Tolerance.AssertClose($"mean {f}", mean, Enumerable.Range(0, Draws).Average(e => values[(e * 4) + f]), 4 * Math.Sqrt(variance / Draws));
        }
    }

    [Fact]
    public void A_draw_is_a_function_of_its_seed_and_its_number()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        ContextSource source = engine.OpenSource(Sample().Values, N, Context.Parse("0.5 knn(k=3) * noise(sigma=1) + 0.5 scarf(rate=0.5)"), Token);
        Assert.Equal((N, 2 * N, 4), (source.Rows, source.Atoms, source.ValueDimension!.Value));
        int[] rows = [.. Enumerable.Range(0, 90).Select(e => e * 5 % N)];
        double[] all = new double[360], parts = new double[360], other = new double[360];
        source.DrawValues(rows, 4, 100, all);
        source.DrawValues(rows.AsMemory(..31), 4, 100, parts.AsMemory(..124));
        source.DrawValues(rows.AsMemory(31..), 4, 131, parts.AsMemory(124..));
        source.DrawValues(rows, 5, 100, other);
        Assert.Equal(all, parts);
        Assert.NotEqual(all, other);
        int[] atoms = new int[90], again = new int[90];
        source.DrawAtoms(rows, 4, 100, atoms);
        engine.OpenSource(Sample().Values, N, Context.Parse("0.5 knn(k=3) * noise(sigma=1) + 0.5 scarf(rate=0.5)"), Token).DrawAtoms(rows, 4, 100, again);
        Assert.Equal(atoms, again);
        Assert.All(atoms, a => Assert.InRange(a, 0, (2 * N) - 1));
    }

    [Fact]
    public void What_cannot_be_drawn_is_refused()
    {
        ContextSample sample = Sample();
        sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, N).Select(i => i % 3)]);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        ContextSource labels = engine.OpenSource(sample, Context.Labels("class", 0.1), Token), noise = engine.OpenSource(sample, Context.GaussianNoise(1), Token);
        Assert.Null(labels.ValueDimension);
        Assert.Null(engine.OpenSource(sample, Context.Parse("0.5 labels(column=class) + 0.5 noise(sigma=1)"), Token).ValueDimension);
        int[] atoms = new int[2];
        foreach ((Action draw, string words) in new (Action, string)[]
        {
            (() => labels.DrawValues(new[] { 0 }, 1, 0, new double[4]), "are no rows of inputs of one size, they are classes of class; draw them by number"),
            (() => noise.DrawValues(new[] { 0 }, 1, 0, new double[3]), "1 draws of 4 numbers are 4; there is room for 3"),
            (() => noise.DrawAtoms(new[] { 0, N }, 1, 0, atoms), "draw 1 (counted from 0) is for row 12; rows are numbered 0 .. 11"),
            (() => noise.DrawAtoms(new[] { 0, -1 }, 1, 0, atoms), "is for row -1"),
            (() => noise.DrawAtoms(new[] { 0, 1 }, 1, -1, atoms), "the first draw is number -1"),
            (() => engine.OpenSource(sample, Context.Parse("knn(k=2) | knn(k=3)"), Token), "open its parts"),
            (() => engine.OpenSource(sample, Context.Parse("knn(k=2) * teacher(file=f)"), Token), "no law of A given x"),
            (() => engine.OpenSource(sample, Context.Parse("views(width=3, noise=1)"), Token), "no multiple of the width 3"),
        })
            Assert.Contains(words, Assert.Throws<InputException>(draw).Message, StringComparison.Ordinal);
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.OpenSource(sample, Context.GaussianNoise(1), Token));
    }

    private static double[] Fresh(string expression, ContextSample sample, int row)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        ContextSource source = engine.OpenSource(sample, Context.Parse(expression), Token);
        double[] values = new double[Draws * source.ValueDimension!.Value];
        source.DrawValues(Enumerable.Repeat(row, Draws).ToArray(), 9, 0, values);
        return values;
    }

    private static ContextSample Sample()
    {
        double[] values = new double[N * 4];
        new Philox(23, 1).Normals(0, values.AsSpan());
        return new ContextSample(values, N, 4);
    }
}
