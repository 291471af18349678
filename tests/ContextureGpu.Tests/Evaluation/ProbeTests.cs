using System.Text.Json;
using ContextureGpu.Cli;
using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using ContextureGpu.Tests.Data;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Evaluation;

/// <summary>Probes against figures of scikit-learn (tests/fixtures/probes.json, made by the script beside it), against normal equations, and by their optimality conditions.</summary>
public sealed class ProbeTests
{
    /// <summary>What the probes promise to agree to with other software.</summary>
    private const double Promised = 1e-4;

    private static readonly HostLinearAlgebra Host = ReferenceLinearAlgebra.Instance;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("digits")]
    [InlineData("abalone")]
    [InlineData("diabetes")]
    public void RidgeAndLogisticEqualScikitLearn(string data)
    {
        using JsonDocument fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "fixtures", "probes.json")));
        JsonElement set = fixture.RootElement.GetProperty("sets").EnumerateArray().Single(s => s.GetProperty("data").GetString() == data);
        DataTable table = data == "digits" ? DemoData.Digits() : DataTable.Read(SharedData.Path(data));
        string target = set.GetProperty("target").GetString()!, drop = set.GetProperty("drop").GetString()!;
        using CpuDevice device = CpuDevice.Open();
        int compared = 0;
        foreach (JsonElement figure in set.GetProperty("ridge").EnumerateArray())
        {
            ProbeData all = Data(table, EvaluationTarget.From(table, target, TargetKind.Quantity), drop);
            (double penalty, int d) = (figure.GetProperty("penalty").GetDouble(), figure.GetProperty("dim").GetInt32());
            ProbeResult result = Probe.Linear(all.First(d), penalty, device.LinearAlgebra, Token);
            JsonElement mse = figure.GetProperty("mse");
            Tolerance.AssertClose($"ridge {penalty} {d} train", mse.GetProperty("train").GetDouble(), result.Train.Error, Promised);
            Tolerance.AssertClose($"ridge {penalty} {d} validation", mse.GetProperty("validation").GetDouble(), result.Validation.Error, Promised);
            Tolerance.AssertClose($"ridge {penalty} {d} test", mse.GetProperty("test").GetDouble(), result.Test.Error, Promised);
            Tolerance.AssertClose($"ridge {penalty} {d} R2", figure.GetProperty("r2").GetDouble(), result.Test.RSquared!.Value, Promised);
            RidgeProbe.Fit fit = RidgeProbe.Solve(all.First(d), penalty, device.LinearAlgebra);
            Tolerance.AssertClose($"ridge {penalty} {d} weight", figure.GetProperty("firstWeight").GetDouble(), fit.Weights[0], Promised);
            Tolerance.AssertClose($"ridge {penalty} {d} intercept", figure.GetProperty("intercept").GetDouble(), fit.Intercept, Promised);

            // The path over all d says the same.
            RidgeProbe.Path path = RidgeProbe.Errors(all, [penalty], device.LinearAlgebra, Token);
            Tolerance.AssertClose($"path {penalty} {d} test", mse.GetProperty("test").GetDouble(), path.Test[0][d - 1], Promised);
            compared++;
        }
        foreach (JsonElement figure in set.GetProperty("logistic").EnumerateArray())
        {
            double penalty = figure.GetProperty("penalty").GetDouble();
            ProbeResult result = Probe.Linear(Data(table, EvaluationTarget.From(table, target, TargetKind.Classes), drop), penalty, device.LinearAlgebra, Token);
            foreach ((string part, ProbeScore score) in new[] { ("train", result.Train), ("validation", result.Validation), ("test", result.Test) })
            {
                Tolerance.AssertClose($"logistic {penalty} {part} log-loss", figure.GetProperty("logLoss").GetProperty(part).GetDouble(), score.LogLoss!.Value, Promised);
                Tolerance.AssertClose($"logistic {penalty} {part} accuracy", figure.GetProperty("accuracy").GetProperty(part).GetDouble(), score.Accuracy, Promised);
            }
            Assert.InRange(result.GradientNorm, 0, 1e-7);
            compared++;
        }
        Assert.True(compared >= 3);
    }

    [Theory]
    [InlineData(1, 1e-6)]
    [InlineData(7, 0.1)]
    [InlineData(60, 1e-3)]
    public void TheRidgePathIsTheSolutionOfEveryLeadingSystem(int d, double penalty)
    {
        const int Rows = 90;
        ProbeData data = Synthetic(Rows, d, 4);
        RidgeProbe.Path path = RidgeProbe.Errors(data, [penalty], Host, Token);
        double[] y = data.TrainTarget.Values.ToArray();
        int n = y.Length;
        for (int leading = 1; leading <= d; leading++)
        {
            // With the intercept as a column that is not penalised.
            Matrix<double> x = Matrix<double>.Build.Dense(n, leading + 1, (i, j) => j == leading ? 1 : data.Train[(i * d) + j]);
            Matrix<double> normal = x.TransposeThisAndMultiply(x) + Matrix<double>.Build.DenseDiagonal(leading + 1, leading + 1, j => j == leading ? 0 : n * penalty);
            Vector<double> w = normal.Solve(x.TransposeThisAndMultiply(Vector<double>.Build.Dense(y)));
            int m = data.TestTarget.Rows;
            double error = Enumerable.Range(0, m).Average(i =>
                Math.Pow(data.TestTarget.Values[i] - w[leading] - Enumerable.Range(0, leading).Sum(j => w[j] * data.Test[(i * d) + j]), 2));
            Tolerance.AssertClose($"error of {leading}", error, path.Test[0][leading - 1], 1e-8 * (1 + error) / Math.Min(1, 1e3 * penalty));
        }
    }

    [Fact]
    public void TheLogisticFitIsAMinimumAndWarmStartsReachTheSame()
    {
        const int N = 80, D = 4, C = 3;
        double[] x = Normals(N * D, 8);
        int[] classOf = [.. Enumerable.Range(0, N).Select(i => i < C ? i : (int)(new Philox(3, 1).Uniform(i) * C))];
        LogisticProbe.Fit fit = LogisticProbe.Solve(x, classOf, C, 0.01, null, 1e-9, Host, Token);
        Assert.InRange(fit.GradientNorm, 0, 1e-9);
        double least = Loss(fit.Weights);
        for (int k = 0; k < fit.Weights.Length; k++)
        {
            foreach (double step in new[] { -1e-3, 1e-3 })
            {
                double[] moved = [.. fit.Weights];
                moved[k] += step;
                Assert.True(Loss(moved) > least);
            }
        }
        LogisticProbe.Fit few = LogisticProbe.Solve(Head(x, N, D, 2), classOf, C, 0.01, null, 1e-9, Host, Token);
        LogisticProbe.Fit again = LogisticProbe.Solve(x, classOf, C, 0.01, few.Extended(D), 1e-9, Host, Token);
        // Within gradient / lambda of the minimum; the intercepts of all classes may shift together.
        for (int k = 0; k < D * C; k++)
            Tolerance.AssertClose($"weight {k}", fit.Weights[k], again.Weights[k], 2 * 1e-9 * Math.Sqrt(D * C) / 0.01 * 100);

        double Loss(double[] w)
        {
            double sum = 0;
            for (int i = 0; i < N; i++)
            {
                double[] logits = [.. Enumerable.Range(0, C).Select(c => w[(D * C) + c] + Enumerable.Range(0, D).Sum(j => x[(i * D) + j] * w[(j * C) + c]))];
                sum += (Math.Log(logits.Sum(Math.Exp)) - logits[classOf[i]]) / N;
            }
            return sum + (0.005 * w.Take(D * C).Sum(v => v * v));
        }
    }

    [Fact]
    public void NeighborsVoteAndAverageAsPlainLoopsDo()
    {
        using CpuDevice device = CpuDevice.Open();
        ProbeData numbers = Synthetic(200, 3, 9);
        ProbeResult result = NeighborProbe.Fit(numbers, device, Token);
        int k = (int)result.Setting;
        double[] predicted = [.. Enumerable.Range(0, numbers.TestTarget.Rows).Select(i => Nearest(numbers, i, k).Average(j => numbers.TrainTarget.Values[j]))];
        Tolerance.AssertClose("error", Enumerable.Range(0, predicted.Length).Average(i => Math.Pow(predicted[i] - numbers.TestTarget.Values[i], 2)), result.Test.Error, Tolerance.Relative<double>(200, 10));

        ProbeData classes = numbers with { TrainTarget = Halves(numbers.TrainTarget), ValidationTarget = Halves(numbers.ValidationTarget), TestTarget = Halves(numbers.TestTarget) };
        result = NeighborProbe.Fit(classes, device, Token);
        k = (int)result.Setting;
        int wrong = Enumerable.Range(0, classes.TestTarget.Rows).Count(i =>
        {
            int[] near = Nearest(classes, i, k);
            int winner = near.GroupBy(j => classes.TrainTarget.ClassOf[j]).OrderByDescending(g => g.Count()).ThenBy(g => Array.IndexOf(near, g.First())).First().Key;
            return winner != classes.TestTarget.ClassOf[i];
        });
        Assert.Equal((double)wrong / classes.TestTarget.Rows, result.Test.Error);
        Assert.InRange(result.Test.Error, 0.01, 0.6);

        static int[] Nearest(ProbeData data, int row, int k) => [.. Enumerable.Range(0, data.TrainTarget.Rows)
            .OrderBy(j => Enumerable.Range(0, data.Dimension).Sum(f => Math.Pow(data.Test[(row * data.Dimension) + f] - data.Train[(j * data.Dimension) + f], 2))).ThenBy(j => j).Take(k)];

        static EvaluationTarget Halves(EvaluationTarget target) =>
            EvaluationTarget.OfClasses("half", [.. target.Values.ToArray().Select(v => v < 0 ? 0 : 1)], ["low", "high"]);
    }

    [Fact]
    public void TheCurveChoosesOnValidationRowsAndJudgesOnTestRows()
    {
        using CpuDevice device = CpuDevice.Open();
        ProbeData data = Synthetic(300, 12, 5);
        ProbeCurve curve = Probe.Curve(data, device.LinearAlgebra, device, null, Token);
        Assert.Equal(Enumerable.Range(1, 12), curve.Dimensions);
        Assert.Equal(curve.ValidationErrors.Min(), curve.ValidationErrors[curve.BestDimension - 1]);
        Assert.Equal(curve.BestError, curve.TestErrors[curve.BestDimension - 1]);
        double mean = data.TrainTarget.Values.ToArray().Average();
        Tolerance.AssertClose("baseline", data.TestTarget.Values.ToArray().Average(y => (y - mean) * (y - mean)), curve.BaselineError, Tolerance.Relative<double>(300, 10));
        Assert.True(curve.BestError < 0.5 * curve.BaselineError);
        // Other test rows change no choice.
        double[] shuffled = [.. data.TestTarget.Values.ToArray().Reverse()];
        ProbeCurve other = Probe.Curve(data with { TestTarget = EvaluationTarget.Quantity("y", shuffled) }, device.LinearAlgebra, device, null, Token);
        Assert.Equal((curve.BestDimension, curve.Linear.Setting), (other.BestDimension, other.Linear.Setting));
        Assert.NotEqual(curve.BestError, other.BestError);
    }

    [Fact]
    public void GridsOfDimensionsEndWithAllOfThem()
    {
        Assert.Equal([1], Probe.Grid(1));
        Assert.Equal([1, 2, 3, 4, 6, 7], Probe.Grid(7));
        Assert.Equal(512, Probe.Grid(512)[^1]);
    }

    private static ProbeData Data(DataTable table, EvaluationTarget target, string drop)
    {
        var options = new PreprocessingOptions { Exclude = drop.Length == 0 ? [target.Name] : [target.Name, drop] };
        Preprocessing encoding = Preprocessing.Fit(table, options);
        double[] x = encoding.Apply(table.Without(options.Exclude), out _);
        int d = encoding.InputDimension;
        int[] Part(Func<int, bool> isIn) => [.. Enumerable.Range(0, table.Rows).Where(i => isIn(i % 20))];
        return ProbeData.Of(
            rows => [.. rows.SelectMany(i => x.AsSpan(i * d, d).ToArray())], d, target, (Part(p => p < 14), Part(p => p is >= 14 and < 17), Part(p => p >= 17)));
    }

    // A linear target with noise.
    private static ProbeData Synthetic(int rows, int d, ulong seed)
    {
        double[] x = Normals(rows * d, seed), noise = Normals(rows, seed + 100);
        double[] y = [.. Enumerable.Range(0, rows).Select(i => (0.3 * noise[i]) + Enumerable.Range(0, d).Sum(j => x[(i * d) + j] / (1 + j)))];
        return ProbeData.Of(
            r => [.. r.SelectMany(i => x.AsSpan(i * d, d).ToArray())], d, EvaluationTarget.Quantity("y", y), SplitShares.Default.Rows(rows, seed));
    }

    private static double[] Head(double[] x, int n, int d, int kept) => [.. Enumerable.Range(0, n).SelectMany(i => x.AsSpan(i * d, kept).ToArray())];

    private static double[] Normals(int count, ulong seed)
    {
        var random = new Philox(seed, 77);
        return [.. Enumerable.Range(0, count).Select(i => Math.Sqrt(-2 * Math.Log(1 - random.Uniform(2L * i))) * Math.Cos(2 * Math.PI * random.Uniform((2L * i) + 1)))];
    }
}
