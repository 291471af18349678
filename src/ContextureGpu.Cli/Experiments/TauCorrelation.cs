namespace ContextureGpu.Cli;

/// <summary>
/// Correlation of tau, which needs no labels, with the best error of a linear probe over contexts of four families: RBF, kNN, masked RBF and masked kNN (Zhai, "Contextures", 2025; theory.md
/// section 7; published with 35 of each).
/// </summary>
internal static class TauCorrelation
{
    private const double MaskRate = 0.2;

    /// <summary>Runs it.</summary>
    /// <param name="folder">Where the data sets are.</param>
    /// <param name="names">Sets to run; all that are there where there are none.</param>
    /// <param name="perFamily">Contexts of each family.</param>
    /// <param name="draws">Masks of a masked context.</param>
    /// <param name="mostRows">Rows of a set at most.</param>
    /// <param name="request">How.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static int Run(string folder, IReadOnlyList<string> names, int perFamily, int draws, int mostRows, ExperimentRequest request, CancellationToken cancellationToken) =>
        Experiment.Run("tau-correlation", request, [], engine =>
        {
            var (rows, figures) = (new List<string[]>(), new List<ReportBlock>());
            var (pearsons, distances) = (new List<double>(), new List<double>());
            foreach ((PublishedSet set, string path) in PublishedSet.In(folder, names))
            {
                (DataTable table, EvaluationTarget task) = set.Read(path, mostRows, request.Seed);
                long start = System.Diagnostics.Stopwatch.GetTimestamp();
                var points = new List<(string Family, double Tau, double Error, double ErrorAtBest)>();
                int flat = 0;
                foreach ((string family, Context context) in Contexts(table.Rows, perFamily, draws))
                {
                    ContextReport report = engine.Evaluate(table, context, [task], request.Evaluation, null, cancellationToken);
                    if (double.IsFinite(report.Tau.Value))
                        points.Add((family, report.Tau.Value, report.Probes[0].BestError, ErrorAt(report.Probes[0], report.Tau.BestDimension)));
                    else
                        flat++;
                }
                double[] tau = [.. points.Select(p => p.Tau)], error = [.. points.Select(p => p.Error)];
                (double pearson, double distance) = points.Count > 1 ? (Correlation.Pearson(tau, error), Correlation.Distance(tau, error)) : (0, 0);
                double logarithmic = points.Count > 1 ? Correlation.Pearson([.. tau.Select(t => Math.Log(t))], error) : 0;
                double atBest = points.Count > 1 ? Correlation.Pearson([.. tau.Select(t => Math.Log(t))], [.. points.Select(p => p.ErrorAtBest)]) : 0;
                pearsons.Add(pearson);
                distances.Add(distance);
                Experiment.Say(Experiment.Text($"{set.Name}: {points.Count} contexts, {pearson:f3} / {distance:f3}, {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:f0} s"));
                rows.Add([
                    set.Name, Experiment.Text($"{table.Rows}"), Experiment.Text($"{points.Count}{(flat > 0 ? Experiment.Text($" (tau infinite for {flat})") : "")}"), Experiment.Text($"{pearson:f3}"),
                    Experiment.Text($"{set.Pearson:f3}"), Experiment.Text($"{distance:f3}"), Experiment.Text($"{set.Distance:f3}"),
                    Experiment.Text($"{logarithmic:f3}"), Experiment.Text($"{atBest:f3}"),
                ]);
                figures.Add(new ReportFigure(
                    new Plot(
                        set.Name, new PlotAxis("tau", EvaluationReport.ScaleOf(tau)), new PlotAxis(task.IsClass ? "error rate" : "mean squared error"),
                        [.. points.GroupBy(p => p.Family).Select(g => new PlotPoints(g.Key, [.. g.Select(p => (p.Tau, p.Error))]))]),
                    Experiment.Text($"Pearson {pearson:f3}, distance correlation {distance:f3}.")));
            }
            rows.Add(["median", "", "", Experiment.Text($"{Median(pearsons):f3}"), Experiment.Text($"{PublishedSet.MedianPearson:f3}"), Experiment.Text($"{Median(distances):f3}"), Experiment.Text($"{PublishedSet.MedianDistance:f3}"), "", ""]);
            return new ReportPage(
                "tau beside the error of a linear probe",
                Experiment.Text($"Over {pearsons.Count} data sets the median correlation of tau and error is {Median(pearsons):f3} (published over 28 sets: {PublishedSet.MedianPearson:f3}), the median distance correlation {Median(distances):f3} ({PublishedSet.MedianDistance:f3})."),
                [],
                [
                    new ReportSection("Measured beside published", [
                        new ReportText(Experiment.Text($"{4 * perFamily} contexts a set at most, masked ones with rate {MaskRate} and {draws} masks; d0 = {request.MaxDimension}, at most {mostRows} rows; best test error over d and ridge penalty, both chosen on validation rows. The last two columns are Pearson's correlation of log tau with that error, and with the test error at d*: tau has a heavy tail where the association is strong.")),
                        new ReportTable(["set", "rows", "contexts", "Pearson", "published", "distance", "published", "log tau", "log tau, at d*"], [.. rows]),
                    ]),
                    new ReportSection("Contexts", figures),
                ]);
        });

    /// <summary>The contexts of the four families for a set of <paramref name="rows"/> rows.</summary>
    internal static IEnumerable<(string Family, Context Context)> Contexts(int rows, int perFamily, int draws)
    {
        double[] gammas = [.. Experiment.Geometric(1e-3, 10, perFamily).Select(Experiment.Rounded)];
        int[] counts = Experiment.GeometricCounts(2, Math.Max(2, rows / 2), perFamily);
        foreach (double gamma in gammas)
            yield return ("RBF", Context.Rbf(gamma));
        foreach (int k in counts)
            yield return ("kNN", Context.Knn(k));
        foreach (double gamma in gammas)
            yield return ("masked RBF", Context.Mask(MaskRate, Context.Rbf(gamma), draws));
        foreach (int k in counts)
            yield return ("masked kNN", Context.Mask(MaskRate, Context.Knn(k), draws));
    }

    // Of the largest dimension looked at that is no larger than d.
    private static double ErrorAt(ProbeCurve probe, int d)
    {
        int at = 0;
        while (at + 1 < probe.Dimensions.Count && probe.Dimensions[at + 1] <= d)
            at++;
        return probe.TestErrors[at];
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
