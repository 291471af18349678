using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>
/// Error of a linear probe against the association level, RBF and kNN (Zhai, "Contextures", 2025; theory.md section 7). Published: U-shaped, the best level is inside.
/// </summary>
internal static class UShape
{
    /// <summary>Runs it.</summary>
    /// <param name="folder">Where the data sets are.</param>
    /// <param name="names">Sets to run.</param>
    /// <param name="levels">Levels of each family.</param>
    /// <param name="splits">Splits that the error is the mean of.</param>
    /// <param name="mostRows">Rows of a set at most.</param>
    /// <param name="request">How.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static int Run(string folder, IReadOnlyList<string> names, int levels, int splits, int mostRows, ExperimentRequest request, CancellationToken cancellationToken) =>
        Experiment.Run("u-shape", request, [], engine =>
        {
            var (rows, figures) = (new List<string[]>(), new List<ReportBlock>());
            int inside = 0, curves = 0;
            foreach ((PublishedSet set, string path) in PublishedSet.In(folder, names))
            {
                (DataTable table, EvaluationTarget task) = set.Read(path, mostRows, request.Seed);
                ContextSample sample = set.Sample(table, request.Evaluation.Preprocessing);
                double[] counts = [.. Experiment.GeometricCounts(2, table.Rows - 1, levels).Select(k => (double)k)];
                double[] gammas = [.. Experiment.Geometric(1e-4, 100, levels).Select(Experiment.Rounded)];
                foreach ((string family, string level, double[] values, Func<double, Context> make) in new (string, string, double[], Func<double, Context>)[]
                {
                    ("kNN", "K", counts, k => Context.Knn((int)k)), ("RBF", "gamma", gammas, gamma => Context.Rbf(gamma)),
                })
                {
                    var errors = new List<Repeated>();
                    foreach (double value in values)
                    {
                        Experiment.Say($"{set.Name}: {make(value)}");
                        errors.Add(Repeated.Of([.. engine.Rank(sample, make(value), [task], request.Evaluation, splits, cancellationToken).Probes.Select(p => p[0].BestError)]));
                    }
                    int best = Enumerable.Range(0, errors.Count).MinBy(i => errors[i].Mean);
                    bool isInside = errors[best].IsBelow(errors[0]) && errors[best].IsBelow(errors[^1]);
                    curves++;
                    inside += isInside ? 1 : 0;
                    rows.Add([set.Name, family, Invariant($"{level} = {values[best]:g3}"), errors[best].ToString(), errors[0].ToString(), errors[^1].ToString(), isInside ? "inside" : "not told apart from an end", "inside"]);
                    figures.Add(new ReportFigure(
                        new Plot(
                            $"{set.Name}, {family}", new PlotAxis(level, AxisScale.Logarithmic), new PlotAxis(task.IsClass ? "test error rate" : "test mean squared error"),
                            [Repeated.Curve("test error", values, errors), new PlotMark(Invariant($"best {level} = {values[best]:g3}"), values[best])]),
                        family == "kNN" ? "Strong association left, weak right." : "Weak association left, strong right."));
                }
            }
            return new ReportPage(
                "Error against association",
                Invariant($"The best level lies inside, below both ends by two standard errors, for {inside} of {curves} curves (published: U-shaped)."),
                [],
                [
                    new ReportSection("Measured beside published", [
                        new ReportText(Invariant($"Test error of a linear probe, mean ± standard error over {splits} splits; d0 = {request.MaxDimension}, at most {mostRows} rows.")),
                        new ReportTable(["set", "family", "best level", "error there", "at the lowest level", "at the highest", "best level is", "published"], [.. rows]),
                    ]),
                    new ReportSection("Curves", figures),
                ]);
        });
}
