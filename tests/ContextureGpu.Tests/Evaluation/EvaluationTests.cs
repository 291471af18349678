using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using ContextureGpu.Tests.Data;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Evaluation;

/// <summary>Every number of an evaluation against dense float64 matrices, its invariances, and abalone as published.</summary>
public sealed class EvaluationTests
{
    private const int N = 60;

    private static readonly EvaluationOptions Exact = new()
    {
        MaxDimension = N - 1,
        Spectral = new SpectralOptions { Solver = SpectralSolver.Exact, Precision = ElementPrecision.Double },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Contexts => ["knn(k=7)", "rbf(gamma=0.5)", "rbf(gamma=0.02)", "graph"];

    [Theory]
    [MemberData(nameof(Contexts))]
    public void EveryNumberAgreesWithDenseMatrices(string expression)
    {
        double[,] x = Inputs(N, 3, 4);
        (ContextReport report, DenseContext dense) = Judge(x, expression, Target(x));
        double rounding = 1e-9;
        for (int i = 0; i < N - 1; i++)
            Tolerance.AssertClose($"s_{i + 1}^2", dense.Squares[i], Math.Pow(report.SingularValues[i], 2), i < report.Model.Rank ? rounding : 1e-7);

        double total = dense.Squares.Take(N - 1).Sum(), best = double.PositiveInfinity;
        for (int d = 1; d < N; d++)
        {
            double next = d < N - 1 ? dense.Squares[d] : 0, tau = (1 / (1 - next)) + (dense.Squares.Take(d).Sum() / total);
            Tolerance.AssertClose($"tau_{d}", tau, report.Tau.ByDimension[d - 1], 1e-6);
            best = Math.Min(best, tau);
        }
        Tolerance.AssertClose("tau", best, report.Tau.Value, 1e-6);
        Assert.Equal(report.Tau.Value, report.Tau.ByDimension[report.Tau.BestDimension - 1]);

        double deviation = 0, trace = 0;
        for (int i = 0; i < N; i++)
        {
            trace += dense.Weights[i] * (dense.Kernel[i, i] - 1);
            for (int j = 0; j < N; j++)
                deviation += dense.Weights[i] * dense.Weights[j] * Math.Abs(dense.Kernel[i, j] - 1);
        }
        Tolerance.AssertClose("E|k - 1|", deviation, report.Association.KernelDeviation, rounding);
        Assert.Equal(0, report.Association.KernelDeviationError);
        Tolerance.AssertClose("trace of the spectrum", trace, report.SingularValues.Sum(s => s * s), 1e-6);

        int[] nearest = [.. Enumerable.Range(0, N).Select(i => Enumerable.Range(0, N).Where(j => j != i).MinBy(j => Distance(x, i, j)))];
        double steepest = Enumerable.Range(0, N).Max(z => Enumerable.Range(0, N).Max(i => Math.Abs(dense.Kernel[i, z] - dense.Kernel[nearest[i], z]) / Distance(x, i, nearest[i])));
        Tolerance.AssertClose("Lipschitz", steepest, report.Association.Lipschitz!.Value, 1e-8 * (1 + steepest));
        double[] drops = [.. Enumerable.Range(0, N).Select(i => (dense.Kernel[i, i] - dense.Kernel[nearest[i], i]) / (dense.Kernel[i, i] - 1)).Order()];
        Tolerance.AssertClose("drop", 0.5 * (drops[(N / 2) - 1] + drops[N / 2]), report.Association.NeighborDrop!.Value, 1e-8);

        double mean = Enumerable.Range(0, N).Sum(i => dense.Weights[i] * Target(x)[i]);
        Vector<double> f = Vector<double>.Build.Dense(N, i => Math.Sqrt(dense.Weights[i]) * (Target(x)[i] - mean)).Normalize(2);
        TargetCompatibility task = Assert.Single(report.Compatibility);
        Tolerance.AssertClose("rho", Math.Sqrt(f * (dense.Centred * f)), task.Rho, rounding);
        double captured = 0, viaSpectrum = 0;
        for (int i = 0; i < report.Model.Rank; i++)
        {
            viaSpectrum += Math.Pow(report.SingularValues[i] * task.Cosines[i], 2);
            captured += Math.Pow(task.Cosines[i], 2);
            bool isAlone = (i == 0 || dense.Squares[i - 1] - dense.Squares[i] > 1e-3) && dense.Squares[i] - dense.Squares[i + 1] > 1e-3;
            double expected = Math.Abs(Enumerable.Range(0, N).Sum(r => Math.Sqrt(dense.Weights[r]) * f[r] * dense.Functions[r, i]));
            if (isAlone)
                Tolerance.AssertClose($"|cos {i + 1}|", expected, Math.Abs(task.Cosines[i]), 1e-7);
        }
        Tolerance.AssertClose("rho from the spectrum", task.Rho, Math.Sqrt(viaSpectrum), 1e-7);
        Tolerance.AssertClose("captured", captured, task.Captured, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Contexts))]
    public void EncodersAgreeWithDenseMatrices(string expression)
    {
        double[,] x = Inputs(N, 3, 4);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        (ContextReport report, DenseContext dense) = Judge(x, expression, Target(x));
        double first = dense.Squares[0], epsilon = 1 - Math.Sqrt(0.85 * first);
        var worstCases = new List<double>();
        foreach (int p in new[] { 1, 4, 11 })
        {
            // The first functions, seen through noise.
            double[] features = Features(dense, p);
            Matrix<double> columns = Matrix<double>.Build.Dense(N, p, (i, j) => features[(i * p) + j]);
            EncoderReport encoder = engine.EvaluateEncoder(new FeatureSpan(features, N, p), report.Model, epsilon, Token);
            Assert.Equal(p, encoder.Rank);

            Matrix<double> scaled = Matrix<double>.Build.Dense(N, p, (i, j) => Math.Sqrt(dense.Weights[i]) * (features[(i * p) + j] - Enumerable.Range(0, N).Sum(r => dense.Weights[r] * features[(r * p) + j])));
            double ratioTrace = (scaled.TransposeThisAndMultiply(scaled).Inverse() * scaled.TransposeThisAndMultiply(dense.Centred * scaled)).Trace();
            Tolerance.AssertClose("ratio trace", ratioTrace, encoder.RatioTrace, 1e-7);
            Tolerance.AssertClose("trace gap", dense.Squares.Take(p).Sum() - ratioTrace, encoder.TraceGap, 1e-6);
            Assert.True(encoder.TraceGap > 0);

            double worst = dense.WorstCase(columns, epsilon);
            Tolerance.AssertClose($"worst case of {p}", worst, encoder.WorstCase!.Upper, 1e-6);
            Tolerance.AssertClose($"worst case of {p}, lower", worst, encoder.WorstCase.Lower, 1e-6);

            // What the dual promises no task exceeds, and tasks come near it.
            Assert.True(AttainedAtRandom(dense, columns, epsilon) <= encoder.WorstCase.Upper + 1e-9);
            worstCases.Add(worst);
        }
        Assert.Contains(worstCases, w => w is > 0.01 and < 0.95); // 1 says only that some compatible task is missed altogether
    }

