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

    [Theory]
    [InlineData(Objective.MultiView)]
    [InlineData(Objective.Contrastive)]
    [InlineData(Objective.Supervised)]
    [InlineData(Objective.SupervisedBalanced)]
    [InlineData(Objective.Svme)]
    [InlineData(Objective.Kise)]
    public void Labels_are_learned(Objective objective)
    {
        // Three classes at the corners of a triangle: the features tell the classes apart, s = 1 twice.
        const int N = 60;
        var table = DataTable.ReadText(new StringReader($"a,b,class\n{string.Join('\n', Enumerable.Range(0, N).Select(i => $"{Math.Cos(2 * Math.PI * (i % 3) / 3)},{Math.Sin(2 * Math.PI * (i % 3) / 3)},c{i % 3}"))}\n"), "corners", ',');
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(
            table, Context.Labels("class"), options: Small with { Objective = objective, Outputs = 4 }, cancellationToken: TestContext.Current.CancellationToken);
        double[] indicators = [.. Enumerable.Range(0, N).SelectMany(i => new[] { i % 3 == 0 ? 2.0 : -1, i % 3 == 1 ? 2.0 : -1 })];
        Assert.True(Angle(model, indicators) < 0.1);
        Assert.All(model.Eigenvalues, value => Assert.InRange(value, 0.99, 1 + 1e-9));
    }

    [Fact]
    public void The_hypercube_is_learned()
    {
        // {0,1}^4 with weights exp(-gamma Hamming): each bit flips with p = e^-gamma / (1 + e^-gamma), the top singular functions are the four bits, s = tanh(gamma / 2).
        const int N = 16;
        double[] x = [.. Enumerable.Range(0, N * 4).Select(e => (double)((e / 4 >> (e % 4)) & 1))];
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(x, N, Context.Rbf(1.5), Small with { Dimension = 4, Outputs = 12, Epochs = 100 }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(Angle(model, [.. x.Select(v => v - 0.5)]) < 0.1);
        double expected = Math.Pow(Math.Tanh(0.75), 2);
        Assert.All(model.Eigenvalues, value => Assert.InRange(value, expected - 0.01, expected + 1e-6));
    }

    public static TheoryData<Objective> Objectives => [.. Enum.GetValues<Objective>()];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Batches_learn_the_circle(Objective objective)
    {
        const int N = 64;
        double[] x = Circle(N);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(
            x, N, Context.Rbf(2), Small with { Objective = objective, Batch = 32, Epochs = 150, LearningRate = 3e-3 }, cancellationToken: TestContext.Current.CancellationToken);
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
    public void Denoising_restores_what_varies_most()
    {
        // Two inputs, the first twice as wide, under noise of one size: Lambda favours the first, so one feature is the posterior mean of it; the span of T* Lambda T is that of the
        // posterior means, here estimated through the context itself.
        const int N = 100;
        double[] x = [.. Enumerable.Range(0, N).SelectMany(i => new[] { 2 * (((i / 10) - 4.5) / 4.5), ((i % 10) - 4.5) / 4.5 })];
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EncoderModel model = engine.Train(
            x, N, Context.Parse("noise(sigma=0.5)"), Small with { Objective = Objective.Denoising, Dimension = 1, Outputs = 2, Epochs = 150 }, cancellationToken: TestContext.Current.CancellationToken);
        double correlation = Math.Abs(Enumerable.Range(0, N).Sum(i => model.Features[i] * x[2 * i]) / N / Math.Sqrt(Enumerable.Range(0, N).Average(i => x[2 * i] * x[2 * i])));
        Assert.True(correlation > 0.97, $"the correlation with the wide input is {correlation:g3}");
        // Noisy points are of the kind of the rows, so the network can be asked at rows as well.
        model.Transform(x, new double[N], EncoderEvaluation.Direct);
        Assert.Equal(2, engine.Train(x, N, Context.Parse("noise(sigma=0.5)"), Small with { Objective = Objective.Denoising, Dimension = 5 }, cancellationToken: TestContext.Current.CancellationToken).Eigenvalues.Count(v => v > 0));
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
    public void Every_device_takes_the_same_steps()
    {
        // ILGPU's CPU accelerator has a thread of the operating system for each thread of a group: its kernels are under the contract, a training would take minutes.
        DeviceDescription[] others = [.. IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment()).Devices.Where(d => d.Backend is BackendKind.Cuda or BackendKind.OpenCl)];
        Assert.SkipWhen(others.Length == 0, "no CUDA or OpenCL device; to run this without a GPU: install pocl-opencl-icd and set CONTEXTURE_OPENCL_ANY=1");
        const int N = 40;
        double[] x = Normals(7, N * 2);
        foreach (Activation activation in new[] { Activation.Tanh, Activation.Relu, Activation.Gelu })
        {
            EncoderOptions options = Small with { Epochs = 50, Activation = activation, LayerNorm = activation == Activation.Gelu, ClipNorm = 0.1, WarmUp = 0 };
            double[] cpu = Losses("cpu");
            Assert.True(cpu[^1] < cpu[0]);
            foreach (DeviceDescription device in others)
            {
                double[] losses = Losses(device.Selector);
                for (int i = 0; i < cpu.Length; i++)
                    Assert.True(Math.Abs(cpu[i] - losses[i]) <= 1e-3 * Math.Abs(cpu[i]), $"{device.Selector}, {activation}, step {i + 1}: the loss is {losses[i]:g6}, {cpu[i]:g6} on the processor");
            }

            double[] Losses(string device)
            {
                using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = device });
                return [.. engine.Train(x, N, Context.Knn(5), options, cancellationToken: TestContext.Current.CancellationToken).Losses];
            }
        }
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
