using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Draws of A given x follow the law, and what is drawn approaches it.</summary>
public sealed class ContextDrawTests
{
    private const int N = 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("knn(k=4)")]
    [InlineData("rbf(gamma=0.4)")]
    [InlineData("laplacian(gamma=0.6)")]
    [InlineData("cosine(gamma=2)")]
    [InlineData("rbf(gamma=local, k=3)")]
    [InlineData("exponential(gamma=local, k=3)")]
    [InlineData("laplacian(gamma=local, k=2)")]
    [InlineData("labels(column=class, noise=0.3)")]
    [InlineData("labels(column=y, smoothing=0.5)")]
    [InlineData("graph(file=edges)")]
    [InlineData("noise(sigma=0.8)")]
    [InlineData("views(width=2, shift=1, flip=true, noise=0.9, draws=15)")]
    [InlineData("tokens(rate=0.5, draws=6)")]
    [InlineData("scarf(rate=0.5)")]
    [InlineData("cutmix(rate=0.5)")]
    [InlineData("mask(rate=0.4, draws=4, then=rbf(gamma=0.5))")]
    [InlineData("mask(rate=0.4, draws=4, then=knn(k=3))")]
    [InlineData("knn(k=3) * noise(sigma=0.7)")]
    [InlineData("0.3 noise(sigma=0.7) + 0.7 knn(k=3)")]
    [InlineData("0.4 knn(k=3) + 0.6 rbf(gamma=1)")]
    public void Frequencies_follow_the_law(string expression)
    {
        // Chi-square of the frequencies in 4,000 draws for each of three rows, at a fixed seed; values that are expected less than five times are put together.
        const int draws = 4000;
        ContextSample sample = Sample();
        Context context = ContextBinding.Resolve(Context.Parse(expression), sample);
        Matrix<double> law = Dense.Of(context, sample);
        using CpuDevice device = CpuDevice.Open();
        BoundContext bound = ContextBinding.Bind(context, sample, device, Token);
        foreach (int row in new[] { 0, 7, 19 })
        {
            int[] atoms = new int[draws];
            bound.Draw(Enumerable.Repeat(row, draws).ToArray(), 12, row * draws, atoms);
            double[] counts = new double[bound.Atoms];
            foreach (int atom in atoms)
                counts[atom]++;
            double statistic = 0, restExpected = 0, restSeen = 0;
            int cells = 0;
            for (int a = 0; a < counts.Length; a++)
            {
                double expected = draws * law[row, a];
                Assert.True(expected > 0 || counts[a] == 0, $"value {a} has probability 0 and was drawn {counts[a]} times");
                if (expected < 5)
                {
                    (restExpected, restSeen) = (restExpected + expected, restSeen + counts[a]);
                    continue;
                }
                statistic += (counts[a] - expected) * (counts[a] - expected) / expected;
                cells++;
            }
            if (restExpected >= 5)
            {
                statistic += (restSeen - restExpected) * (restSeen - restExpected) / restExpected;
                cells++;
            }
            Assert.True(cells < 2 || statistic < ChiSquared.InvCDF(cells - 1, 1 - 1e-4), $"row {row}: chi-square {statistic} in {cells} cells");
        }
    }

    [Fact]
    public void A_draw_does_not_depend_on_its_batch()
    {
        ContextSample sample = Sample();
        using CpuDevice device = CpuDevice.Open();
        BoundContext bound = ContextBinding.Bind(Context.Parse("0.5 knn(k=3) * rbf(gamma=1) + 0.5 noise(sigma=1)"), sample, device, Token);
        int[] rows = [.. Enumerable.Range(0, 300).Select(e => e * 7 % N)], all = new int[300], parts = new int[300], other = new int[300];
        bound.Draw(rows, 5, 1000, all);
        bound.Draw(rows.AsMemory(0, 111), 5, 1000, parts.AsMemory(0, 111));
        bound.Draw(rows.AsMemory(111), 5, 1111, parts.AsMemory(111));
        bound.Draw(rows, 6, 1000, other);
        Assert.Equal(all, parts);
        Assert.NotEqual(all, other);
        sample.Partners["f"] = new ContextSample(sample.Values, N, 4);
        BoundContext dual = ContextBinding.Bind(Context.Teacher("f"), sample, device, Token);
        Assert.Contains("no law of A given x", Assert.Throws<InputException>(() => dual.Draw(rows, 5, 0, all)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Drawn_values_approach_the_exact_law_like_one_over_the_root_of_their_number()
    {
        // The class with noise, as a sampler with its density: s = 1 - noise c / (c - 1) for c - 1 functions, and M drawn labels in place of c classes.
        const double noise = 0.3;
        double exact = 1 - (noise * 3 / 2);
        double[] classes = [.. Enumerable.Range(0, 60).Select(i => (double)(i % 3))];
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        double[] errors = [.. new[] { 60, 60 * 64 }.Select(draws => Math.Sqrt(Enumerable.Range(1, 12).Average(seed =>
        {
            SpectralModel model = engine.Fit(classes, 60, Context.Custom(new NoisyClass(noise, draws, (ulong)seed)), Options(2), cancellationToken: Token);
            return 0.5 * (Math.Pow(model.SingularValues[0] - exact, 2) + Math.Pow(model.SingularValues[1] - exact, 2));
        })))];
        Assert.InRange(errors[0] / errors[1], 4, 16);                   // 8 in the mean
        Assert.True(errors[1] < 0.03, $"error {errors[1]}");
    }

    [Fact]
    public void A_Gaussian_pair_has_the_products_of_its_canonical_correlations()
    {
        // X ~ N(0, S), A = B x + noise of covariance R, all of them in the plane: the singular values are the products r_1^i r_2^j of the canonical correlations, the first feature is the first
        // canonical variate, linear in x.
        Matrix<double> s = Matrix<double>.Build.DenseOfArray(new[,] { { 2.0, 0.6 }, { 0.6, 0.5 } }), b = Matrix<double>.Build.DenseOfArray(new[,] { { 1.0, -0.4 }, { 0.3, 0.8 } });
        double[] noise = [0.6, 0.9];
        Matrix<double> c = (b * s * b.Transpose()) + Matrix<double>.Build.DenseOfDiagonalArray(noise.Select(v => v * v).ToArray());
        // The squares are the eigenvalues of S^-1 S_xa C^-1 S_ax, here with S_xa = S B^T.
        MathNet.Numerics.LinearAlgebra.Factorization.Evd<double> pair = (b.Transpose() * c.Inverse() * b * s).Evd();
        double[] correlations = [.. pair.EigenValues.Select(v => Math.Sqrt(v.Real)).OrderDescending()];
        double[] expected = [.. (from i in Enumerable.Range(0, 6) from j in Enumerable.Range(0, 6) where i + j > 0 select Math.Pow(correlations[0], i) * Math.Pow(correlations[1], j)).OrderDescending().Take(3)];
        Matrix<double> root = s.Cholesky().Factor;
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        const int seeds = 6;
        double[] errors = new double[2], linear = new double[2];
        int[] sizes = [120, 900];
        for (int size = 0; size < 2; size++)
        {
            int n = sizes[size];
            double[][] found = new double[seeds][];
            for (int seed = 0; seed < seeds; seed++)
            {
                double[] z = new double[n * 2];
                new Philox((ulong)seed + 1, 91).Normals(0, z.AsSpan());
                double[] x = (Matrix<double>.Build.DenseOfRowMajor(n, 2, z) * root.Transpose()).ToRowMajorArray();
                SpectralModel model = engine.Fit(x, n, Context.Custom(new LinearGaussian(b, noise, (ulong)seed)), Options(3) with { Tolerance = 1e-6 }, cancellationToken: Token);
                found[seed] = model.SingularValues.ToArray();
                linear[size] += Explained(x, model) / seeds;
            }
            for (int k = 0; k < 3; k++)
            {
                double mean = found.Average(v => v[k]), standardError = Math.Sqrt(found.Sum(v => (v[k] - mean) * (v[k] - mean)) / (seeds - 1) / seeds);
                // The estimate has a bias of order 1 / N besides its spread.
                Assert.True(Math.Abs(mean - expected[k]) <= (4 * standardError) + (20.0 / n), $"s_{k + 1} with {n} rows: {mean} instead of {expected[k]}, standard error {standardError}");
                errors[size] += Math.Abs(mean - expected[k]) + standardError;
            }
        }
        Assert.True(errors[1] < 0.6 * errors[0], $"from {errors[0]} to {errors[1]}");
        Assert.True(linear[1] > 0.95 && linear[1] > linear[0], $"{linear[0]} and {linear[1]} of the first feature are linear in x");

        // The share of the variance of the first feature that is linear in x.
        double Explained(double[] x, SpectralModel model)
        {
            int n = model.Rows;
            Matrix<double> design = Matrix<double>.Build.Dense(n, 3, (i, f) => f == 2 ? 1 : x[(i * 2) + f]);
            Vector<double> feature = Vector<double>.Build.Dense(n, i => model.Features[i * 3]);
            return 1 - Math.Pow((feature - (design * design.QR().Solve(feature))).L2Norm() / feature.L2Norm(), 2);
        }
    }

    [Fact]
    public void A_sampler_of_ones_own_is_the_built_in_one()
    {
        // Gaussian noise by hand: the posterior of what was drawn, in plain loops; and it is kept in a model by its name.
        ContextSample sample = Sample();
        var own = new NoiseByHand();
        Matrix<double> p = Dense.Of(Context.Custom(own), sample);
        double[] from = [.. Enumerable.Range(0, 30).SelectMany(a => sample.Values.Skip(a % N * 4).Take(4))], values = new double[30 * 4];
        own.Draw(from, 4, new Philox(own.Seed, 0x73616d70), values);
        double Density(int a, int i) => Math.Exp(-0.5 * Enumerable.Range(0, 4).Sum(f => Math.Pow(values[(a * 4) + f] - sample.Values[(i * 4) + f], 2)));
        Matrix<double> q = Matrix<double>.Build.Dense(N, 30, (i, a) => Density(a, i) / Enumerable.Range(0, N).Sum(l => Density(a, l)));
        Assert.True((q.NormalizeRows(1) - p).L2Norm() < 1e-10);
        int[] atoms = own.DrawAtoms(sample.Values, sample.Values, 4, 3);
        Assert.Equal(atoms, own.DrawAtoms(sample.Values, sample.Values, 4, 3));
        Assert.True(atoms.Distinct().Count() > 8 && atoms.Max() < 30);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(sample, Context.Custom(own), Options(3), cancellationToken: Token);
        var features = new double[N * 3];
        model.Transform(sample.Values, features);
        for (int e = 0; e < features.Length; e++)
            Tolerance.AssertClose("feature", model.Features[e], features[e], 1e-6);
    }

    [Fact]
    public void Samplers_that_are_none_are_refused()
    {
        ContextSample sample = Sample();
        foreach ((ContextLaw law, string words) in new (ContextLaw, string)[]
        {
            (new BrokenSampler(0, _ => 0, 0), "both must be at least 1"), (new BrokenSampler(5, _ => double.NaN, 0), "must be finite"),
            (new BrokenSampler(5, _ => 0, double.NaN), "a number or negative infinity"), (new BrokenSampler(5, _ => 0, double.NegativeInfinity), "no density at any row"),
        })
            Assert.Contains(words, Assert.Throws<InputException>(() => Dense.Of(Context.Custom(law), sample)).Message, StringComparison.Ordinal);
    }

    private static SpectralOptions Options(int dimension) => new() { Dimension = dimension, Precision = ElementPrecision.Double, Tolerance = 1e-10 };

    private static ContextSample Sample()
    {
        double[] values = new double[N * 4], y = new double[N];
        new Philox(17, 1).Normals(0, values.AsSpan());
        new Philox(17, 2).Normals(0, y.AsSpan());
        for (int e = 0; e < values.Length; e++)
            values[e] = Math.Round(values[e]) + (e % 4 == 0 ? 0.1 : 0);     // few levels, so that rows share what a mask leaves
        var sample = new ContextSample(values, N, 4);
        sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, N).Select(i => i * i % 7 % 3)]);
        sample.Targets["y"] = y;
        sample.Edges["edges"] = [.. Enumerable.Range(0, 2 * N).Select(e => (e % N, ((e * 5) + 1 + (e / N)) % N, 1.0 + (e % 3)))];
        return sample;
    }

    private sealed class NoisyClass(double noise, int draws, ulong seed) : ContextSampler
    {
        public override string Name => "noisy class";

        public override int? Draws => draws;

        public override ulong Seed => seed;

        public override void Draw(ReadOnlyMemory<double> rows, int dimension, Philox random, Span<double> values)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = random.Uniform(2 * i) < noise ? (rows.Span[i] + 1 + Math.Floor(2 * random.Uniform((2 * i) + 1))) % 3 : rows.Span[i];
        }

        public override void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity)
        {
            for (int e = 0; e < logDensity.Length; e++)
                logDensity[e] = Math.Log(rows.Span[e / values.Length] == values.Span[e % values.Length] ? 1 - noise : noise / 2);
        }
    }

    private sealed class NoiseByHand : ContextSampler
    {
        public override string Name => "noise by hand";

        public override int? Draws => 30;

        public override ulong Seed => 8;

        public override void Draw(ReadOnlyMemory<double> rows, int dimension, Philox random, Span<double> values)
        {
            random.Normals(0, values);
            for (int e = 0; e < values.Length; e++)
                values[e] += rows.Span[e];
        }

        public override void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity)
        {
            int m = values.Length / dimension;
            for (int e = 0; e < logDensity.Length; e++)
                logDensity[e] = -0.5 * Enumerable.Range(0, dimension).Sum(f => Math.Pow(values.Span[(e % m * dimension) + f] - rows.Span[(e / m * dimension) + f], 2));
        }
    }

    private sealed class LinearGaussian(Matrix<double> map, double[] noise, ulong seed) : ContextSampler
    {
        public override string Name => "linear Gaussian";

        public override ulong Seed => seed;

        public override void Draw(ReadOnlyMemory<double> rows, int dimension, Philox random, Span<double> values)
        {
            random.Normals(0, values);
            for (int e = 0; e < values.Length; e++)
            {
                ReadOnlySpan<double> x = rows.Span.Slice(e / 2 * 2, 2);
                values[e] = (noise[e % 2] * values[e]) + (map[e % 2, 0] * x[0]) + (map[e % 2, 1] * x[1]);
            }
        }

        public override void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity)
        {
            int m = values.Length / 2;
            for (int e = 0; e < logDensity.Length; e++)
            {
                ReadOnlySpan<double> x = rows.Span.Slice(e / m * 2, 2), a = values.Span.Slice(e % m * 2, 2);
                double first = (a[0] - (map[0, 0] * x[0]) - (map[0, 1] * x[1])) / noise[0], second = (a[1] - (map[1, 0] * x[0]) - (map[1, 1] * x[1])) / noise[1];
                logDensity[e] = -0.5 * ((first * first) + (second * second));
            }
        }
    }

    private sealed class BrokenSampler(int draws, Func<int, double> value, double log) : ContextSampler
    {
        public override string Name => "broken";

        public override int? Draws => draws;

        public override void Draw(ReadOnlyMemory<double> rows, int dimension, Philox random, Span<double> values)
        {
            for (int e = 0; e < values.Length; e++)
                values[e] = value(e);
        }

        public override void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity) => logDensity.Fill(log);
    }
}
