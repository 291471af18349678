using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Contexts;

/// <summary>Known answers of theory.md section 6 that need masks, noise and corrupted columns.</summary>
public sealed class ContextAnswerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(3, 0.3)]
    [InlineData(6, 0.15)]
    public void The_masked_hypercube(int n, double rate)
    {
        // All 2^n vertices, all 2^n masks: 3^n atoms, s_S^2 = (1 - r)^|S| for every set S of bits.
        int size = 1 << n, d = size - 1;
        double[] expected = [.. Enumerable.Range(1, size - 1).Select(set => Math.Pow(1 - rate, 0.5 * System.Numerics.BitOperations.PopCount((uint)set))).OrderDescending()];
        using ContextureEngine engine = Open();
        foreach ((ElementPrecision precision, double tolerance) in new[] { (ElementPrecision.Double, 1e-9), (ElementPrecision.Single, 2e-5) })
        {
            foreach (SpectralSolver solver in new[] { SpectralSolver.Exact, SpectralSolver.Krylov })
            {
                SpectralModel model = engine.Fit(Cube(n), Context.Tokens(rate, null), new SpectralOptions { Dimension = d, Precision = precision, Solver = solver, Tolerance = tolerance / 10 }, cancellationToken: Token);
                for (int i = 0; i < d; i++)
                    Tolerance.AssertClose($"s_{i + 1} by {solver}", expected[i], model.SingularValues[i], tolerance);
            }
        }
    }

    [Fact]
    public void Replaced_columns_on_the_hypercube_approach_the_flip()
    {
        // A bit that is replaced by a fair one with probability r is flipped with probability r / 2: s_S = (1 - r)^|S|.
        const int n = 4;
        const double rate = 0.4;
        using ContextureEngine engine = Open();
        double[] expected = [.. Enumerable.Range(1, 15).Select(set => Math.Pow(1 - rate, System.Numerics.BitOperations.PopCount((uint)set))).OrderDescending()];
        double[] errors = [.. new[] { 16 * 16, 16 * 1024 }.Select(draws =>
            Enumerable.Range(0, 3).Average(seed => WorstError(engine.Fit(Cube(n), Context.Scarf(rate, draws, (ulong)seed), Options(8), cancellationToken: Token), expected)))];
        Assert.True(errors[1] < 0.03, $"error {errors[1]} with 16,384 draws");
        Assert.True(errors[1] < 0.35 * errors[0], $"64 times the draws bring the error from {errors[0]} to {errors[1]}");
    }

    [Fact]
    public void The_Gaussian_pair_approaches_its_Hermite_spectrum()
    {
        // X ~ N(0, 1), A = rho X + sqrt(1 - rho^2) Z: s_k = rho^k, and the eigenfunctions are the Hermite polynomials.
        const double rho = 0.8;
        using ContextureEngine engine = Open();
        double[] expected = [rho, rho * rho, rho * rho * rho];
        double[] mean = new double[2], spread = new double[2];
        int[] sizes = [150, 1500];
        for (int size = 0; size < 2; size++)
        {
            const int Seeds = 8;
            double[][] found = new double[Seeds][];
            for (int seed = 0; seed < Seeds; seed++)
            {
                double[] x = new double[sizes[size]];
                new Philox((ulong)(seed + 1), 77).Normals(0, x.AsSpan());
                SpectralModel model = engine.Fit(new ContextSample(x, x.Length, 1), Context.Diffusion(1 - (rho * rho), null, (ulong)seed), Options(3) with { Tolerance = 1e-6 }, cancellationToken: Token);
                found[seed] = model.SingularValues.ToArray();
            }
            for (int k = 0; k < 3; k++)
            {
                double average = found.Average(s => s[k]), standardError = Math.Sqrt(found.Sum(s => Math.Pow(s[k] - average, 2)) / (Seeds - 1));
                foreach (double[] s in found)
                    Assert.True(Math.Abs(s[k] - expected[k]) <= 4 * standardError, $"s_{k + 1} with {sizes[size]} rows: {s[k]} instead of {expected[k]}, standard error {standardError}");
                // The mean of all has a standard error of its own, and a bias of order 1 / N besides.
                double error = Math.Abs(average - expected[k]);
                Assert.True(error <= (4 * standardError / Math.Sqrt(Seeds)) + (10.0 / sizes[size]), $"the mean of s_{k + 1} with {sizes[size]} rows: {average} instead of {expected[k]}, standard error {standardError} of one");
                mean[size] += error / 3;
                spread[size] += standardError / 3;
            }
        }
        Assert.True(spread[1] < 0.5 * spread[0], $"the spread falls from {spread[0]} to {spread[1]}");
        Assert.True(mean[1] < mean[0], $"the error falls from {mean[0]} to {mean[1]}");

        // Feature 1 is x itself, feature 2 is x^2 - 1 up to scale.
        double[] points = new double[1500];
        new Philox(5, 77).Normals(0, points.AsSpan());
        SpectralModel top = engine.Fit(new ContextSample(points, points.Length, 1), Context.Diffusion(1 - (rho * rho)), Options(2) with { Tolerance = 1e-6 }, cancellationToken: Token);
        Assert.InRange(Math.Abs(Correlation([.. points], top, 0)), 0.99, 1);
        Assert.InRange(Math.Abs(Correlation([.. points.Select(v => v * v)], top, 1)), 0.97, 1);
    }

    [Fact]
    public void Masks_that_hide_everything_leave_no_singular_value()
    {
        // On so many rows that, in single precision, nothing is left of a block but the smallest numbers there are.
        using ContextureEngine engine = Open();
        const int n = 700;
        ContextSample sample = new([.. Enumerable.Range(0, n * 3).Select(e => (double)(e * 7 % 5))], n, 3);
        foreach (ElementPrecision precision in Enum.GetValues<ElementPrecision>())
        {
            SpectralModel nothing = engine.Fit(sample, Context.Tokens(0.9999999), new SpectralOptions { Dimension = 60, Precision = precision, Solver = SpectralSolver.Krylov }, cancellationToken: Token);
            Assert.All(nothing.SingularValues.ToArray(), s => Assert.Equal(0, s));
            Assert.Equal(0, nothing.Rank);
        }
    }

    [Fact]
    public void Soft_labels_that_are_noisy_ones_have_their_spectrum()
    {
        const int c = 4, n = 40;
        const double eta = 0.3;
        var sample = new ContextSample(new double[n], n, 1);
        sample.SoftLabels["a,b,c,d"] = [.. from i in Enumerable.Range(0, n) from k in Enumerable.Range(0, c) select k == i % c ? 1 - eta : eta / (c - 1)];
        using ContextureEngine engine = Open();
        SpectralModel model = engine.Fit(sample, Context.SoftLabels("a", "b", "c", "d"), Options(5), cancellationToken: Token);
        double s = 1 - (eta * c / (c - 1));
        for (int i = 0; i < 5; i++)
            Tolerance.AssertClose($"s_{i + 1}", i < 3 ? s : 0, model.SingularValues[i], 1e-9);
    }

    [Fact]
    public void Convolution_never_makes_a_singular_value_larger()
    {
        double[] x = new double[60 * 3];
        new Philox(9, 4).Normals(0, x.AsSpan());
        using ContextureEngine engine = Open();
        string[] firsts = ["knn(k=4)", "rbf(gamma=0.6)", "mask(rate=0.5, draws=5, then=knn(k=3))"], seconds = ["knn(k=7)", "rbf(gamma=0.2)", "noise(sigma=0.4)", "tokens(rate=0.5)"];
        foreach (string first in firsts)
        {
            double[] alone = engine.Fit(x, 60, Context.Parse(first), Options(20), cancellationToken: Token).SingularValues.ToArray();
            foreach (string second in seconds)
            {
                double[] both = engine.Fit(x, 60, Context.Parse($"{first} * {second}"), Options(20), cancellationToken: Token).SingularValues.ToArray();
                for (int i = 0; i < 20; i++)
                    Assert.True(both[i] <= alone[i] + 1e-9, $"{first} * {second}: s_{i + 1} is {both[i]}, {alone[i]} without the second factor");
            }
        }
    }

    [Fact]
    public void A_tagged_union_has_the_weighted_sum_of_the_dual_kernels()
    {
        // s^2 of the union are the eigenvalues of 0.3 T1 T1* + 0.7 T2 T2*; compare traces of powers with dense arithmetic on the features of both at full rank.
        const int n = 30;
        double[] x = new double[n * 2];
        new Philox(10, 4).Normals(0, x.AsSpan());
        using ContextureEngine engine = Open();
        SpectralModel union = engine.Fit(x, n, Context.Parse("0.3 noise(sigma=0.5) + 0.7 knn(k=4)"), Options(n - 1), cancellationToken: Token);
        double[] kernel = new double[n * n];
        foreach ((double weight, string part) in new[] { (0.3, "noise(sigma=0.5)"), (0.7, "knn(k=4)") })
        {
            SpectralModel own = engine.Fit(x, n, Context.Parse(part), Options(n - 1), cancellationToken: Token);
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    for (int f = 0; f < n - 1; f++)
                        kernel[(i * n) + j] += weight * own.SingularValues[f] * own.SingularValues[f] * own.Features[(i * (n - 1)) + f] * own.Features[(j * (n - 1)) + f] / n;
        }
        double[] expected = [.. MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DenseOfRowMajor(n, n, kernel).Evd(MathNet.Numerics.LinearAlgebra.Symmetricity.Symmetric).EigenValues.Select(v => v.Real).OrderDescending()];
        for (int i = 0; i < n - 1; i++)
            Tolerance.AssertClose($"s_{i + 1}^2", Math.Max(0, expected[i]), union.SingularValues[i] * union.SingularValues[i], 1e-8);
    }

    [Fact]
    public void Concatenating_a_context_with_itself_adds_no_rank()
    {
        double[] x = new double[50 * 3];
        new Philox(11, 4).Normals(0, x.AsSpan());
        using ContextureEngine engine = Open();
        SpectralModel twice = engine.Fit(x, 50, Context.Parse("rbf(gamma=0.4)[5] | rbf(gamma=0.4)[5]"), Options(10), cancellationToken: Token);
        using CpuDevice device = CpuDevice.Open();
        double[] gram = new double[100], values = new double[10];
        device.LinearAlgebra.Multiply(twice.Features, Orientation.Transposed, twice.Features, Orientation.Normal, gram, 10, 10, 50);
        device.LinearAlgebra.SymmetricEigen(gram, 10, values);
        Assert.Equal(5, values.Count(v => v > 1e-6 * values[^1]));
    }

    private static double WorstError(SpectralModel model, double[] expected) => Enumerable.Range(0, model.Dimension).Max(i => Math.Abs(model.SingularValues[i] - expected[i]));

    private static double Correlation(double[] y, SpectralModel model, int feature)
    {
        double mean = y.Average(), norm = Math.Sqrt(y.Average(v => (v - mean) * (v - mean)));
        return Enumerable.Range(0, y.Length).Average(i => (y[i] - mean) * model.Features[(i * model.Dimension) + feature]) / norm;
    }

    private static ContextSample Cube(int n) =>
        new([.. from vertex in Enumerable.Range(0, 1 << n) from bit in Enumerable.Range(0, n) select (double)(vertex >> bit & 1)], 1 << n, n);

    private static SpectralOptions Options(int dimension) => new() { Dimension = dimension, Precision = ElementPrecision.Double, Tolerance = 1e-10 };

    private static ContextureEngine Open() => ContextureEngine.Create(new EngineOptions { Device = "cpu" });
}
