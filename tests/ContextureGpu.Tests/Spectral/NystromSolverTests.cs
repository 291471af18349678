using ContextureGpu.Kernels;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>Landmarks and the Nystroem solver: all rows as landmarks give the exact spectrum, more landmarks a smaller error, and the certificate says how large it is.</summary>
public sealed class NystromSolverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("rbf(gamma=0.2)")]
    [InlineData("knn(k=7)")]
    [InlineData("0.4 knn(k=7) + 0.6 rbf(gamma=0.2)")]
    [InlineData("knn(k=7) * rbf(gamma=0.2)")]
    [InlineData("rbf(gamma=0.2)[3] | knn(k=9)[5]")]
    public void All_rows_as_landmarks_give_the_exact_spectrum(string expression)
    {
        double[] x = Mixture(220, 4);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new SpectralOptions { Dimension = 8, Precision = ElementPrecision.Double };
        SpectralModel exact = engine.Fit(x, 220, Context.Parse(expression), options with { Solver = SpectralSolver.Exact }, Token);
        SpectralModel nystrom = engine.Fit(x, 220, Context.Parse(expression), options with { Solver = SpectralSolver.Nystrom, Landmarks = 1000 }, Token);
        for (int i = 0; i < 8; i++)
        {
            Tolerance.AssertClose($"s_{i + 1}", exact.SingularValues[i], nystrom.SingularValues[i], 1e-9);
            Tolerance.AssertWithin($"residual {i + 1}", nystrom.Residuals[i], 1e-8);
        }
        for (int e = 0; e < exact.Features.Length; e++)
            Tolerance.AssertClose($"feature {e % 8} of row {e / 8}", exact.Features[e], nystrom.Features[e], 1e-5);
        Assert.True(nystrom.Facts.Converged);
    }

    [Theory]
    [InlineData(LandmarkSampling.Uniform)]
    [InlineData(LandmarkSampling.KMeansPlusPlus)]
    [InlineData(LandmarkSampling.RidgeLeverage)]
    public void More_landmarks_make_a_smaller_error(LandmarkSampling sampling)
    {
        const int n = 1500;
        double[] x = Mixture(n, 5);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        double before = double.MaxValue;
        foreach (int landmarks in new[] { 60, 240, 960 })
        {
            SpectralModel model = Nystrom(engine, x, n, "rbf(gamma=0.1)", landmarks, sampling);
            Assert.True(model.Facts.Orthogonality < 1e-9, $"the features are orthonormal to {model.Facts.Orthogonality}");
            double error = model.Residuals.ToArray().Average();
            Assert.True(error < 0.8 * before, $"{landmarks} landmarks: {error}, before {before}");
            before = error;
        }
    }

    [Fact]
    public void The_residuals_are_those_of_the_dense_operator_and_the_estimate_is_near_them()
    {
        const int n = 900, d = 6;
        double[] x = Mixture(n, 3);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = Nystrom(engine, x, n, "rbf(gamma=0.3)", 80, LandmarkSampling.Uniform);
        double[] dense = DenseResiduals(x, n, 0.3, model);
        for (int i = 0; i < d; i++)
            Tolerance.AssertClose($"residual {i + 1}", dense[i], model.Residuals[i], 1e-9);

        using CpuDevice device = CpuDevice.Open();
        var sample = new ContextSample(x, n, 3);
        var landmarks = new Landmarks(Landmarks.Uniform(n, 80, 0));
        var options = new SpectralOptions { Dimension = d, Precision = ElementPrecision.Double };
        ContextSpectrum spectrum = NystromSolver.Fit<double>(
            Context.Rbf(0.3), sample, landmarks, d, options, device, device.LinearAlgebra, new FitProgressRelay(null, 1), Token);
        double[] estimate = NystromSolver.Certify<double>(spectrum, Context.Rbf(0.3), sample, landmarks, 100, 500, options, device, Token).Residuals;
        for (int i = 0; i < d; i++)
            Assert.InRange(estimate[i], dense[i] / 2, 2 * dense[i]);
    }

    [Fact]
    public void A_model_on_landmarks_extends_to_its_own_rows_and_survives_a_file()
    {
        const int n = 500;
        double[] x = Mixture(n, 3);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = Nystrom(engine, x, n, "rbf(gamma=0.3)", 50, LandmarkSampling.KMeansPlusPlus);
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.ctx");
        try
        {
            model.Save(path);
            SpectralModel again = SpectralModel.Load(path);
            Assert.Equal(n, again.Rows);
            var features = new double[n * model.Dimension];
            again.Transform(x, features);
            for (int e = 0; e < features.Length; e++)
                Tolerance.AssertClose($"feature {e}", model.Features[e], features[e], 1e-9);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(LandmarkSampling.KMeansPlusPlus, "rbf(gamma=0.2)")]
    [InlineData(LandmarkSampling.RidgeLeverage, "rbf(gamma=0.2)")]
    [InlineData(LandmarkSampling.KMeansPlusPlus, "0.5 rbf(gamma=1) + 0.5 cosine(gamma=3)")]
    public void Masses_bring_the_spectrum_of_landmarks_to_that_of_an_uneven_sample(LandmarkSampling sampling, string expression)
    {
        // Nine tenths of the rows in a small cloud, the others far out: both ways of drawing prefer those.
        const int n = 1500, d = 5, m = 150;
        double[] x = Uneven(n);
        var sample = new ContextSample(x, n, 2);
        Context context = Context.Parse(expression);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        using CpuDevice device = CpuDevice.Open();
        var options = new SpectralOptions { Dimension = d, Precision = ElementPrecision.Double };
        SpectralModel exact = engine.Fit(x, n, context, options with { Solver = SpectralSolver.Exact }, Token);
        (double weighted, double plain) = (0, 0);
        for (ulong seed = 0; seed < 6; seed++)
        {
            SpectralModel model = engine.Fit(x, n, context, options with { Solver = SpectralSolver.Nystrom, Landmarks = m, LandmarkSampling = sampling, Seed = seed }, Token);
            int[] rows = sampling == LandmarkSampling.KMeansPlusPlus ? Landmarks.KMeansPlusPlus(sample, m, seed, Token) : Leverage(seed);
            ContextSpectrum alike = NystromSolver.Fit<double>(context, sample, new Landmarks(rows), d, options, device, device.LinearAlgebra, new FitProgressRelay(null, 1), Token);
            weighted += Error(model.SingularValues);
            plain += Error(alike.SingularValues);
        }
        Assert.True(weighted < 0.4 * plain, $"error in s {weighted} with masses, {plain} without");

        double Error(ReadOnlySpan<double> values)
        {
            double sum = 0;
            for (int i = 0; i < d; i++)
                sum += Math.Abs(values[i] - exact.SingularValues[i]);
            return sum;
        }

        int[] Leverage(ulong seed)
        {
            var pilot = new Landmarks(Landmarks.Uniform(n, m / 2, seed));
            ContextSpectrum first = NystromSolver.Fit<double>(context, sample, pilot, d, options with { Seed = seed }, device, device.LinearAlgebra, new FitProgressRelay(null, 1), Token);
            return Landmarks.ByScore(NystromSolver.LeverageScores(first), m, seed);
        }
    }

    [Fact]
    public void Masses_are_those_of_cells_and_unbiased()
    {
        using CpuDevice device = CpuDevice.Open();
        var line = new ContextSample([0, 0.1, 0.2, 1, 1.1, 5, 5, 5], 8, 1);
        Assert.Equal([3 / 8.0, 2 / 8.0, 1.5 / 8, 1.5 / 8], Landmarks.CellMasses(line, [0, 3, 5, 6], device, Token));

        // All rows as landmarks stand for themselves.
        Assert.All(Landmarks.CellMasses(new ContextSample(Mixture(50, 2), 50, 2), [.. Enumerable.Range(0, 50)], device, Token), q => Assert.Equal(1 / 50.0, q));
        double[] scores = [.. Enumerable.Range(0, 400).Select(i => i < 40 ? 10.0 : 1.0)];
        Assert.All(Landmarks.ByScoreWithMass(scores, 400, 0).Mass!, q => Assert.Equal(1 / 400.0, q, 1e-15));
        double first = 0;
        for (ulong seed = 0; seed < 400; seed++)
        {
            Landmarks drawn = Landmarks.ByScoreWithMass(scores, 100, seed);
            Assert.Equal(1, drawn.Mass!.Sum(), 1e-12);
            Assert.All(drawn.Mass!, q => Assert.True(q > 0));
            first += drawn.Rows.Zip(drawn.Mass!, (row, q) => row < 40 ? q : 0).Sum();
        }
        Assert.InRange(first / 400, 0.095, 0.105);
    }

    [Fact]
    public void Masses_survive_a_file_and_extend_to_the_models_own_rows()
    {
        const int n = 600;
        double[] x = Uneven(n);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        foreach (string expression in new[] { "rbf(gamma=1)", "knn(k=6)", "knn(k=6) * rbf(gamma=1)" })
        {
            SpectralModel model = Nystrom(engine, x, n, expression, 80, LandmarkSampling.RidgeLeverage);
            string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.ctx");
            try
            {
                model.Save(path);
                var features = new double[n * model.Dimension];
                SpectralModel.Load(path).Transform(x, features);
                for (int e = 0; e < features.Length; e++)
                    Tolerance.AssertClose($"{expression}, feature {e}", model.Features[e], features[e], 1e-9);
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    [Fact]
    public void Landmarks_are_different_rows_and_the_same_for_the_same_seed()
    {
        var sample = new ContextSample(Mixture(300, 2), 300, 2);
        double[] scores = [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? 1.0 : 1e-9)];
        foreach (Func<ulong, int[]> draw in new Func<ulong, int[]>[]
        {
            seed => Landmarks.Uniform(300, 40, seed), seed => Landmarks.KMeansPlusPlus(sample, 40, seed, Token), seed => Landmarks.ByScore(scores, 40, seed),
        })
        {
            int[] rows = draw(7);
            Assert.Equal(40, rows.Distinct().Count());
            Assert.Equal(rows.Order(), rows);
            Assert.All(rows, row => Assert.InRange(row, 0, 299));
            Assert.Equal(rows, draw(7));
            Assert.NotEqual(rows, draw(8));
        }
        Assert.All(Landmarks.ByScore(scores, 40, 1), row => Assert.Equal(0, row % 3));
        Assert.Empty(Landmarks.Uniform(300, 250, 1, [3, 4, 5]).Intersect([3, 4, 5]));
        var twice = new ContextSample([1, 1, 1, 2, 2, 2], 6, 1);
        Assert.Equal(4, Landmarks.KMeansPlusPlus(twice, 4, 0, Token).Distinct().Count());
    }

    [Fact]
    public void What_has_no_law_at_new_rows_is_refused()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var sample = new ContextSample([0, 1, 2, 3], 4, 1);
        sample.Edges["edges"] = [(0, 1, 1), (1, 2, 1), (2, 3, 1)];
        var options = new SpectralOptions { Dimension = 1, Solver = SpectralSolver.Nystrom };
        Assert.Contains("Nystroem", Assert.Throws<InputException>(() => engine.Fit(sample, Context.Graph("edges"), options, Token)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "landmarks", Assert.Throws<InputException>(() => engine.Fit(sample, Context.Knn(1), options with { Landmarks = 1 }, Token)).Message, StringComparison.Ordinal);
    }

    private static SpectralModel Nystrom(ContextureEngine engine, double[] x, int rows, string expression, int landmarks, LandmarkSampling sampling) =>
        engine.Fit(
            x, rows, Context.Parse(expression),
            new SpectralOptions { Dimension = 6, Solver = SpectralSolver.Nystrom, Landmarks = landmarks, LandmarkSampling = sampling, Precision = ElementPrecision.Double }, Token);

    // ||T T* mu - s^2 mu|| by plain loops: P from its definition, T* with the probabilities of A.
    private static double[] DenseResiduals(double[] x, int n, double gamma, SpectralModel model)
    {
        int f = x.Length / n, d = model.Dimension;
        double[] p = new double[n * n], mass = new double[n];
        for (int i = 0; i < n; i++)
        {
            double sum = 0;
            for (int j = 0; j < n; j++)
            {
                double distance = 0;
                for (int k = 0; k < f; k++)
                    distance += Math.Pow(x[(i * f) + k] - x[(j * f) + k], 2);
                sum += p[(i * n) + j] = Math.Exp(-gamma * distance);
            }
            for (int j = 0; j < n; j++)
                mass[j] += (p[(i * n) + j] /= sum) / n;
        }
        var residuals = new double[d];
        for (int c = 0; c < d; c++)
        {
            double square = 0, s = model.SingularValues[c];
            var adjoint = new double[n];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    adjoint[j] += p[(i * n) + j] * model.Features[(i * d) + c] / n / mass[j];
            for (int i = 0; i < n; i++)
            {
                double image = 0;
                for (int j = 0; j < n; j++)
                    image += p[(i * n) + j] * adjoint[j];
                square += Math.Pow(image - (s * s * model.Features[(i * d) + c]), 2) / n;
            }
            residuals[c] = Math.Sqrt(square);
        }
        return residuals;
    }

    private static double[] Uneven(int rows)
    {
        var x = new double[rows * 2];
        new Philox(4, 10).Normals<double>(0, x);
        for (int e = 0; e < x.Length; e++)
            x[e] *= e / 2 % 10 == 0 ? 3 : 0.4;
        return x;
    }

    private static double[] Mixture(int rows, int inputs)
    {
        var x = new double[rows * inputs];
        new Philox(4, 9).Normals<double>(0, x);
        for (int i = 0; i < rows; i++)
            x[i * inputs] += 2 * (i % 3);
        return x;
    }
}