    [Theory]
    [MemberData(nameof(Contexts))]
    public void TheDualAgreesWithTheClosedFormOnTheSpectralEncoder(string expression)
    {
        double[,] x = Inputs(N, 3, 4);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        (ContextReport report, DenseContext dense) = Judge(x, expression, Target(x));
        foreach (double share in new[] { 0.35, 0.6, 0.9 })
        {
            double epsilon = 1 - Math.Sqrt(share * dense.Squares[0]);
            for (int d = 1; d <= 9; d += 2)
            {
                // Any basis of the space is the same encoder: the functions come mixed and shifted.
                double[] mixed = Mixed(report.Model, d);
                double closed = ContextureGpu.WorstCase.OfSpectralEncoder([.. report.SingularValues], d, epsilon)!.Value;
                EncoderReport encoder = engine.EvaluateEncoder(new FeatureSpan(mixed, N, d), report.Model, epsilon, Token);
                Tolerance.AssertClose($"d = {d}, share {share}", closed, encoder.WorstCase!.Upper, 1e-7);
                Tolerance.AssertClose($"d = {d}, share {share}, lower", closed, encoder.WorstCase.Lower, 1e-7);
                Tolerance.AssertClose("trace gap", 0, encoder.TraceGap, 1e-8);
            }
        }
    }

