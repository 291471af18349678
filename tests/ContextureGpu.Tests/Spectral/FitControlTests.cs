using System.Globalization;
using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using ContextureGpu.Kernels;
using ContextureGpu.Spectral;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>Progress, cancellation, memory budgets and the shapes that inputs come in.</summary>
public sealed class FitControlTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<SpectralSolver, string> Fits =>
        [.. from solver in new[] { SpectralSolver.Exact, SpectralSolver.Krylov, SpectralSolver.Randomized, SpectralSolver.Nystrom }
            from expression in new[] { "knn(k=5)", "rbf(gamma=0.5)[3] | knn(k=4)[3]" }
            select new TheoryDataRow<SpectralSolver, string>(solver, expression)];

    [Theory]
    [MemberData(nameof(Fits))]
    public void Progress_goes_through_the_phases_and_never_back(SpectralSolver solver, string expression)
    {
        var told = new Recorder();
        Fit(solver, expression, told, Token);
        Assert.Equal(FitPhase.Done, told.Reports[^1].Phase);
        Assert.Equal(1, told.Reports[^1].Fraction);
        Assert.Contains(told.Reports, r => r.Phase == FitPhase.Solving);
        Assert.Contains(told.Reports, r => r.Phase == FitPhase.Certifying);
        Assert.Equal(solver == SpectralSolver.Nystrom, told.Reports.Any(r => r.Phase == FitPhase.Extending));
        Assert.All(told.Reports, r => Assert.InRange(r.Fraction, 0, 1));
        Assert.All(told.Reports, r => Assert.True(r.Remaining is null || r.Remaining >= TimeSpan.Zero));
        for (int i = 1; i < told.Reports.Count; i++)
        {
            (FitProgress before, FitProgress now) = (told.Reports[i - 1], told.Reports[i]);
            Assert.True(now.Part >= before.Part);
            Assert.True(now.Part > before.Part || now.Phase >= before.Phase);
            Assert.True(now.Phase != before.Phase || now.Part != before.Part || now.Fraction >= before.Fraction || now.Fraction == 0);
        }
    }

    [Theory]
    [MemberData(nameof(Fits))]
    public void A_fit_can_be_cancelled_in_every_phase_and_leaves_nothing_behind(SpectralSolver solver, string expression)
    {
        var all = new Recorder();
        Fit(solver, expression, all, Token);
        for (int at = 0; at < all.Reports.Count - 1; at++)
        {
            if (all.Reports[at].Phase is FitPhase.Solving && all.Reports[at].Fraction > 0.9)
                continue;                           // the last look at the token may be behind
            using var source = new CancellationTokenSource();
            int count = 0;
            var cancel = new Recorder { OnReport = _ => { if (count++ == at) source.Cancel(); } };
            Assert.ThrowsAny<OperationCanceledException>(() => Fit(solver, expression, cancel, source.Token));
        }
        Assert.ThrowsAny<OperationCanceledException>(() => Fit(solver, expression, null, new CancellationToken(true)));
    }

    [Theory]
    [InlineData("knn(k=10)", SpectralSolver.Krylov, 3000, 16, ElementPrecision.Single)]
    [InlineData("knn(k=10)", SpectralSolver.Krylov, 3000, 64, ElementPrecision.Double)]
    [InlineData("rbf(gamma=0.1)", SpectralSolver.Krylov, 2000, 16, ElementPrecision.Single)]
    [InlineData("knn(k=10) * rbf(gamma=0.1)", SpectralSolver.Krylov, 1500, 16, ElementPrecision.Single)]
    [InlineData("knn(k=10)", SpectralSolver.Randomized, 3000, 32, ElementPrecision.Single)]
    [InlineData("knn(k=10)", SpectralSolver.Exact, 700, 32, ElementPrecision.Double)]
    [InlineData("rbf(gamma=0.1)", SpectralSolver.Nystrom, 9_000, 16, ElementPrecision.Single)]
    public void The_predicted_memory_is_what_the_device_holds_at_its_peak(string expression, SpectralSolver solver, int rows, int dimension, ElementPrecision precision)
    {
        var sample = new ContextSample(Points(rows, 6), rows, 6);
        Context context = Context.Parse(expression);
        using CpuDevice device = CpuDevice.Open();
        var options = new SpectralOptions { Dimension = dimension, Precision = precision, Tolerance = 1e-3 };
        device.Memory.ResetPeak();
        if (precision == ElementPrecision.Double)
            Run<double>();
        else
            Run<float>();
        long predicted = FitMemory.Predict(context, FitShape.Of(sample, dimension), solver, precision == ElementPrecision.Double ? 8 : 4, 500).Device;
        Assert.InRange(device.Memory.PeakBytes, predicted / 2, (long)(1.1 * predicted));
        Assert.Equal(0, device.Memory.LiveBytes);

        void Run<T>()
            where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
        {
            if (solver == SpectralSolver.Nystrom)
            {
                var landmarks = new Landmarks(Landmarks.Uniform(rows, 500, 0));
                ContextSpectrum spectrum = NystromSolver.Fit<T>(context, sample, landmarks, dimension, options, device, device.LinearAlgebra, new FitProgressRelay(null, 1), Token);
                NystromSolver.Certify<T>(spectrum, context, sample, landmarks, NystromSolver.ExactRows, NystromSolver.EvaluationRows, options, device, Token);
                return;
            }
            BoundContext bound = ContextBinding.Bind(context, sample, device, Token);
            ContextSpectrum.Compute<T>(bound, dimension, solver, options, device, device.LinearAlgebra, null, Token);
        }
    }

    [Fact]
    public void A_fit_that_cannot_fit_is_refused_with_what_would()
    {
        const int n = 20_000;
        double[] x = Points(n, 6);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new SpectralOptions { Dimension = 64, MemoryBudget = 32 << 20, Tolerance = 1e-2, Solver = SpectralSolver.Krylov };
        string message = Refusal(options);
        Assert.Matches("needs about .* MiB .* What would fit: a dimension of [0-9]+, or the Nystroem solver with [0-9]+ landmarks, or [0-9]+ rows", message);
        int dimension = Named("a dimension of ([0-9]+)"), landmarks = Named("with ([0-9]+) landmarks"), rows = Named("or ([0-9]+) rows");
        Assert.InRange(dimension, 1, 63);
        Refusal(options with { Dimension = dimension + 1 });
        Assert.Equal(dimension, engine.Fit(x, n, Context.Knn(5), options with { Dimension = dimension }, Token).Dimension);
        Assert.Equal(rows, engine.Fit(x.AsSpan(0, rows * 6), rows, Context.Knn(5), options, Token).Rows);
        Refusal(options with { Solver = SpectralSolver.Nystrom, Landmarks = landmarks + 1 });
        Assert.Contains("Nothing smaller", Refusal(options with { MemoryBudget = 1 }), StringComparison.Ordinal);
        Refusal(options with { MemoryBudget = 0 });

        string Refusal(SpectralOptions asked) => Assert.Throws<InputException>(() => engine.Fit(x, n, Context.Knn(5), asked, Token)).Message;

        int Named(string pattern) => int.Parse(Regex.Match(message, pattern).Groups[1].Value, CultureInfo.InvariantCulture);
    }

    /// <summary>How many probabilities the law of a corrupted row has depends on the data; the prediction counts them for some of the drawn values.</summary>
    [Theory]
    [InlineData("scarf(rate=0.6)", 3)]
    [InlineData("scarf(rate=0.6)", 300)]
    [InlineData("scarf(rate=0.6, marginal=uniform)", 12)]
    [InlineData("scarf(rate=0.5, draws=70)", 5)]
    [InlineData("cutmix(rate=0.4)", 2)]
    [InlineData("cutmix(rate=0.4)", 40)]
    public void The_probabilities_that_are_stored_are_foreseen(string expression, int levels)
    {
        const int n = 1500, d = 6;
        var random = new Philox(9, 2);
        var sample = new ContextSample([.. Enumerable.Range(0, n * d).Select(e => Math.Floor(levels * random.Uniform(e)))], n, d);
        Context context = Context.Parse(expression);
        using CpuDevice device = CpuDevice.Open();
        BoundContext bound = ContextBinding.Bind(context, sample, device, Token);
        double predicted = FitShape.SharesOf(context, sample)[context.ToString()] * n * bound.Atoms;
        Assert.InRange(bound.StoredLaw!.NonZeros, 0.75 * predicted, 1.35 * predicted);
    }

    [Fact]
    public void A_law_with_too_many_probabilities_is_refused_before_it_is_made()
    {
        // Columns of two levels: every row can lead to every value. 20,000 x 20,000 probabilities would be 20 GB.
        const int n = 20_000, d = 12;
        var random = new Philox(9, 3);
        double[] x = [.. Enumerable.Range(0, n * d).Select(e => Math.Floor(2 * random.Uniform(e)))];
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new SpectralOptions { Dimension = 8, MemoryBudget = 4L << 30, Tolerance = 1e-2 };
        string message = Assert.Throws<InputException>(() => engine.Fit(x, n, Context.Parse("0.5 knn(k=5) + 0.5 scarf(rate=0.5)"), options, Token)).Message;
        Assert.Matches("needs about .* GiB .* What would fit: .* rows", message);
    }

    [Fact]
    public void Predictions_grow_with_every_size_and_saturate()
    {
        var shape = new FitShape(100_000, 16, 64, new Dictionary<string, int>(), new Dictionary<string, int>());
        foreach (SpectralSolver solver in new[] { SpectralSolver.Exact, SpectralSolver.Krylov, SpectralSolver.Randomized, SpectralSolver.Nystrom })
        {
            long Total(FitShape s, int k = 30, int m = 2000)
            {
                FitBytes bytes = FitMemory.Predict(Context.Knn(k), s, solver, 4, m);
                return bytes.Device + bytes.Host;
            }
            long here = Total(shape);
            Assert.True(Total(shape with { Rows = 110_000 }) > here);
            Assert.True(Total(shape with { Dimension = 80 }) > here);
            Assert.True(Total(shape with { Inputs = 1600 }) > here);
            Assert.True(solver == SpectralSolver.Exact || Total(shape, 60) > here);
            Assert.True(Total(shape with { Rows = int.MaxValue, Inputs = int.MaxValue, Dimension = int.MaxValue }) > 0);
        }
        FitBytes million = FitMemory.Predict(Context.Knn(30), shape with { Rows = 1_000_000 }, SpectralSolver.Krylov, 4, 0);
        Assert.InRange(million.Device + million.Host, 3L << 30, 6L << 30);
        FitBytes radial = FitMemory.Predict(Context.Rbf(1), shape with { Rows = 200_000, Dimension = 32 }, SpectralSolver.Krylov, 4, 0);
        Assert.InRange(radial.Device + radial.Host, 0, 1L << 30);
    }

    [Fact]
    public void The_budget_is_the_smallest_limit_that_can_be_read()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string v2 = Path.Combine(folder, "memory.max"), v1 = Path.Combine(folder, "limit");
            File.WriteAllText(v2, "max\n");
            File.WriteAllText(v1, "1000000\n");
            Assert.Equal(5_000_000, MemoryBudget.Available([v2, Path.Combine(folder, "none")], 5_000_000));
            Assert.Equal(1_000_000, MemoryBudget.Available([v2, v1], 5_000_000));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        Assert.True(MemoryBudget.Default() > 1 << 20);
        Assert.Equal((6L << 30, 500L << 20, 123L), (MemoryBudget.Parse("6G"), MemoryBudget.Parse("500m"), MemoryBudget.Parse("123")));
        foreach (string bad in new[] { "", "G", "-1", "1X", "0", "nan" })
            Assert.Throws<InputException>(() => MemoryBudget.Parse(bad));
    }

    [Fact]
    public void Inputs_of_every_shape_give_the_same_features()
    {
        const int n = 60, d = 3;
        double[] x = Array.ConvertAll(Points(n, d), v => (double)(float)v);
        float[] narrow = Array.ConvertAll(x, v => (float)v);
        double[,] wide2 = new double[n, d];
        float[,] narrow2 = new float[n, d];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < d; j++)
                (wide2[i, j], narrow2[i, j]) = (x[(i * d) + j], narrow[(i * d) + j]);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        Context context = Context.Knn(4);
        var options = new SpectralOptions { Dimension = 5, Solver = SpectralSolver.Krylov };
        double[] expected = engine.Fit(x, n, context, options, Token).Features.ToArray();
        Assert.Equal(expected, engine.Fit(wide2, context, options, Token).Features.ToArray());
        Assert.Equal(expected, engine.Fit(narrow2, context, options, Token).Features.ToArray());
        Assert.Equal(expected, engine.Fit(narrow.AsMemory(), n, context, options, cancellationToken: Token).Features.ToArray());
        Assert.Equal(expected, engine.Fit(new ReadOnlyTensorSpan<double>(x, [n, d]), context, options, cancellationToken: Token).Features.ToArray());
        Assert.Equal(expected, engine.Fit(new ReadOnlyTensorSpan<float>(narrow, [n, d]), context, options, cancellationToken: Token).Features.ToArray());
        double[] columns = new double[n * d];
        for (int e = 0; e < columns.Length; e++)
            columns[((e % d) * n) + (e / d)] = x[e];
        Assert.Equal(expected, engine.Fit(new ReadOnlyTensorSpan<double>(columns, [n, d], [1, n]), context, options, cancellationToken: Token).Features.ToArray());
        Assert.Contains(
            "two dimensions", Assert.Throws<InputException>(() => engine.Fit(new ReadOnlyTensorSpan<double>(x), context, options, cancellationToken: Token)).Message, StringComparison.Ordinal);
        SpectralModel model = engine.Fit(x, n, context, options, Token);
        var copy = new float[n * 5];
        model.CopyFeatures(copy);
        Assert.Equal(model.Features.ToArray(), Array.ConvertAll(copy, v => (double)v));
        Assert.Throws<InputException>(() => model.CopyFeatures(new float[3]));
    }

    private static void Fit(SpectralSolver solver, string expression, IProgress<FitProgress>? progress, CancellationToken cancellationToken)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        engine.Fit(Points(200, 3), 200, Context.Parse(expression), new SpectralOptions { Dimension = 6, Solver = solver, Landmarks = 60 }, progress, cancellationToken);
    }

    private static double[] Points(int rows, int inputs)
    {
        var x = new double[rows * inputs];
        new Philox(8, 1).Normals<double>(0, x);
        return x;
    }

    private sealed class Recorder : IProgress<FitProgress>
    {
        public List<FitProgress> Reports { get; } = [];

        public Action<FitProgress>? OnReport { get; init; }

        public void Report(FitProgress value)
        {
            Reports.Add(value);
            OnReport?.Invoke(value);
        }
    }
}
