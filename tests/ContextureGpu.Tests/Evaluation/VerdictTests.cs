using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Evaluation;

/// <summary>Verdicts on chosen spectra, mixtures by the rule, sweeps, and what is refused.</summary>
public sealed class VerdictTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.03)]
    [InlineData(0.9)]
    [InlineData(4)]
    public void TheDecayOfAnExponentialIsItsRate(double rate)
    {
        double[] s = [.. Enumerable.Range(1, 200).Select(i => Math.Exp(-0.5 * rate * i))];
        DecayFit fit = DecayFit.Of(s);
        Tolerance.AssertClose("rate", rate, fit.Rate, 1e-7 * rate);
        Tolerance.AssertClose("R2", 1, fit.RSquared, 1e-9);
        Tolerance.AssertClose("features", Math.Log(10) / rate, fit.FeaturesToTenth, 1e-6 * Math.Log(10) / rate);
    }

    [Fact]
    public void TheDecayIsTheLeastSquaresOne()
    {
        double[] s = [.. Enumerable.Range(1, 60).Select(i => 1.0 / (1 + (0.2 * i)))];
        DecayFit fit = DecayFit.Of(s);
        double least = Misfit(fit.Rate);
        for (double rate = 1e-4; rate < 10; rate *= 1.01)
            Assert.True(Misfit(rate) >= least);
        double mean = s.Average(v => v * v);
        Tolerance.AssertClose("R2", 1 - (least / s.Sum(v => Math.Pow((v * v) - mean, 2))), fit.RSquared, 1e-9);

        double Misfit(double rate) => s.Select((v, i) => Math.Pow((v * v) - Math.Exp(-rate * (i + 1)), 2)).Sum();
    }

    [Fact]
    public void IndependenceDecaysAtOnceAndIdentityNever()
    {
        Assert.Equal(double.PositiveInfinity, DecayFit.Of(new double[30]).Rate);
        Assert.Equal(0, DecayFit.Of([.. Enumerable.Repeat(1.0, 30)]).Rate);
        ContextMetric none = ContextMetric.Of(new double[30], 20), all = ContextMetric.Of([.. Enumerable.Repeat(1.0, 30)], 20);
        Assert.Equal((1, 1), (none.Value, none.BestDimension));
        Assert.Equal(double.PositiveInfinity, all.Value);
        Assert.Equal(AssociationVerdict.TooWeak, AssociationMeasurement.Judge(DecayFit.Of(new double[30]), 30, 0, 0, 0, 0).Verdict);
        Assert.Equal(AssociationVerdict.TooStrong, AssociationMeasurement.Judge(DecayFit.Of([.. Enumerable.Repeat(1.0, 30)]), 30, 1.9, 0, 9, 1).Verdict);
    }

    [Theory]
    [InlineData(0, "every s_i is 0")]
    [InlineData(1, "the spectrum does not fall")]
    [InlineData(0.5, "falls to a tenth after")]
    public void ReasonsSpeakOfNoInfinity(double s, string words)
    {
        IReadOnlyList<string> reasons = AssociationMeasurement.Judge(DecayFit.Of([.. Enumerable.Repeat(s, 30)]), 30, 1, 0, 1, 0.5).Reasons;
        Assert.Contains(words, reasons[0], StringComparison.Ordinal);
        Assert.DoesNotContain(reasons, reason => reason.Contains("Infinity", StringComparison.Ordinal) || reason.Contains("exp(-0 ", StringComparison.Ordinal));
    }

    [Fact]
    public void TauAbstainsNearBetaPlusOneAndOnlyThere()
    {
        // s_1^2 = 1/2 and then nothing: tau_1 = 1 + beta exactly.
        foreach (double beta in new[] { 0.5, 1, 3 })
        {
            ContextMetric tau = ContextMetric.Of([Math.Sqrt(0.5), 0, 0], 3, beta);
            Tolerance.AssertClose("tau", 1 + beta, tau.Value, 1e-15);
            Assert.True(tau.Abstains);
        }
        ContextMetric early = ContextMetric.Of([1, 0.5, 0.49, 0.48, 0.47], 4);
        Assert.True(early.Value < 2 * (1 - ContextMetric.AbstentionBand) && !early.Abstains);
        ContextMetric falling = ContextMetric.Of([0.99, 0.98, 0.97, 0.96, 0.9], 4);
        Assert.True(falling.FallsThroughout && !falling.Abstains);
    }

    [Fact]
    public void WorstCasesAreBetweenNothingAndEverything()
    {
        double[] s = [0.99, 0.9, 0.6, 0.3, 0];
        Assert.Null(WorstCase.OfSpectralEncoder(s, 2, 0.001));            // (1 - eps)^2 is above s_1^2
        Assert.Equal(1, WorstCase.OfSpectralEncoder(s, 1, 0.2));          // mu_2 is compatible and missed
        double previous = 1;
        for (int d = 1; d <= 5; d++)
        {
            double error = WorstCase.OfSpectralEncoder(s, d, 0.1)!.Value;
            Assert.InRange(error, 0, previous);
            previous = error;
        }
        Tolerance.AssertClose("all of it", ((0.99 * 0.99) - 0.81) / (0.99 * 0.99), previous, 1e-15);
    }

    [Theory]
    [InlineData("rbf(gamma=0.01)", "rbf(gamma=0.02)", MixingOperation.Concatenation)]
    [InlineData("rbf(gamma=300)", "knn(k=2)", MixingOperation.Convolution)]
    [InlineData("knn(k=2)", "rbf(gamma=0.01)", MixingOperation.ConvexCombination)]
    [InlineData("knn(k=2)", "knn(k=12)", MixingOperation.None)]
    public void MixturesFollowTheRule(string first, string second, MixingOperation operation)
    {
        double[,] x = Inputs(220, 3);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new EvaluationOptions { MaxDimension = 60 };
        MixtureAdvice advice = engine.AdviseMixture(x, [Context.Parse(first), Context.Parse(second)], options, null, Token);
        Assert.Equal(operation, advice.Operation);
        Context expected = operation switch
        {
            MixingOperation.Concatenation => Context.Parse(first) | Context.Parse(second),
            MixingOperation.Convolution => Context.Parse(first) * Context.Parse(second),
            MixingOperation.None => Context.Parse(second),
            _ => advice.Proposed,
        };
        Assert.Equal(expected, advice.Proposed);
        Assert.Equal(advice.Proposed, advice.Report.Context);
        if (operation == MixingOperation.ConvexCombination)
        {
            // Between the two, and none of the others nearer the middle.
            double rate = advice.Report.Association.Decay.Rate;
            Assert.InRange(rate, advice.Reports[0].Association.Decay.Rate, advice.Reports[1].Association.Decay.Rate);
            Assert.Equal(4, advice.Candidates.Count);
            Assert.Equal(AssociationVerdict.Moderate, advice.Report.Association.Verdict);
        }
        if (operation == MixingOperation.Convolution)
            Assert.True(advice.Report.SingularValues.Zip(advice.Reports[0].SingularValues).All(p => p.First <= p.Second + 1e-4)); // weaker than its first factor
        if (operation == MixingOperation.Concatenation)
            Assert.True(advice.Report.SingularValues.Zip(advice.Reports[0].SingularValues).All(p => p.First >= p.Second - 1e-4)); // stronger
    }

    [Fact]
    public void OneContextOrAConcatenationCannotBeMixed()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        Refused("at least two", () => engine.AdviseMixture(Inputs(20, 2), [Context.Knn(3)], null, null, Token));
        Refused("give its parts", () => engine.AdviseMixture(Inputs(20, 2), [Context.Knn(3), Context.Knn(3) | Context.Knn(4)], null, null, Token));
    }

    [Fact]
    public void SweepsTakeAnyNumberOfAnyExpression()
    {
        ContextSweep sweep = ContextSweep.Parse("knn(k=5..150 log 12)");
        Assert.Equal((12, 5, 150), (sweep.Levels.Count, sweep.Levels[0].Level, sweep.Levels[^1].Level));
        Assert.All(sweep.Levels, l => Assert.Equal(Context.Knn((int)l.Level), l.Context));
        Assert.Equal([1, 2, 3], ContextSweep.Parse("knn(k=1..3 9)").Levels.Select(l => l.Level));
        ContextSweep gamma = ContextSweep.Parse("knn(k=5) * rbf(gamma=1e-2 .. 1 log 3)");
        Assert.Equal([0.01, 0.1, 1], gamma.Levels.Select(l => Math.Round(l.Level, 12)));
        Assert.Equal(Context.Knn(5) * Context.Rbf(1), gamma.Levels[^1].Context);
        Assert.Equal([0.2, 0.3, 0.4], ContextSweep.Parse("mask(rate=0.2..0.4 linear 3, then=knn(k=5))").Levels.Select(l => Math.Round(l.Level, 12)));
    }

    [Theory]
    [InlineData("knn(k=5)", "0 ranges")]
    [InlineData("knn(k=5..9 3) * rbf(gamma=1..2 3)", "2 ranges")]
    [InlineData("knn(k=5..9 1)", "asks for 1 values")]
    [InlineData("knn(k=5..9 99999)", "asks for 99999 values")]
    [InlineData("rbf(gamma=0..9 log 4)", "both positive")]
    [InlineData("rbf(gamma=2..2 4)", "two different numbers")]
    [InlineData("nonsense(k=5..9 3)", "nonsense")]
    [InlineData("knn(k=0..3 4)", "k")]
    public void SweepsThatAreNoneAreRefused(string text, string reason) => Refused(reason, () => ContextSweep.Parse(text));

    [Fact]
    public void BadTasksAreRefused()
    {
        Refused("row 2 is missing", () => EvaluationTarget.Quantity("y", [1, double.NaN, 2]));
        Refused("same number in all 3 rows", () => EvaluationTarget.Quantity("y", [4, 4, 4]));
        Refused("row 3 has class 2", () => EvaluationTarget.OfClasses("c", [0, 1, 2], ["a", "b"]));
        Refused("has 1 class in 3 rows", () => EvaluationTarget.OfClasses("c", [1, 1, 1], ["a", "b"]));
        DataTable table = DataTable.ReadText(new StringReader("x,c,e\n1,a,\n2,b,1\n3,a,2\n"), "t", ',');
        Refused("holds text", () => EvaluationTarget.From(table, "c", TargetKind.Quantity));
        Refused("row 1 is missing", () => EvaluationTarget.From(table, "e", TargetKind.Quantity));
        Refused("no column 'z'", () => EvaluationTarget.From(table, "z"));
        Assert.True(EvaluationTarget.From(table, "c").IsClass && !EvaluationTarget.From(table, "x").IsClass);
    }

    [Fact]
    public void BadEvaluationsAreRefused()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        double[,] x = Inputs(40, 2);
        EvaluationTarget y = EvaluationTarget.Quantity("y", [.. Enumerable.Range(0, 40).Select(i => x[i, 0])]);
        void With(string reason, EvaluationOptions options, params EvaluationTarget[] targets) =>
            Refused(reason, () => engine.Evaluate(x, Context.Knn(5), targets, options, null, Token));
        With("largest dimension is 0", new EvaluationOptions { MaxDimension = 0 });
        With("beta is 0", new EvaluationOptions { Beta = 0 });
        With("beta is NaN", new EvaluationOptions { Beta = double.NaN });
        With("epsilon is 1", new EvaluationOptions { Epsilon = 1 });
        With("subset of 3 rows", new EvaluationOptions { SubsetRows = 3 });
        With("their sum 1", new EvaluationOptions { Split = new SplitShares(0.7, 0.1, 0.1) });
        With("each part needs at least one", new EvaluationOptions { Split = new SplitShares(0.98, 0.01, 0.01) }, y);
        With("two targets are named 'y'", new EvaluationOptions(), y, y);
        With("has 3 rows and the data 40", new EvaluationOptions(), EvaluationTarget.Quantity("y", [1, 2, 3]));
        // One row of the second class, and the split of this seed puts it outside the training rows.
        (int[] Train, int[] Validation, int[] Test) split = SplitShares.Default.Rows(40, 0);
        int[] rare = new int[40];
        rare[split.Test[0]] = 1;
        With("training rows all have the same class", new EvaluationOptions(), EvaluationTarget.OfClasses("c", rare, ["a", "b"]));
        Refused("no features", () => engine.ProbeFeatures(new FeatureSpan([], 40, 0), y, null, Token), "there is no feature");
        double[] broken = [.. x.Cast<double>()];
        broken[5] = double.NaN;
        Refused("row 2, column 1", () => engine.ProbeFeatures(new FeatureSpan(broken, 40, 2), y, null, Token));
        SpectralModel model = engine.Fit(x, Context.Knn(5), new SpectralOptions { Dimension = 4 }, Token);
        Refused("have 20 rows and the model 40", () => engine.EvaluateEncoder(new FeatureSpan(new double[20], 20, 1), model, 0.1, Token));
        Refused("epsilon is 0", () => engine.EvaluateEncoder(new FeatureSpan(new double[40], 40, 1), model, 0, Token));
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.Evaluate(x, Context.Knn(5), [], null, null, Token));
    }

    [Fact]
    public void MoreFeaturesThanRowsAreNoTrouble()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        double[,] x = Inputs(30, 2);
        EvaluationTarget y = EvaluationTarget.Quantity("y", [.. Enumerable.Range(0, 30).Select(i => x[i, 0])]);
        ContextReport report = engine.Evaluate(x, Context.Rbf(2), [y], null, null, Token);
        Assert.Equal(29, report.Tau.ByDimension.Count);
        Assert.All(report.Probes[0].TestErrors, e => Assert.True(double.IsFinite(e)));
        var wide = new double[30 * 50];
        for (int e = 0; e < wide.Length; e++)
            wide[e] = x[e / 50, e % 2] + Math.Sin(e);
        Assert.True(double.IsFinite(engine.ProbeFeatures(new FeatureSpan(wide, 30, 50), y, null, Token).Linear.Test.Error));
    }

    [Fact]
    public void AClassWithoutTrainingRowsIsNamedAndHarmsNothing()
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        double[,] x = Inputs(60, 2);
        int[] classOf = [.. Enumerable.Range(0, 60).Select(i => x[i, 0] < 0 ? 0 : 1)];
        foreach (int row in SplitShares.Default.Rows(60, 0).Test[..2])
            classOf[row] = 2;
        ContextReport report = engine.Evaluate(x, Context.Knn(5), [EvaluationTarget.OfClasses("c", classOf, ["a", "b", "rare"])], null, null, Token);
        Assert.Contains(report.Warnings, w => w.Contains("rare", StringComparison.Ordinal));
        ProbeResult linear = report.Probes[0].Linear;
        Assert.True(linear.Test.Error >= 2.0 / 9 && double.IsFinite(linear.Test.LogLoss!.Value) && linear.GradientNorm <= 1e-7);
    }

    [Theory]
    [InlineData("0.7,0.15")]
    [InlineData("a,b,c")]
    [InlineData("0.7,0.2,0.2")]
    [InlineData("1,0,0")]
    public void SplitsThatAreNoneAreRefused(string text) => Refused("", () => SplitShares.Parse(text));

    private static void Refused(string reason, Func<object?> work, string? words = null)
    {
        InputException refusal = Assert.ThrowsAny<InputException>(() => _ = work());
        Assert.Contains(words ?? reason, refusal.Message, StringComparison.Ordinal);
    }

    private static double[,] Inputs(int n, int d)
    {
        var random = new Philox(12, 79);
        var x = new double[n, d];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < d; j++)
                x[i, j] = (2 * random.Uniform((i * d) + j)) - 1;
        return x;
    }
}