    [Fact]
    public void ABasisChangeChangesNoJudgementOfAnEncoder()
    {
        double[,] x = Inputs(N, 3, 4);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        (ContextReport report, DenseContext dense) = Judge(x, "rbf(gamma=0.5)", Target(x));
        double epsilon = 1 - Math.Sqrt(0.85 * dense.Squares[0]);
        double[] features = Features(dense, 6);
        EncoderReport plain = engine.EvaluateEncoder(new FeatureSpan(features, N, 6), report.Model, epsilon, Token);
        Assert.InRange(plain.WorstCase!.Upper, 0.01, 0.95);
        foreach (double condition in new[] { 1.0, 1e2, 1e4 })
        {
            Matrix<double> map = Matrix<double>.Build.DenseOfRowMajor(6, 6, Spectra.Rectangular(6, 6, [condition, 5, 4, 3, 2, 1], 8));
            double[] mapped = (Matrix<double>.Build.DenseOfRowMajor(N, 6, features) * map).ToRowMajorArray();
            for (int e = 0; e < mapped.Length; e++)
                mapped[e] += 3 * (e % 6);
            EncoderReport other = engine.EvaluateEncoder(new FeatureSpan(mapped, N, 6), report.Model, epsilon, Token);
            Tolerance.AssertClose("ratio trace", plain.RatioTrace, other.RatioTrace, 1e-11 * condition);
            Tolerance.AssertClose("worst case", plain.WorstCase!.Upper, other.WorstCase!.Upper, 1e-8 + (1e-11 * condition));
        }
    }

    [Fact]
    public void WhatIsUnknownOfTheSpectrumWidensTheIntervalAroundTheTruth()
    {
        double[,] x = Inputs(N, 3, 4);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        DenseContext dense = DenseContext.Rbf(x, 0.5);
        double epsilon = 1 - Math.Sqrt(0.85 * dense.Squares[0]), widest = 0;
        double[] features = Features(dense, 4);
        double truth = dense.WorstCase(Matrix<double>.Build.Dense(N, 4, (i, j) => features[(i * 4) + j]), epsilon);
        foreach (int d in new[] { 3, 6, 12, 30 })
        {
            SpectralModel model = engine.Fit(x, Context.Rbf(0.5), Exact.Spectral with { Dimension = d }, Token);
            ContextureGpu.WorstCase found = engine.EvaluateEncoder(new FeatureSpan(features, N, 4), model, epsilon, Token).WorstCase!;
            Assert.InRange(truth, found.Lower - 1e-6, found.Upper + 1e-6);
            widest = Math.Max(widest, found.Upper - found.Lower);
        }
        Assert.True(widest > 1e-3); // the few functions of the first model do not settle it
    }

    [Fact]
    public void ClassesAreJudgedOneAgainstTheRest()
    {
        double[,] x = Inputs(N, 3, 4);
        int[] classOf = [.. Enumerable.Range(0, N).Select(i => x[i, 0] < -0.4 ? 0 : x[i, 0] < 0.4 ? 1 : 2)];
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        ContextReport report = engine.Evaluate(x, Context.Knn(7), [EvaluationTarget.OfClasses("c", classOf, ["a", "b", "d"])], Exact, null, Token);
        DenseContext dense = DenseContext.Knn(x, 7);
        Assert.Equal(["a", "b", "d"], report.Compatibility.Select(c => c.Class));
        for (int c = 0; c < 3; c++)
        {
            double share = classOf.Count(k => k == c) / (double)N;
            Vector<double> f = Vector<double>.Build.Dense(N, i => (classOf[i] == c ? 1 : 0) - share).Normalize(2);
            Tolerance.AssertClose($"rho {c}", Math.Sqrt(f * (dense.Centred * f)), report.Compatibility[c].Rho, 1e-9);
        }
        Assert.Equal(ProbeMetric.ErrorRate, Assert.Single(report.Probes).Metric);
    }

