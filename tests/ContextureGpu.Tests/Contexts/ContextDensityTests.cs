using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Contexts of which only a density is known: exact where the candidates are all values, a quadrature on a grid, self-normalised importance sampling where they are drawn.</summary>
public sealed class ContextDensityTests
{
    private const int N = 30;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void All_values_as_candidates_give_the_exact_law()
    {
        // Noisy classes: s = 1 - eta c / (c - 1) for c - 1 functions, exactly; and a density by exp(-gamma |x - a|^2) over the rows is the radial kernel.
        const double eta = 0.3;
        double[] classes = [.. Enumerable.Range(0, N).Select(i => (double)(i % 3))];
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var noisy = new Density((a, x) => Math.Log(a == x ? 1 - eta : eta / 2) + (5 * x)) { Of = (_, _) => DensityCandidates.Of(new double[] { 0, 1, 2 }, 1) };
        SpectralModel model = engine.Fit(classes, N, Context.Custom(noisy), Options(4), cancellationToken: Token);
        for (int i = 0; i < 4; i++)
            Tolerance.AssertClose($"s_{i + 1}", i < 2 ? 1 - (eta * 1.5) : 0, model.SingularValues[i], 1e-9);
        ContextSample sample = Sample();
        Assert.True((Dense.Of(Context.Rbf(0.7), sample) - Dense.Of(Context.Custom(new Density((a, x) => (-0.7 * (a - x) * (a - x)) - (3 * x))), sample)).L2Norm() < 1e-11);
    }

    [Fact]
    public void Drawn_candidates_approach_the_law_on_a_grid_like_one_over_the_root_of_their_number()
    {
        // A = x + N(0, 0.5^2) in volume: a fine grid is exact to rounding, and drawn candidates have one over the density they were drawn with for their part of the volume.
        ContextSample sample = Sample();
        double[] exact = Values(new Density(Gaussian) { Of = (_, _) => DensityCandidates.Of(Enumerable.Range(0, 1200).Select(i => -6 + (0.01 * i)).ToArray(), 1) });
        double Error(int draws, double spread) => Math.Sqrt(Enumerable.Range(1, 10).Average(seed =>
            Values(new Density(Gaussian) { Of = (x, d) => DensityCandidates.Around(x, d, draws, spread, (ulong)seed) }).Zip(exact, (s, e) => (s - e) * (s - e)).Sum()));
        foreach (double spread in new[] { 0.6, 1.5 })
        {
            double few = Error(60, spread), many = Error(60 * 36, spread);
            Assert.InRange(few / many, 3, 14);                          // 6 in the mean
            Assert.True(many < 0.02, $"error {many} at spread {spread}");
        }
        // With parts of the measure left out of account, it approaches something else.
        double wrong = Values(new Density(Gaussian) { Of = (x, d) => DensityCandidates.Of(DensityCandidates.Around(x, d, 60 * 36, 1.5, 1).Values, 1) }).Zip(exact, (s, e) => (s - e) * (s - e)).Sum();
        Assert.True(Math.Sqrt(wrong) > 0.03, $"error {Math.Sqrt(wrong)}");

        static double Gaussian(double a, double x) => -2 * (a - x) * (a - x);

        double[] Values(Density density)
        {
            Matrix<double> p = Dense.Of(Context.Custom(density), sample);
            Vector<double> mass = p.ColumnSums() / N;
            return [.. p.MapIndexed((_, j, v) => v == 0 ? 0 : v / Math.Sqrt(N * mass[j])).Svd(false).S.Skip(1).Take(3)];
        }
    }

