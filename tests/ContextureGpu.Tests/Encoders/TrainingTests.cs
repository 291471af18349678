using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using ContextureGpu.Tests.Data;
using Xunit;

namespace ContextureGpu.Tests.Encoders;

/// <summary>Training reaches the known singular functions, can be interrupted and resumed, and its result survives a file.</summary>
public sealed class TrainingTests
{
    private static readonly EncoderOptions Small = new() { Dimension = 2, Outputs = 8, Width = 32, Depth = 2, Epochs = 60, LearningRate = 5e-3 };

    public static TheoryData<Objective, CovarianceConstraint> Ways => new()
    {
        { Objective.MultiView, CovarianceConstraint.Whiten },
        { Objective.MultiView, CovarianceConstraint.VicReg },
        { Objective.MultiView, CovarianceConstraint.Lagrangian },
        { Objective.Contrastive, CovarianceConstraint.Whiten },
        { Objective.Supervised, CovarianceConstraint.Whiten },
        { Objective.SupervisedBalanced, CovarianceConstraint.Whiten },
        { Objective.Kise, CovarianceConstraint.Whiten },
        { Objective.Kise, CovarianceConstraint.VicReg },
        { Objective.Kise, CovarianceConstraint.Lagrangian },
        { Objective.Svme, CovarianceConstraint.Whiten },
        { Objective.Svme, CovarianceConstraint.VicReg },
        { Objective.Svme, CovarianceConstraint.Lagrangian },
        { Objective.Denoising, CovarianceConstraint.Whiten },
        { Objective.Graph, CovarianceConstraint.Whiten },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_circle_is_learned(Objective objective, CovarianceConstraint constraint)
    {
        // n points on a circle, Gaussian weights: the top singular functions are the cosine and the sine (theory.md section 6).
        const int N = 64;
        double[] x = Circle(N);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(
            x, N, Context.Rbf(2),
            Small with { Objective = objective, Constraint = constraint, Epochs = constraint == CovarianceConstraint.Whiten ? 60 : 500, LearningRate = constraint == CovarianceConstraint.Whiten ? 5e-3 : 2e-3 },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(Angle(model, x) < 0.1, $"the angle is {Angle(model, x):g3}");
        double exact = engine.Fit(x, N, Context.Rbf(2), new SpectralOptions { Dimension = 2 }, TestContext.Current.CancellationToken).SingularValues[0];
        Assert.InRange(model.Eigenvalues[0], (exact * exact) - 0.01, (exact * exact) + 1e-6);
    }

    public static TheoryData<Objective, int> Batches => new(
        [.. Enum.GetValues<Objective>().Select(o => (o, 2)), (Objective.MultiView, 5), (Objective.Contrastive, 3), (Objective.SupervisedBalanced, 4), (Objective.Kise, 5)]);

    [Theory]
    [MemberData(nameof(Batches))]
    public void Batches_learn_the_circle(Objective objective, int draws)
    {
        const int N = 64;
        double[] x = Circle(N);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(
            x, N, Context.Rbf(2), Small with { Objective = objective, Batch = 32, Draws = draws, Epochs = 150, LearningRate = 3e-3 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(Angle(model, x) < 0.1, $"the angle is {Angle(model, x):g3}");
        Assert.Equal((300, 150), (model.Steps, model.Losses.Count));
    }

    [Theory]
    [InlineData(Objective.Supervised, null)]
    [InlineData(Objective.SupervisedBalanced, null)]
    [InlineData(Objective.Svme, null)]
    [InlineData(Objective.Kise, null)]
    [InlineData(Objective.Supervised, 32)]
    [InlineData(Objective.Svme, 32)]
    public void Plain_regression_favours_common_classes(Objective objective, int? batch)
    {
        // Class 0 for 48 rows in 64, classes 1 and 2 for 8 each at x_1 = -1 and 1; in one of ten rows of class 0 the label is 1 or 2 at random. T has s^2 = 1 nearly for "1 or 2?",
        // less for "0 or not?", whose variance is the larger one: one feature of a plain regression is the second question, of all others the first.
        const int N = 64;
        double[] x = [.. Enumerable.Range(0, N).SelectMany(i => new double[] { i < 48 ? 0 : 1, i < 48 ? 0 : i % 2 == 0 ? 1 : -1 })];
        var table = DataTable.ReadText(new StringReader($"a,b,p,q,r\n{string.Join('\n', Enumerable.Range(0, N).Select(i => $"{x[2 * i]},{x[(2 * i) + 1]},{Probabilities(i)}"))}\n"), "classes", ',');
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(
            table, Context.SoftLabels("p", "q", "r"), options: Small with { Objective = objective, Dimension = 1, Outputs = objective == Objective.Supervised ? 1 : 2, Batch = batch, Epochs = batch is null ? 100 : 200, LearningRate = 3e-3 },
            cancellationToken: TestContext.Current.CancellationToken);
        int question = objective == Objective.Supervised ? 0 : 1;
        double mean = Enumerable.Range(0, N).Average(i => x[(2 * i) + question]);
        double angle = Angle(model, [.. Enumerable.Range(0, N).Select(i => x[(2 * i) + question] - mean)]);
        Assert.True(angle < 0.1, $"the angle is {angle:g3}");

        static string Probabilities(int i) => i < 48 ? "0.9,0.05,0.05" : i % 2 == 0 ? "0,1,0" : "0,0,1";
    }

    [Fact]
    public void A_graph_gives_its_smoothest_functions()
    {
        // A cycle of 31 nodes: eigenvalues cos(2 pi k / 31). The smoothest pair is k = 1; the largest |s| belongs to k = 15, which other objectives take first.
        const int N = 31;
        double[] x = Circle(N);
        var sample = new ContextSample(x, N, 2);
        sample.Edges["cycle"] = [.. Enumerable.Range(0, N).Select(i => (i, (i + 1) % N, 1.0))];
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(sample, Context.Graph("cycle"), Small with { Objective = Objective.Graph }, null, TestContext.Current.CancellationToken);
        Assert.True(Angle(model, x) < 0.1, $"the angle is {Angle(model, x):g3}");
        double expected = Math.Pow(Math.Cos(2 * Math.PI / N), 2);
        Assert.All(model.Eigenvalues, value => Assert.InRange(value, expected - 0.01, expected + 1e-3));
    }

    [Fact]
    public void Features_are_white_and_new_rows_agree_with_old_ones()
    {
        const int N = 50;
        double[] x = Normals(1, N * 3);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(x, N, Context.Knn(8), Small with { Dimension = 5, Outputs = 12 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(model.Facts.Orthogonality < 1e-3, $"the features deviate from white ones by {model.Facts.Orthogonality:g3}");
        Assert.True(model.Eigenvalues.SequenceEqual(model.Eigenvalues.OrderDescending()));
        var again = new double[N * 5];
        model.Transform(x, again);
        for (int e = 0; e < again.Length; e++)
            Assert.Equal(model.Features[e], again[e], 1e-3);
        var direct = new double[N * 5];
        model.Transform(x, direct, EncoderEvaluation.Direct);
        Assert.All(direct, value => Assert.True(double.IsFinite(value)));
        var single = new float[N * 5];
        model.Transform(Array.ConvertAll(x, v => (float)v), single);
        Assert.Equal(again[0], single[0], 1e-3);
        Assert.Throws<InputException>(() => model.Transform(x.AsSpan(1), again));
    }

    [Fact]
    public void A_supervised_encoder_is_its_network()
    {
        const int N = 40;
        double[] x = Normals(2, N * 2);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(
            x, N, Context.Knn(6), Small with { Objective = Objective.Supervised, Precision = ElementPrecision.Double }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(EncoderEvaluation.Direct, model.DefaultEvaluation);
        var again = new double[N * 2];
        model.Transform(x, again);
        for (int e = 0; e < again.Length; e++)
            Assert.Equal(model.Features[e], again[e], 1e-6);
    }

    [Theory]
    [InlineData(Objective.MultiView)]
    [InlineData(Objective.Svme)]
    public void Progress_tells_how_far_the_covariance_is_from_the_identity(Objective objective)
    {
        const int N = 64;
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        (double white, double collapsed) = (Last(CovarianceConstraint.Whiten, 8), Last(CovarianceConstraint.Whiten, 8, depth: 0));
        // Two inputs: a linear network has two directions, the other six of eight outputs have collapsed.
        Assert.InRange(collapsed, Math.Sqrt(6.0 / 8) - 0.02, Math.Sqrt(6.0 / 8) + 0.02);
        Assert.InRange(white, 0, 0.7);
        Assert.InRange(Last(CovarianceConstraint.Lagrangian, 2), 0, 0.1);
        Assert.InRange(Last(CovarianceConstraint.VicReg, 2), 0, 0.5);
        if (objective == Objective.MultiView)
            Assert.Null(Violation(CovarianceConstraint.Whiten, 8, 2, Objective.Contrastive));

        double Last(CovarianceConstraint constraint, int outputs, int depth = 2) => Violation(constraint, outputs, depth, objective)!.Value;

        double? Violation(CovarianceConstraint constraint, int outputs, int depth, Objective of)
        {
            var reports = new Reports(_ => { });
            engine.Train(
                Circle(N), N, Context.Rbf(2), Small with { Objective = of, Constraint = constraint, Outputs = outputs, Depth = depth, Epochs = 500 }, reports, TestContext.Current.CancellationToken);
            Assert.Equal(TimeSpan.Zero, reports.Last.Remaining);
            return reports.Last.ConstraintViolation;
        }
    }

    [Theory]
    [InlineData(Objective.MultiView, CovarianceConstraint.Whiten, null)]
    [InlineData(Objective.MultiView, CovarianceConstraint.Lagrangian, null)]
    [InlineData(Objective.Svme, CovarianceConstraint.Whiten, null)]
    [InlineData(Objective.MultiView, CovarianceConstraint.Lagrangian, 13)]
    [InlineData(Objective.Kise, CovarianceConstraint.Whiten, 13)]
    [InlineData(Objective.Svme, CovarianceConstraint.Whiten, 13)]
    [InlineData(Objective.Denoising, CovarianceConstraint.Whiten, 13)]
    public void An_interrupted_training_ends_as_one_that_was_not(Objective objective, CovarianceConstraint constraint, int? batch)
    {
        const int N = 40;
        double[] x = Normals(3, N * 2);
        using var folder = new TemporaryFolder();
        EncoderOptions options = Small with { Epochs = 20, Objective = objective, Constraint = constraint, Batch = batch, ClipNorm = 0.5 };
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel whole = engine.Train(x, N, Context.Knn(5), options, cancellationToken: TestContext.Current.CancellationToken);

        string file = folder.File("state");
        using var stop = new CancellationTokenSource();
        var reports = new Reports(progress =>
        {
            if (progress.Step == 7)
                stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => engine.Train(x, N, Context.Knn(5), options with { Checkpoint = file }, reports, stop.Token));
        Assert.Equal(7, reports.Last.Step);
        EncoderModel resumed = engine.Train(x, N, Context.Knn(5), options with { Checkpoint = file, Resume = true }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(whole.Losses, resumed.Losses);
        Assert.Equal(whole.Features.ToArray(), resumed.Features.ToArray());

        Assert.Contains("other options", Refusal(options with { Width = 33 }), StringComparison.Ordinal);
        x[0] += 1;
        Assert.Contains("other data", Refusal(options), StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^1] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Contains("checksum", Refusal(options), StringComparison.Ordinal);

        string Refusal(EncoderOptions asked) => Assert.Throws<InputException>(() =>
            engine.Train(x, N, Context.Knn(5), asked with { Checkpoint = file, Resume = true }, cancellationToken: TestContext.Current.CancellationToken)).Message;
    }

    [Fact]
    public void An_encoder_survives_a_file()
    {
        const int N = 30;
        double[] x = Normals(4, N * 2);
        using var folder = new TemporaryFolder();
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(x, N, Context.Rbf(0.5), Small with { Epochs = 10 }, cancellationToken: TestContext.Current.CancellationToken);
        string file = folder.File("encoder");
        model.Save(file);
        EncoderModel again = EncoderModel.Load(file);
        Assert.Equal(model.Features.ToArray(), again.Features.ToArray());
        Assert.Equal((model.Rank, model.Outputs, model.Parameters, model.Objective), (again.Rank, again.Outputs, again.Parameters, again.Objective));
        foreach (EncoderEvaluation evaluation in Enum.GetValues<EncoderEvaluation>())
        {
            double[] first = new double[N * 2], second = new double[N * 2];
            model.Transform(x, first, evaluation);
            Parallel.For(0, 4, _ =>
            {
                var own = new double[N * 2];
                again.Transform(x, own, evaluation);
                Assert.Equal(first, own);
            });
        }
        byte[] bytes = File.ReadAllBytes(file);
        for (int at = 0; at < bytes.Length; at += bytes.Length / 13)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x40;
            File.WriteAllBytes(file, damaged);
            Assert.Throws<InputException>(() => EncoderModel.Load(file));
        }
        File.WriteAllBytes(file, bytes[..^3]);
        Assert.Throws<InputException>(() => EncoderModel.Load(file));
    }

    [Fact]
    public void A_training_that_diverges_says_what_to_do()
    {
        const int N = 30;
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        NumericalException error = Assert.Throws<NumericalException>(() => engine.Train(
            Normals(5, N * 2), N, Context.Knn(5), Small with { Objective = Objective.Contrastive, LearningRate = 1e6 }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("lower learning rate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_are_refused_by_name()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        Refused(Small with { Outputs = 1 }, "outputs");
        Refused(Small with { Depth = -1 }, "depth");
        Refused(Small with { Width = 0 }, "width");
        Refused(Small with { Width = 1, LayerNorm = true }, "width");
        Refused(Small with { Batch = 1 }, "pairs");
        Refused(Small with { Batch = 5 }, "pairs");
        Refused(Small with { Batch = 2, Draws = 1 }, "draws");
        Refused(Small with { Draws = 3 }, "no batches");
        Refused(Small with { Batch = 2, Draws = 3, Objective = Objective.Graph }, "Graph");
        Refused(Small with { Epochs = 0 }, "epochs");
        Refused(Small with { WarmUp = 60 }, "warm-up");
        Refused(Small with { LearningRate = double.NaN }, "learning rate");
        Refused(Small with { WeightDecay = -1 }, "weight decay");
        Refused(Small with { ClipNorm = 0 }, "norm");
        Refused(Small with { Resume = true }, "checkpoint");
        Refused(Small, "concatenation", Context.Knn(1) | Context.Knn(2));

        void Refused(EncoderOptions options, string word, Context? context = null) => Assert.Contains(
            word,
            Assert.Throws<InputException>(() => engine.Train(Normals(6, 8), 4, context ?? Context.Knn(2), options, cancellationToken: TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
    }

    // The largest principal angle between the features and known functions.
    private static double Angle(EncoderModel model, double[] functions) => Math.Asin(Math.Min(1, Subspace.LargestSine(model.Features, functions, model.Rows, model.Dimension)));

    private static double[] Circle(int n) => [.. Enumerable.Range(0, n).SelectMany(i => new[] { Math.Cos(2 * Math.PI * i / n), Math.Sin(2 * Math.PI * i / n) })];

    private static double[] Normals(ulong stream, int count)
    {
        var values = new double[count];
        new Philox(20262, stream).Normals(0, values.AsSpan());
        return values;
    }

    private sealed class Reports(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public TrainingProgress Last { get; private set; }

        public void Report(TrainingProgress value)
        {
            Last = value;
            onReport(value);
        }
    }
}
