using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>Devices that are lost in the middle of the work: the next one finishes it, from the last application where the solver keeps what it has.</summary>
public sealed class DeviceLossTests
{
    private const int Rows = 240, Inputs = 3;
    private const double Close = 1e-5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<SpectralSolver, string> Fits =>
        [.. from solver in new[] { SpectralSolver.Exact, SpectralSolver.Krylov, SpectralSolver.Randomized, SpectralSolver.Nystrom }
            from expression in new[] { "knn(k=5)", "knn(k=6) * rbf(gamma=0.5)", "rbf(gamma=0.5)[3] | knn(k=4)[3]" }
            select new TheoryDataRow<SpectralSolver, string>(solver, expression)];

    [Theory]
    [MemberData(nameof(Fits))]
    public void A_fit_is_finished_on_the_next_device_wherever_the_first_is_lost(SpectralSolver solver, string expression)
    {
        var whole = new LostDevice(Cpu());
        using ContextureEngine undisturbed = Engine(whole);
        SpectralModel expected = Fit(undisturbed, solver, expression);
        Assert.DoesNotContain(expected.Facts.Warnings, w => w.Contains("lost", StringComparison.Ordinal));
        for (int share = 0; share < 12; share++)
        {
            int operations = (int)(whole.Operations * (share / 12.0));
            using ContextureEngine engine = Engine(new LostDevice(Cpu(), operations), new LostDevice(Cpu(), index: 3));
            SpectralModel model = Fit(engine, solver, expression);
            string warning = Assert.Single(model.Facts.Warnings, w => w.Contains("was lost", StringComparison.Ordinal));
            Assert.Contains($"operation {operations + 1} failed: CL_DEVICE_NOT_AVAILABLE", warning, StringComparison.Ordinal);
            Assert.Equal("cuda:3", model.Facts.Device.Selector);
            Assert.Equal("cuda:3", engine.Device.Selector);
            for (int i = 0; i < expected.Dimension; i++)
                Tolerance.AssertClose($"s_{i + 1}, lost after {operations} of {whole.Operations} operations", expected.SingularValues[i], model.SingularValues[i], 10 * Close);
            Assert.Equal(expected.Facts.Converged, model.Facts.Converged);
            Assert.InRange(model.Facts.Orthogonality, 0, 10 * Close);
        }
    }

    [Fact]
    public void Devices_can_be_lost_one_after_another()
    {
        using ContextureEngine engine = Engine(new LostDevice(Cpu(), 200), new LostDevice(Cpu(), 100, 8), new LostDevice(Cpu(), 0, 9), Cpu());
        SpectralModel model = Fit(engine, SpectralSolver.Krylov, "rbf(gamma=0.5)");
        Assert.Equal(3, model.Facts.Warnings.Count(w => w.Contains("was lost", StringComparison.Ordinal)));
        Assert.True(model.Facts.Converged);
        Assert.Equal("cpu", engine.Device.Selector);
    }

