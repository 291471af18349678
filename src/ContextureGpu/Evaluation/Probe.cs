using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Probes of features: how well a simple model on top of them predicts a target.</summary>
internal static class Probe
{
    /// <summary>Penalties of a squared weight per training row, for features of unit variance.</summary>
    public static IReadOnlyList<double> RidgePenalties { get; } = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

    /// <summary>The same for logistic regression; strong ones first, so that each fit starts from the one before.</summary>
    public static IReadOnlyList<double> LogisticPenalties { get; } = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5];

    /// <summary>Largest entry of the gradient of the logistic regression that is reported.</summary>
    public const double Certified = 1e-7;

    /// <summary>The same of those that only choose.</summary>
    private const double Choosing = 1e-4;

    /// <summary>The error for growing d, and both probes at the best d.</summary>
    public static ProbeCurve Curve(ProbeData data, HostLinearAlgebra host, ComputeDevice device, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        (int[] dimensions, double[] validation, double[] test, double[] penalties) = data.TrainTarget.IsClass
            ? LogisticPath(data, host, progress, cancellationToken)
            : RidgePath(data, host, cancellationToken);
        int best = 0;
        for (int i = 1; i < dimensions.Length; i++)
        {
            if (validation[i] < validation[best])
                best = i;
        }
        ProbeData chosen = data.First(dimensions[best]);
        ProbeResult linear = Linear(chosen, penalties[best], host, cancellationToken);
        test[best] = linear.Test.Error; // the same fit, certified
        return new ProbeCurve(
            data.TrainTarget.Name, linear.Metric, dimensions, validation, test, dimensions[best], data.Baseline(), linear, NeighborProbe.Fit(chosen, device, cancellationToken));
    }

    /// <summary>The linear probe at one penalty on all features.</summary>
    public static ProbeResult Linear(ProbeData data, double penalty, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        if (!data.TrainTarget.IsClass)
        {
            RidgeProbe.Fit ridge = RidgeProbe.Solve(data, penalty, host);
            return new ProbeResult(
                ProbeMetric.MeanSquaredError, penalty, ProbeScores.OfNumbers(data.TrainTarget.Values, ridge.Predict(data.Train)),
                ProbeScores.OfNumbers(data.ValidationTarget.Values, ridge.Predict(data.Validation)), ProbeScores.OfNumbers(data.TestTarget.Values, ridge.Predict(data.Test)), 0);
        }
        int classes = data.TrainTarget.Classes.Count;
        LogisticProbe.Fit fit = LogisticProbe.Solve(data.Train, data.TrainTarget.ClassOf.ToArray(), classes, penalty, null, Certified, host, cancellationToken);
        return new ProbeResult(
            ProbeMetric.ErrorRate, penalty, Score(data.TrainTarget, data.Train), Score(data.ValidationTarget, data.Validation), Score(data.TestTarget, data.Test), fit.GradientNorm);

        ProbeScore Score(EvaluationTarget target, double[] x) => ProbeScores.OfLogits(target.ClassOf, fit.Logits(x, host), classes);
    }

    /// <summary>The linear probe on all features at the penalty that the validation rows prefer.</summary>
    public static ProbeResult BestLinear(ProbeData data, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        IReadOnlyList<double> grid = data.TrainTarget.IsClass ? LogisticPenalties : RidgePenalties;
        ProbeResult? best = null;
        foreach (double penalty in grid)
        {
            ProbeResult result = Linear(data, penalty, host, cancellationToken);
            if (best is null || Preferred(result.Validation, best.Validation))
                best = result;
        }
        return best!;
    }

    /// <summary>1, 2, 3, 4, 6, 8, 12, .. and d itself.</summary>
    public static int[] Grid(int d)
    {
        var grid = new SortedSet<int> { d };
        for (int power = 1; power <= d; power *= 2)
        {
            grid.Add(power);
            if (power > 1 && power + (power / 2) <= d)
                grid.Add(power + (power / 2));
            if (power > int.MaxValue / 2)
                break;
        }
        return [.. grid];
    }

    private static (int[], double[], double[], double[]) RidgePath(ProbeData data, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        int d = data.Dimension;
        RidgeProbe.Path path = RidgeProbe.Errors(data, RidgePenalties, host, cancellationToken);
        double[] validation = new double[d], test = new double[d], penalties = new double[d];
        for (int j = 0; j < d; j++)
        {
            int best = 0;
            for (int p = 1; p < RidgePenalties.Count; p++)
            {
                if (path.Validation[p][j] < path.Validation[best][j])
                    best = p;
            }
            (validation[j], test[j], penalties[j]) = (path.Validation[best][j], path.Test[best][j], RidgePenalties[best]);
        }
        return ([.. Enumerable.Range(1, d)], validation, test, penalties);
    }

    // Each fit starts from that of fewer features at the same penalty, or of the same features at the penalty before.
    private static (int[], double[], double[], double[]) LogisticPath(ProbeData data, HostLinearAlgebra host, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        int classes = data.TrainTarget.Classes.Count;
        int[] grid = Grid(data.Dimension), classOf = data.TrainTarget.ClassOf.ToArray();
        double[] validation = new double[grid.Length], test = new double[grid.Length], penalties = new double[grid.Length];
        var last = new LogisticProbe.Fit?[LogisticPenalties.Count];
        for (int g = 0; g < grid.Length; g++)
        {
            ProbeData part = data.First(grid[g]);
            ProbeScore? best = null;
            for (int p = 0; p < LogisticPenalties.Count; p++)
            {
                double[]? start = (last[p] ?? (p > 0 ? last[p - 1] : null))?.Extended(grid[g]);
                LogisticProbe.Fit fit = last[p] = LogisticProbe.Solve(part.Train, classOf, classes, LogisticPenalties[p], start, Choosing, host, cancellationToken);
                ProbeScore score = ProbeScores.OfLogits(part.ValidationTarget.ClassOf, fit.Logits(part.Validation, host), classes);
                if (best is not null && !Preferred(score, best))
                    continue;
                best = score;
                (validation[g], penalties[g]) = (score.Error, LogisticPenalties[p]);
                test[g] = ProbeScores.OfLogits(part.TestTarget.ClassOf, fit.Logits(part.Test, host), classes).Error;
            }
            progress?.Report((g + 1.0) / grid.Length);
        }
        return (grid, validation, test, penalties);
    }

    // By the error; among equal ones by the likelihood.
    private static bool Preferred(ProbeScore score, ProbeScore than) =>
        score.Error < than.Error || (score.Error == than.Error && score.LogLoss < than.LogLoss);
}
