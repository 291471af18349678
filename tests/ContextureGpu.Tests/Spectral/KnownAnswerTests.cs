using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>Spectra with closed forms (theory.md section 6), through the whole engine, by every solver that iterates and the one that does not.</summary>
public sealed class KnownAnswerTests
{
    private const double DoubleTolerance = 1e-9, SingleTolerance = 2e-5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<SpectralSolver, ElementPrecision> Ways =>
        [(SpectralSolver.Exact, ElementPrecision.Double), (SpectralSolver.Krylov, ElementPrecision.Double), (SpectralSolver.Krylov, ElementPrecision.Single)];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Cycle(SpectralSolver solver, ElementPrecision precision)
    {
        foreach (int n in new[] { 31, 64, 120 })
        {
            double[] expected = [.. Enumerable.Range(1, n - 1).Select(k => Math.Abs(Math.Cos(2 * Math.PI * k / n))).OrderDescending()];
            // An even cycle is bipartite: its walk has the eigenvalue -1, and rows and values of A fall into two components.
            SpectralModel model = FitGraph(n, Enumerable.Range(0, n).Select(i => (i, (i + 1) % n)), 12, solver, precision);
            Near(expected, model, precision);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Complete_graph(SpectralSolver solver, ElementPrecision precision)
    {
        const int n = 40;
        SpectralModel model = FitGraph(n, from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, i) select (i, j), n - 1, solver, precision);
        Near([.. Enumerable.Repeat(1.0 / (n - 1), n - 1)], model, precision);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Circle_with_a_radial_kernel(SpectralSolver solver, ElementPrecision precision)
    {
        const int n = 150, d = 9;
        const double gamma = 1.7;
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit(Circle(n), n, Context.Rbf(gamma), Options(d, solver, precision), Token);
        // The normalised operator is self-adjoint here (every row has the same sum), so s are the eigenvalues I_k(2 gamma) / I_0(2 gamma), each twice.
        Near([.. Enumerable.Range(0, d).Select(i => Bessel(i / 2 + 1, 2 * gamma) / Bessel(0, 2 * gamma))], model, precision);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Circle_with_local_scales(SpectralSolver solver, ElementPrecision precision)
    {
        // All points of a circle have the same neighbourhood: neighbour 2 j of each is at the chord of j steps, so this is the radial kernel with gamma one over its square.
        const int n = 150, d = 9, j = 18;
        double chord = 2 * Math.Sin(Math.PI * j / n), gamma = 1 / (chord * chord);
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit(Circle(n), n, Context.LocallyScaled(2 * j), Options(d, solver, precision), Token);
        Near([.. Enumerable.Range(0, d).Select(i => Bessel(i / 2 + 1, 2 * gamma) / Bessel(0, 2 * gamma))], model, precision);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    public void Balanced_classes(double noise)
    {
        const int c = 5, n = 60;
        var sample = new ContextSample(new double[n], n, 1);
        sample.Classes["class"] = new ClassColumn(c, [.. Enumerable.Range(0, n).Select(i => i % c)]);
        using ContextureEngine engine = Open();
        foreach ((SpectralSolver solver, ElementPrecision precision) in new[] { (SpectralSolver.Exact, ElementPrecision.Double), (SpectralSolver.Krylov, ElementPrecision.Single) })
        {
            SpectralModel model = engine.Fit(sample, Context.Labels("class", noise), Options(7, solver, precision), Token);
            double s = 1 - (noise * c / (c - 1));
            Near([s, s, s, s, 0, 0, 0], model, precision);
            Assert.Equal(c - 1, model.Rank);
            Assert.Contains(model.Facts.Warnings, w => w.Contains("rank is 4", StringComparison.Ordinal));
            for (int i = 0; i < n; i++)
                Assert.Equal([0, 0, 0], model.Features.Slice((i * 7) + 4, 3).ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Components_keep_their_indicators(SpectralSolver solver, ElementPrecision precision)
    {
        // A path of 3, a triangle and a path of 2 beside each other; the paths are bipartite and fall into two components each.
        SpectralModel model = FitGraph(8, [(0, 1), (1, 2), (3, 4), (4, 5), (5, 3), (6, 7)], 6, solver, precision);
        Near([1, 1, 1, 1, 0.5, 0.5], model, precision);
        Assert.Contains(model.Facts.Warnings, w => w.Contains("5 connected components", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("knn(k=7)")]
    [InlineData("knn(k=7, self=false)")]
    [InlineData("rbf(gamma=0.4)")]
    [InlineData("rbf(gamma=median)")]
    [InlineData("knn(k=4) * rbf(gamma=1)")]
    [InlineData("0.3 knn(k=5) + 0.7 rbf(gamma=0.2)")]
    [InlineData("knn(k=5) + labels(column=class, noise=0.2)")]
    [InlineData("knn(k=3) * knn(k=4) * labels(column=class)")]
    public void Spectra_equal_a_dense_decomposition_by_other_software(string expression)
    {
        const int n = 90, d = 12;
        ContextSample sample = RandomSample(n, 4);
        Context context = ContextBinding.Resolve(Context.Parse(expression), sample);
        double[] expected = [.. DenseLaw(context, sample).singularValues.Skip(1).Concat(new double[d]).Take(d)];
        using ContextureEngine engine = Open();
        foreach (SpectralSolver solver in new[] { SpectralSolver.Exact, SpectralSolver.Krylov })
        {
            SpectralModel model = engine.Fit(sample, Context.Parse(expression), Options(d, solver, ElementPrecision.Double), Token);
            for (int i = 0; i < d; i++)
                Tolerance.AssertClose($"s_{i + 1}^2", expected[i] * expected[i], model.SingularValues[i] * model.SingularValues[i], 1e-8);
            Assert.InRange(model.Facts.Orthogonality, 0, 1e-9);
            Assert.True(model.Facts.Converged);

            var again = new double[n * d];
            model.Transform(sample, again);
            for (int e = 0; e < again.Length; e++)
                Tolerance.AssertClose($"feature {e % d} of row {e / d}, out of sample", model.Features[e], again[e], 1e-6);
        }
    }

    [Fact]
    public void Duplicates_constant_columns_and_concatenations_work()
    {
        ContextSample half = RandomSample(40, 3);
        double[] doubled = [.. half.Values.Chunk(3).SelectMany(r => new[] { r[0], 7, r[1], r[2] }), .. half.Values.Chunk(3).SelectMany(r => new[] { r[0], 7, r[1], r[2] })];
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit(doubled, 80, Context.Parse("knn(k=6)[3] | rbf(gamma=0.3)"), Options(8, SpectralSolver.Auto, ElementPrecision.Double), Token);
        Assert.Equal(8, model.Dimension);
        Assert.Equal(80 * 8, model.Features.Length);
        Assert.All(model.Features.ToArray(), v => Assert.True(double.IsFinite(v)));
        // Every point is there twice, and both copies have the same neighbours: the features agree.
        for (int e = 0; e < 40 * 8; e++)
            Tolerance.AssertClose("copy", model.Features[e], model.Features[e + (40 * 8)], 1e-7);
    }

    [Theory]
    [InlineData("knn(k=41)", "there are 40 rows")]
    [InlineData("knn(k=40, self=false)", "at most 39")]
    [InlineData("rbf(gamma=local, k=40)", "at most 39")]
    [InlineData("labels(column=other)", "no column 'other'")]
    [InlineData("labels(column=class) * knn(k=3)", "followed by another")]
    [InlineData("graph(file=nowhere.csv)", "nowhere.csv: there is no such file")]
    public void What_does_not_fit_is_refused(string expression, string words)
    {
        using ContextureEngine engine = Open();
        InputException refusal = Assert.Throws<InputException>(() => engine.Fit(RandomSample(40, 3), Context.Parse(expression), Options(4, SpectralSolver.Auto, ElementPrecision.Double), Token));
        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_without_meaning_are_refused()
    {
        using ContextureEngine engine = Open();
        Assert.Contains("must vary", Assert.Throws<InputException>(() => engine.Fit(new double[20], 10, Context.Knn(3), null, Token)).Message, StringComparison.Ordinal);
        Assert.Contains("row 1, column 1", Assert.Throws<InputException>(() => engine.Fit([1, 2, 3, double.NaN], 2, Context.Knn(1), null, Token)).Message, StringComparison.Ordinal);
        Assert.Contains("at least 1", Assert.Throws<InputException>(() => engine.Fit([1, 2, 3, 4], 4, Context.Knn(1), new SpectralOptions { Dimension = 0 }, Token)).Message, StringComparison.Ordinal);
        foreach (string expression in new[] { "rbf(gamma=1)", "knn(k=1)" })
            Assert.Contains("row 1, column 1 (counted from 0) of the inputs is 1E+300; every magnitude must be at most 1E+150", Assert.Throws<InputException>(() => engine.Fit([1, 2, 3, 1e300], 2, Context.Parse(expression), null, Token)).Message, StringComparison.Ordinal);
        SpectralModel model = engine.Fit([1, 2, 3, 4, 5, 7], 3, Context.Rbf(1), null, Token);
        Assert.Contains("row 0, column 1 (counted from 0) of the inputs is -1E+200", Assert.Throws<InputException>(() => model.Transform([1, -1e200], new double[model.Dimension])).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => ContextureEngine.Create(new EngineOptions { Device = "abacus" }));
        Assert.Throws<DeviceException>(() => ContextureEngine.Create(new EngineOptions { Device = "cuda:99" }));
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Fit([1, 2, 3, 4], 4, Context.Knn(1), null, Token));
    }

    [Fact]
    public void A_dimension_beyond_the_rank_gives_zeros()
    {
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit([0, 1, 2, 3, 10, 11], 6, Context.Rbf(0.5), new SpectralOptions { Dimension = 20 }, Token);
        Assert.Equal(20, model.SingularValues.Length);
        Assert.InRange(model.Rank, 4, 5);
        Assert.Equal(0, model.SingularValues[^1]);
    }

    private static ContextureEngine Open() => ContextureEngine.Create(new EngineOptions { Device = "cpu" });

    private static SpectralOptions Options(int dimension, SpectralSolver solver, ElementPrecision precision) =>
        new() { Dimension = dimension, Solver = solver, Precision = precision, Tolerance = precision == ElementPrecision.Double ? 1e-10 : 1e-5 };

    private static SpectralModel FitGraph(int n, IEnumerable<(int, int)> edges, int dimension, SpectralSolver solver, ElementPrecision precision)
    {
        var sample = new ContextSample(new double[n], n, 1);
        sample.Edges["edges"] = [.. edges.Select(e => (e.Item1, e.Item2, 1.0))];
        using ContextureEngine engine = Open();
        return engine.Fit(sample, Context.Graph("edges"), Options(dimension, solver, precision), Token);
    }

    private static void Near(double[] expected, SpectralModel model, ElementPrecision precision)
    {
        double tolerance = precision == ElementPrecision.Double ? DoubleTolerance : SingleTolerance;
        for (int i = 0; i < model.Dimension; i++)
            Tolerance.AssertClose($"s_{i + 1}", expected[i], model.SingularValues[i], tolerance);
        Assert.InRange(model.Facts.Orthogonality, 0, tolerance);
    }

    private static double[] Circle(int n) => [.. Enumerable.Range(0, n).SelectMany(i => new[] { Math.Cos(2 * Math.PI * i / n), Math.Sin(2 * Math.PI * i / n) })];

    private static double Bessel(int order, double x) =>
        Enumerable.Range(0, 60).Sum(m => Math.Exp(((2 * m) + order) * Math.Log(x / 2) - SpecialFunctions.FactorialLn(m) - SpecialFunctions.FactorialLn(m + order)));

    private static ContextSample RandomSample(int n, int d)
    {
        var values = new double[n * d];
        new Philox(21, 5).Normals(0, values.AsSpan());
        var sample = new ContextSample(values, n, d);
        sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, n).Select(i => values[i * d] > 0.5 ? 2 : i % 2)]);
        return sample;
    }

    // The law of A by plain loops, and the singular values of its normalised form by MathNet.
    private static (Matrix<double> law, double[] singularValues) DenseLaw(Context context, ContextSample sample)
    {
        Matrix<double> p = Law(context, sample);
        int n = p.RowCount;
        Vector<double> mass = p.ColumnSums() / n;
        Matrix<double> b = p.MapIndexed((_, j, v) => mass[j] > 0 ? v / Math.Sqrt(n * mass[j]) : 0);
        return (p, [.. b.Svd(false).S.OrderDescending()]);
    }

    private static Matrix<double> Law(Context context, ContextSample sample)
    {
        int n = sample.Rows, d = sample.Dimension;
        Matrix<double> distance = Matrix<double>.Build.Dense(n, n, (i, j) => Enumerable.Range(0, d).Sum(f => Math.Pow(sample.Values[(i * d) + f] - sample.Values[(j * d) + f], 2)));
        switch (context)
        {
            case KnnContext knn:
                Matrix<double> nearest = Matrix<double>.Build.Dense(n, n);
                for (int i = 0; i < n; i++)
                    foreach (int j in Enumerable.Range(0, n).Where(j => knn.IncludeSelf || j != i).OrderBy(j => distance[i, j]).ThenBy(j => j).Take(knn.K))
                        nearest[i, j] = 1.0 / knn.K;
                return nearest;
            case RbfContext rbf:
                return distance.Map(v => Math.Exp(-rbf.Gamma!.Value * v)).NormalizeRows(1);
            case LabelsContext labels:
                ClassColumn column = sample.Classes[labels.Column];
                return Matrix<double>.Build.Dense(n, column.Count, (i, k) => k == column.Index[i] ? 1 - labels.Noise : labels.Noise / (column.Count - 1));
            case ConvolutionContext chain:
                return chain.Factors.Select(f => Law(f, sample)).Aggregate((a, b) => a * b);
            case CombinationContext sum:
                Matrix<double>[] terms = [.. sum.Terms.Select(q => q.Weight * Law(q.Part, sample))];
                return terms.All(t => t.ColumnCount == n) ? terms.Aggregate((a, b) => a + b) : terms.Aggregate((a, b) => a.Append(b));
            default:
                throw new ArgumentException("no law", nameof(context));
        }
    }
}