    [Fact]
    public void AConcatenationCountsASharedDirectionOnce()
    {
        double[,] x = Inputs(N, 3, 4);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EvaluationOptions options = Exact with { MaxDimension = 19 };
        EvaluationTarget target = EvaluationTarget.Quantity("y", Target(x));
        ContextReport twice = engine.Evaluate(x, Context.Knn(7) | Context.Knn(7), [target], options, null, Token);
        ContextReport once = engine.Evaluate(x, Context.Knn(7), [target], options with { MaxDimension = 10 }, null, Token);
        Assert.Equal(10, twice.SingularValues.Count);
        for (int i = 0; i < 10; i++)
            Tolerance.AssertClose($"s_{i + 1}", once.SingularValues[i], twice.SingularValues[i], 1e-9);
        Tolerance.AssertClose("cos 1", Math.Abs(once.Compatibility[0].Cosines[0]), Math.Abs(twice.Compatibility[0].Cosines[0]), 1e-7);

        ContextReport both = engine.Evaluate(x, Context.Knn(7) | Context.Rbf(0.5), [target], options, null, Token);
        Assert.Equal(19, both.SingularValues.Count);
        Assert.True(both.SingularValues.Zip(both.SingularValues.Skip(1)).All(p => p.First >= p.Second));
    }

    /// <summary>Weak and strong kernels, few and many rows: nominally 95 %, but where a warning says that the part has too few neighbours. What is not called wide is right.</summary>
    [Theory]
    [InlineData("rbf(gamma=0.2)", 2, 20, 400)]
    [InlineData("knn(k=200)", 2, 64, 400)]
    [InlineData("rbf(gamma=0.05)", 8, 10, 120)]
    [InlineData("rbf(gamma=0.5)", 8, 32, 240)]
    [InlineData("rbf(gamma=10)", 2, 32, 240)]
    [InlineData("knn(k=100)", 8, 32, 240)]
    [InlineData("knn(k=40)", 8, 32, 240)]
    public void ASubsetKeepsTheTrueTauWithinItsInterval(string expression, int inputs, int d0, int rows)
    {
        double[,] x = Inputs(1200, inputs, 6);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        (Context context, var options) = (Context.Parse(expression), new EvaluationOptions { MaxDimension = d0 });
        double truth = engine.Evaluate(x, context, [], options, null, Token).Tau.Value;
        const int Draws = 8;
        (int inside, int misleading, int warned) = (0, 0, 0);
        for (ulong seed = 0; seed < Draws; seed++)
        {
            ContextReport part = engine.Evaluate(x, context, [], options with { SubsetRows = rows, Seed = seed }, null, Token);
            Assert.Equal((rows, rows, 1200), (part.Rows, part.Estimate!.Rows, part.Estimate.Of));
            Assert.InRange(part.Tau.Value, part.Estimate.TauLow, part.Estimate.TauHigh);
            bool isInside = truth >= part.Estimate.TauLow && truth <= part.Estimate.TauHigh;
            inside += isInside ? 1 : 0;
            warned += part.Warnings.Any(w => w.Contains("too few to say much", StringComparison.Ordinal)) ? 1 : 0;
            misleading += !isInside && !part.Estimate.IsWide && !part.Tau.Abstains ? 1 : 0;
            TestContext.Current.SendDiagnosticMessage($"{expression} {inputs} {d0} {rows}: {truth:g4} {part.Tau.Value:g4} in {part.Estimate.TauLow:g4} .. {part.Estimate.TauHigh:g4}");
        }
        Assert.True(inside >= Draws - 1 || warned == Draws, $"{inside} of {Draws} intervals hold {truth}");
        Assert.Equal((0, expression == "knn(k=40)" ? Draws : 0), (misleading, warned));
    }