    [Fact]
    public void A_device_without_another_to_follow_ends_the_work()
    {
        using ContextureEngine engine = Engine(new LostDevice(Cpu(), 50));
        Assert.Contains("cuda:7: operation 51 failed", Assert.Throws<DeviceException>(() => Fit(engine, SpectralSolver.Krylov, "knn(k=5)")).Message, StringComparison.Ordinal);
        using ContextureEngine last = new(new DeviceSuccession(new LostDevice(Cpu(), 50), "chosen", [() => throw new DeviceException("opencl:0: no such device")]));
        string message = Assert.Throws<DeviceException>(() => Fit(last, SpectralSolver.Krylov, "knn(k=5)")).Message;
        Assert.Contains("operation 51 failed", message, StringComparison.Ordinal);
        Assert.Contains("no other device could be opened (opencl:0: no such device)", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(250)]
    [InlineData(36)]
    public void A_Krylov_run_goes_on_from_the_last_application(int basisSize)
    {
        // 36 functions: the basis is compressed time and again.
        const int n = 300, dimension = 20, width = 4;
        double[] spectrum = [.. Enumerable.Range(0, n).Select(i => 1 / (1 + (0.01 * i)))], entries = Spectra.Rectangular(n, n, spectrum, 3);
        var options = new KrylovSolverOptions { Tolerance = 1e-9, BlockWidth = width, BasisSize = basisSize };
        using CpuDevice cpu = Cpu();
        using Counted whole = Operator(cpu.Arithmetic<double>(), int.MaxValue);
        using SingularTriplets<double> undisturbed = KrylovSolver.Solve(whole, dimension, cpu.LinearAlgebra, options, Token);
        Assert.True(whole.Applications > 80, $"{whole.Applications}");
        Assert.Equal(basisSize == 36, undisturbed.Certificate.Iterations > 2);
        int worst = int.MinValue;
        for (int applications = 1; applications < whole.Applications - 12; applications += 7)
        {
            var checkpoint = new KrylovCheckpoint<double> { Share = double.PositiveInfinity };
            using Counted first = Operator(cpu.Arithmetic<double>(), applications), second = Operator(cpu.Arithmetic<double>(), int.MaxValue);
            Assert.Throws<DeviceFailureException>(() => KrylovSolver.Solve(first, dimension, cpu.LinearAlgebra, options, Token, checkpoint));
            Assert.NotNull(checkpoint.Position);
            using SingularTriplets<double> found = KrylovSolver.Solve(second, dimension, cpu.LinearAlgebra, options, Token, checkpoint);
            for (int i = 0; i < dimension; i++)
                Tolerance.AssertClose($"s_{i + 1}", spectrum[i], found.Values[i], 1e-9);
            Assert.Equal(StoppingReason.Converged, found.Certificate.Stopped);
            worst = Math.Max(worst, second.Applications + applications - whole.Applications);
        }

        // What was lost with the device, a little because it is estimated anew when the next Rayleigh-Ritz step is due, and the search for missed pairs, which begins anew.
        Assert.InRange(worst, int.MinValue, 32);

        Counted Operator(Arithmetic<double> on, int applications) =>
            new(new DenseOperator<double>(on, on.UploadMatrix(entries, n, n), OperatorStructure.None), applications);
    }

    [Fact]
    public void Copies_of_the_basis_wait_while_they_take_too_much_of_the_time()
    {
        const int n = 100;
        using CpuDevice cpu = Cpu();
        Arithmetic<double> on = cpu.Arithmetic<double>();
        using DeviceMatrix<double> q = on.Allocate(n, 40), restored = on.Allocate(n, 40);
        double[] values = [.. Enumerable.Range(0, n * 40).Select(i => Math.Sin(i))], h = [.. Enumerable.Range(0, 1600).Select(i => Math.Cos(i))], read = new double[1600], back = new double[n * 40];
        on.Upload(values, q);
        var rare = new KrylovCheckpoint<double> { Share = 0 };
        var often = new KrylovCheckpoint<double> { Share = double.PositiveInfinity };
        Assert.Null(often.Position);
        for (int size = 4; size <= 40; size += 4)
        {
            var position = new KrylovPosition(size, size - 4, 0, false, 0, 17, 0, size);
            rare.Save(on, q, position, h, new OrthogonalityLedger(40, n, 1e-16));
            often.Save(on, q, position, h, new OrthogonalityLedger(40, n, 1e-16));
        }
        Assert.Equal(4, rare.Position?.Size);
        Assert.Equal(40, often.Position?.Size);
        often.Restore(on, restored, read);
        on.Download(restored, back);
        Assert.Equal(values, back);
        Assert.Equal(h, read);
        // Changed functions are copied again, others are not.
        on.Fill(q, 3);
        often.Save(on, q, new KrylovPosition(40, 36, 0, false, 0, 17, 0, 40), h, new OrthogonalityLedger(40, n, 1e-16));
        often.Restore(on, restored, read);
        on.Download(restored, back);
        Assert.Equal(values, back);
        often.Save(on, q, new KrylovPosition(40, 36, 0, false, 1, 17, 0, 40), h, new OrthogonalityLedger(40, n, 1e-16));
        often.Restore(on, restored, read);
        on.Download(restored, back);
        Assert.All(back, v => Assert.Equal(3, v));
    }

    [Fact]
    public void What_follows_a_lost_device_is_the_next_in_speed_that_computes_in_float64()
    {
        DeviceFinding[] findings =
        [
            new(new DeviceDescription(BackendKind.Cpu, 0, "", null, 0, true), 100, []),
            new(new DeviceDescription(BackendKind.Cuda, 0, "", null, 0, true), 9000, []),
            new(new DeviceDescription(BackendKind.Cuda, 1, "", null, 0, true), 8000, []),
            new(new DeviceDescription(BackendKind.OpenCl, 0, "", null, 0, false), 500, []),
            new(new DeviceDescription(BackendKind.IlgpuCpu, 0, "", null, 0, true), null, []),
        ];
        Assert.Equal("cuda:0", DeviceScheduler.Choose(findings).Selector);
        Assert.Equal(["cuda:1", "cpu"], DeviceScheduler.Others(findings, "cuda:0"));
    }

    [Fact]
    public void A_training_goes_on_from_its_checkpoint()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var options = new EncoderOptions { Width = 8, Depth = 1, Dimension = 2, Epochs = 12, Checkpoint = Path.Combine(folder, "a.training"), CheckpointEvery = 1 };
            var whole = new LostDevice(Cpu());
            using ContextureEngine undisturbed = Engine(whole);
            EncoderModel expected = undisturbed.Train(Points(), Context.Knn(5), options with { Checkpoint = null }, null, Token);
            using ContextureEngine engine = Engine(new LostDevice(Cpu(), whole.Operations / 2), Cpu());
            var steps = new List<int>();
            EncoderModel model = engine.Train(Points(), Context.Knn(5), options, new Told(steps), Token);
            Assert.Contains(model.Facts.Warnings, w => w.Contains("cuda:7 was lost", StringComparison.Ordinal));
            Assert.Equal(expected.Losses, model.Losses);
            Assert.Equal(Enumerable.Range(1, 12), steps);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_source_is_opened_on_the_next_device_and_needs_none_from_then_on()
    {
        int[] rows = [.. Enumerable.Range(0, 500).Select(e => e % Rows)], expected = new int[500], found = new int[500];
        using (ContextureEngine undisturbed = Engine(Cpu()))
            undisturbed.OpenSource(Points(), Context.Parse("knn(k=5) * knn(k=4)"), Token).DrawAtoms(rows, 3, 0, expected);
        ContextSource source;
        using (ContextureEngine engine = Engine(new LostDevice(Cpu(), 0), Cpu()))
        {
            source = engine.OpenSource(Points(), Context.Parse("knn(k=5) * knn(k=4)"), Token);
            Assert.Equal("cpu", engine.Device.Selector);
        }
        source.DrawAtoms(rows, 3, 0, found);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void Encoders_and_probes_are_judged_on_the_next_device()
    {
        using ContextureEngine undisturbed = Engine(Cpu());
        SpectralModel model = Fit(undisturbed, SpectralSolver.Krylov, "knn(k=5)");
        double[] values = [.. model.Features.ToArray().Select(f => (double)f)];
        FeatureSpan features = new(values, model.Rows, model.Dimension);
        EncoderReport expected = undisturbed.EvaluateEncoder(features, model, cancellationToken: Token);
        var whole = new LostDevice(Cpu());
        using (ContextureEngine counting = Engine(whole))
            counting.EvaluateEncoder(features, model, cancellationToken: Token);
        Assert.True(whole.Operations > 4);
        for (int operations = 0; operations < whole.Operations; operations += 2)
        {
            using ContextureEngine engine = Engine(new LostDevice(Cpu(), operations), Cpu());
            Assert.Equal(expected.RatioTrace, engine.EvaluateEncoder(features, model, cancellationToken: Token).RatioTrace, 1e-6);
            Assert.Equal("cpu", engine.Device.Selector);
        }
        var target = EvaluationTarget.Quantity("y", [.. Enumerable.Range(0, Rows).Select(i => (double)(i % 7))]);
        using ContextureEngine probing = Engine(new LostDevice(Cpu(), 0), Cpu()), last = Engine(new LostDevice(Cpu(), 0));
        Assert.Equal(undisturbed.ProbeFeatures(features, target, cancellationToken: Token).Neighbors.Test, probing.ProbeFeatures(features, target, cancellationToken: Token).Neighbors.Test);
        Assert.Throws<DeviceException>(() => last.ProbeFeatures(new FeatureSpan(values, model.Rows, model.Dimension), target, cancellationToken: Token));
        Assert.Throws<DeviceException>(() => last.EvaluateEncoder(new FeatureSpan(values, model.Rows, model.Dimension), model, cancellationToken: Token));
    }

    private static ContextureEngine Engine(ComputeDevice first, params ComputeDevice[] next) =>
        new(new DeviceSuccession(first, "chosen", next.Select(device => new Func<ComputeDevice>(() => device))));

    private static SpectralModel Fit(ContextureEngine engine, SpectralSolver solver, string expression) =>
        engine.Fit(Points(), Context.Parse(expression), new SpectralOptions { Dimension = 6, Solver = solver, Landmarks = 80, Tolerance = Close }, Token);

    private static CpuDevice Cpu() => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });

    private static double[,] Points()
    {
        var flat = new double[Rows * Inputs];
        new Philox(12, 1).Normals<double>(0, flat);
        var points = new double[Rows, Inputs];
        Buffer.BlockCopy(flat, 0, points, 0, sizeof(double) * flat.Length);
        return points;
    }

    private sealed class Told(List<int> steps) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => steps.Add(value.Step);
    }

    /// <summary>Counts applications, and is lost after some.</summary>
    private sealed class Counted(LinearOperator<double> inner, int most) : LinearOperator<double>(inner.Arithmetic, inner.Rows, inner.Columns, OperatorStructure.None)
    {
        public int Applications { get; private set; }

        protected override void ApplyCore(DeviceMatrix<double> x, DeviceMatrix<double> y)
        {
            Count();
            inner.Apply(x, y);
        }

        protected override void ApplyAdjointCore(DeviceMatrix<double> x, DeviceMatrix<double> y)
        {
            Count();
            inner.ApplyAdjoint(x, y);
        }

        protected override void Dispose(bool disposing) => inner.Dispose();

        private void Count()
        {
            if (Applications++ >= most)
                throw new DeviceFailureException("cuda:7", "lost");
        }
    }
}