    [Fact]
    public void It_serves_new_rows_is_drawn_from_and_is_found_again_by_name()
    {
        ContextSample sample = Sample();
        var law = new Density((a, x) => -2 * (a - x) * (a - x)) { Of = (x, d) => DensityCandidates.Around(x, d, 80, 0.8, 4) };
        Context context = 0.5 * Context.Custom(law) + 0.5 * Context.Knn(4);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(sample, context, Options(3), cancellationToken: Token);
        using var folder = new Data.TemporaryFolder();
        string path = Path.Combine(folder.Path, "m.ctx");
        model.Save(path);
        var features = new double[N * 3];
        Assert.Contains("not at hand", Assert.Throws<InputException>(() => SpectralModel.Load(path).Transform(sample.Values, features)).Message, StringComparison.Ordinal);
        SpectralModel.Load(path, law).Transform(sample.Values, features);
        for (int e = 0; e < features.Length; e++)
            Tolerance.AssertClose("feature", model.Features[e], features[e], 1e-6);
        int[] atoms = law.DrawAtoms(sample.Values, sample.Values, 1, 3);
        Assert.Equal(atoms, law.DrawAtoms(sample.Values, sample.Values, 1, 3));
        Assert.True(atoms.Distinct().Count() > 8 && atoms.Max() < 80);
    }

    [Fact]
    public void Densities_and_candidates_that_are_none_are_refused()
    {
        ContextSample sample = Sample();
        foreach ((Density law, string words) in new (Density, string)[]
        {
            (new Density((_, _) => double.NaN), "value 0 at row 0 (counted from 0) is NaN; it must be a number or negative infinity"),
            (new Density((_, _) => double.PositiveInfinity), "a number or negative infinity"),
            (new Density((_, _) => double.NegativeInfinity), "none of the 30 candidates can follow from row 0"),
            (new Density((_, _) => 0) { Of = (_, _) => null! }, "there are no candidates"),
            (new Density((_, _) => 0) { Of = (_, _) => DensityCandidates.Of(Array.Empty<double>(), 1) }, "at least one was expected"),
            (new Density((_, _) => 0) { Of = (_, _) => DensityCandidates.Of(new double[3], 2) }, "3 numbers are no candidates with 2 numbers each"),
            (new Density((_, _) => 0) { Of = (_, _) => DensityCandidates.Of(new double[3], 0) }, "with 0 numbers each"),
            (new Density((_, _) => 0) { Of = (_, _) => DensityCandidates.Of(new[] { 1, double.NaN }, 1) }, "candidate 1, number 0 (counted from 0) is NaN"),
            (new Density((_, _) => 0) { Of = (_, _) => DensityCandidates.Drawn(new double[3], 1, [0, 1]) }, "3 candidates and 2 logarithms"),
            (new Density((_, _) => 0) { Of = (_, _) => DensityCandidates.Drawn(new double[2], 1, [0, double.NegativeInfinity]) }, "candidate 1 (counted from 0) was drawn with the log-density"),
            (new Density((_, _) => 0) { Of = (x, d) => DensityCandidates.Around(x, d, 0, 1) }, "there must be at least 1"),
            (new Density((_, _) => 0) { Of = (x, d) => DensityCandidates.Around(x, d, int.MaxValue, 1) }, "fit into an array"),
            (new Density((_, _) => 0) { Of = (x, d) => DensityCandidates.Around(x, d, 5, 0) }, "spread is 0"),
            (new Density((_, _) => 0) { Of = (x, d) => DensityCandidates.Around(x, d, 5, double.NaN) }, "positive and finite"),
        })
            Assert.Contains(words, Assert.Throws<InputException>(() => Dense.Of(Context.Custom(law), sample)).Message, StringComparison.Ordinal);
    }

    private static SpectralOptions Options(int dimension) => new() { Dimension = dimension, Precision = ElementPrecision.Double, Tolerance = 1e-10 };

    private static ContextSample Sample()
    {
        double[] x = new double[N];
        new Philox(41, 1).Normals(0, x.AsSpan());
        return new ContextSample(x, N, 1);
    }

    private sealed class Density(Func<double, double, double> log) : ContextDensity
    {
        public Func<ReadOnlyMemory<double>, int, DensityCandidates>? Of { get; init; }

        public override string Name => "density";

        public override DensityCandidates Candidates(ReadOnlyMemory<double> sample, int dimension) => Of is null ? base.Candidates(sample, dimension) : Of(sample, dimension);

        public override void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity)
        {
            for (int e = 0; e < logDensity.Length; e++)
                logDensity[e] = log(values.Span[e % values.Length], rows.Span[e / values.Length]);
        }
    }
}