    /// <summary>The distance to the mean of the halves is one step; the interval reaches as many as there are doublings to all rows, and the scatter widens it.</summary>
    [Fact]
    public void AnIntervalReachesOverTheDoublingsToAllRows()
    {
        SubsetEstimate still = SubsetEstimate.From(2, [2, 2, 2, 2, 2, 2, 2, 2], 100, 800), drift = SubsetEstimate.From(4, [3, 3, 3, 3, 3, 3, 3, 3], 100, 800);
        Assert.Equal((2.0, 2.0), (Math.Round(still.TauLow, 12), Math.Round(still.TauHigh, 12)));
        Assert.Equal((4.0, Math.Round(4 * Math.Pow(4.0 / 3, 3), 12)), (Math.Round(drift.TauLow, 12), Math.Round(drift.TauHigh, 12)));
        SubsetEstimate scattered = SubsetEstimate.From(4, [2, 4.5, 2, 4.5, 2, 4.5, 2, 4.5], 100, 800);
        Assert.True(scattered.TauLow < drift.TauLow && scattered.TauHigh > drift.TauHigh && scattered.IsWide && !still.IsWide);
        Assert.False(double.IsFinite(SubsetEstimate.From(4, [double.PositiveInfinity, 2, 2, 2, 2, 2, 2, 2], 100, 800).TauHigh));
    }

    [Fact]
    public void ASubsetThatSaysLittleSaysSo()
    {
        double[,] x = Inputs(1200, 2, 6);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new EvaluationOptions { MaxDimension = 10 };
        ContextReport few = engine.Evaluate(x, Context.Rbf(0.2), [], options with { SubsetRows = 24 }, null, Token);
        Assert.True(few.Estimate!.IsWide);
        Assert.Contains(few.Warnings, w => w.Contains("too wide", StringComparison.Ordinal));
        ContextReport neighbors = engine.Evaluate(x, Context.Knn(20), [], options with { SubsetRows = 60 }, null, Token);
        Assert.Contains(neighbors.Warnings, w => w.Contains("leaves 1 of 20 neighbours", StringComparison.Ordinal));
        Assert.Equal(Context.Knn(20), neighbors.Context);
    }

    [Fact]
    public void AbaloneIsAsPublished()
    {
        DataTable table = DataTable.Read(SharedData.Path("abalone"));
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EvaluationTarget rings = EvaluationTarget.From(table, "Class_Rings");
        ContextReport Of(int k) => engine.Evaluate(table, Context.Knn(k), [rings], null, null, Token);
        foreach (int k in new[] { 30, 150 })
        {
            ContextReport report = Of(k);
            Assert.Equal(512, report.Tau.ByDimension.Count);
            Assert.InRange(report.Tau.BestDimension, 10, 400);
            // It falls at first and rises at last.
            Assert.True(report.Tau.ByDimension[0] > report.Tau.Value + 1 && report.Tau.ByDimension[^1] > report.Tau.Value + 0.02);
            Assert.Equal(AssociationVerdict.Moderate, report.Association.Verdict);
            if (k == 30)
                Assert.InRange(Math.Abs(report.Compatibility[0].Cosines[0]), 0.4, 0.5);
        }
        ContextReport strong = Of(5);
        Assert.True(strong.Tau.FallsThroughout);
        // Equal neighbours in the spectrum make single steps upwards; over any 32 features it falls.
        Assert.True(strong.Tau.ByDimension.Zip(strong.Tau.ByDimension.Skip(32)).All(p => p.Second < p.First));
        Assert.Equal((AssociationVerdict.TooStrong, MixingOperation.Convolution), (strong.Association.Verdict, strong.Association.Suggestion));
    }

    private static (ContextReport Report, DenseContext Dense) Judge(double[,] x, string expression, double[] target)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        EvaluationTarget task = EvaluationTarget.Quantity("y", target);
        if (expression != "graph")
        {
            Context context = Context.Parse(expression);
            return (engine.Evaluate(x, context, [task], Exact, null, Token), expression.StartsWith("knn", StringComparison.Ordinal)
                ? DenseContext.Knn(x, 7)
                : DenseContext.Rbf(x, expression.Contains("0.5", StringComparison.Ordinal) ? 0.5 : 0.02));
        }
        // Near rows are joined, the nearer the heavier: the weights of the rows differ.
        var adjacency = new double[N, N];
        var sample = new ContextSample([.. x.Cast<double>()], N, x.GetLength(1));
        var edges = new List<(int, int, double)>();
        for (int i = 0; i < N; i++)
            for (int j = 0; j < i; j++)
            {
                if (Distance(x, i, j) < 1.2 || j == i - 1)
                {
                    adjacency[i, j] = adjacency[j, i] = 1 / (0.1 + Distance(x, i, j));
                    edges.Add((i, j, adjacency[i, j]));
                }
            }
        sample.Edges["e"] = edges;
        return (engine.Evaluate(sample, Context.Graph("e"), [task], Exact, null, Token), DenseContext.Graph(adjacency));
    }

    // The largest error of random tasks that are made compatible by mixing in the first function.
    private static double AttainedAtRandom(DenseContext dense, Matrix<double> features, double epsilon)
    {
        int n = dense.Weights.Length;
        double c = (1 - epsilon) * (1 - epsilon), worst = 0;
        Vector<double> roots = Vector<double>.Build.Dense([.. dense.Weights.Select(Math.Sqrt)]);
        Matrix<double> span = Matrix<double>.Build.Dense(n, features.ColumnCount + 1, (i, j) => roots[i] * (j == 0 ? 1 : features[i, j - 1]))
            .QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
        Vector<double> first = Vector<double>.Build.Dense(n, i => roots[i] * dense.Functions[i, 0]);
        for (ulong seed = 0; seed < 200; seed++)
        {
            double[] draws = Normals(n, 50 + seed);
            Vector<double> f = Vector<double>.Build.Dense(n, i => Math.Pow(dense.Squares[Math.Min(i, n - 1)], 0.5) * draws[i]);
            Vector<double> task = Vector<double>.Build.Dense(n, r => roots[r] * Enumerable.Range(0, n - 1).Sum(i => f[i] * dense.Functions[r, i]));
            for (int step = 0; step < 40 && task.Normalize(2) * (dense.Centred * task.Normalize(2)) < c; step++)
                task += first;
            task = task.Normalize(2);
            if (task * (dense.Centred * task) >= c)
                worst = Math.Max(worst, 1 - (span.TransposeThisAndMultiply(task)).DotProduct(span.TransposeThisAndMultiply(task)));
        }
        Assert.True(worst > 0);
        return worst;
    }

    private static double[] Mixed(SpectralModel model, int d)
    {
        double[] map = Spectra.Rectangular(d, d, [.. Enumerable.Range(0, d).Select(i => 1.0 + i)], 5), mixed = new double[N * d];
        for (int i = 0; i < N; i++)
            for (int j = 0; j < d; j++)
                mixed[(i * d) + j] = 2 + Enumerable.Range(0, d).Sum(k => model.Features[(i * model.Dimension) + k] * map[(k * d) + j]);
        return mixed;
    }

    private static double[] Features(DenseContext dense, int p)
    {
        double[] noise = Normals(N * p, 31);
        return [.. Enumerable.Range(0, N * p).Select(e => dense.Functions[e / p, e % p] + (0.2 * noise[e]))];
    }

    private static double[] Target(double[,] x) => [.. Enumerable.Range(0, x.GetLength(0)).Select(i => x[i, 0] + Math.Sin(2 * x[i, 1]))];

    private static double Distance(double[,] x, int i, int j) => Math.Sqrt(Enumerable.Range(0, x.GetLength(1)).Sum(f => Math.Pow(x[i, f] - x[j, f], 2)));

    private static double[,] Inputs(int n, int d, ulong seed)
    {
        double[] values = Normals(n * d, seed);
        var x = new double[n, d];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < d; j++)
                x[i, j] = values[(i * d) + j];
        return x;
    }

    private static double[] Normals(int count, ulong seed)
    {
        var random = new Philox(seed, 78);
        return [.. Enumerable.Range(0, count).Select(i => Math.Sqrt(-2 * Math.Log(1 - random.Uniform(2L * i))) * Math.Cos(2 * Math.PI * random.Uniform((2L * i) + 1)))];
    }
}
