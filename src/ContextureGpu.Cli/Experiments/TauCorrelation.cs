using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>
/// Correlation of tau, which needs no labels, with the best error of a linear probe over contexts of four families: RBF, kNN, masked RBF and masked kNN (Zhai, "Contextures", 2025; theory.md
/// section 7; published with 35 of each).
/// </summary>
internal static class TauCorrelation
{
    private const double MaskRate = 0.2;

    /// <summary>A tau above this belongs to the heavy tail: a next feature with s^2 above 0.89.</summary>
    private const double LargeTau = 10;

    /// <summary>Other ways to correlate, one at a time: which contexts, which function of tau, which error.</summary>
    private static readonly (string Name, Func<RankedContext, bool> Includes, Func<double[], double[]> Scale, Func<RankedContext, double> Error)[] Variants =
    [
        ("RBF", r => r.Family == "RBF", Same, r => r.Error),
        ("kNN", r => r.Family == "kNN", Same, r => r.Error),
        ("masked RBF", r => r.Family == "masked RBF", Same, r => r.Error),
        ("masked kNN", r => r.Family == "masked kNN", Same, r => r.Error),
        ("gamma ≤ 1", r => !r.Family.EndsWith("RBF", StringComparison.Ordinal) || r.Level <= 1, Same, r => r.Error),
        ("gamma ≤ 0.1", r => !r.Family.EndsWith("RBF", StringComparison.Ordinal) || r.Level <= 0.1, Same, r => r.Error),
        ("tau < 10", r => r.Tau < LargeTau, Same, r => r.Error),
        ("log tau", _ => true, tau => Array.ConvertAll(tau, Math.Log), r => r.Error),
        ("rank of tau", _ => true, Ranks, r => r.Error),
        ("error at d*", _ => true, Same, r => r.ErrorAtDimension),
        ("log tau, error at d*", _ => true, tau => Array.ConvertAll(tau, Math.Log), r => r.ErrorAtDimension),
        ("error at d0", _ => true, Same, r => r.ErrorOfAllFeatures),
        ("error on all rows", _ => true, Same, r => r.ErrorOnAllRows),
        ("squared error", _ => true, Same, r => r.SquaredError),
    ];

    /// <summary>Runs it.</summary>
    /// <param name="folder">Where the data sets are.</param>
    /// <param name="names">Sets to run; all that are there where there are none.</param>
    /// <param name="perFamily">Contexts of each family.</param>
    /// <param name="draws">Masks of a masked context.</param>
    /// <param name="splits">Splits of the rows that errors are the mean of.</param>
    /// <param name="mostRows">Rows of a set at most.</param>
    /// <param name="points">File for every context with its tau and errors, .csv; null for none.</param>
    /// <param name="request">How.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static int Run(string folder, IReadOnlyList<string> names, int perFamily, int draws, int splits, int mostRows, string? points, ExperimentRequest request, CancellationToken cancellationToken) =>
        Experiment.Run("tau-correlation", request, [], engine =>
        {
            var (rows, variants, figures, lines) = (new List<string[]>(), new List<string[]>(), new List<ReportBlock>(), new List<string>());
            var (pearsons, distances) = (new List<double>(), new List<double>());
            foreach ((PublishedSet set, string path) in PublishedSet.In(folder, names))
            {
                (DataTable table, EvaluationTarget task) = set.Read(path, mostRows, request.Seed);
                long start = System.Diagnostics.Stopwatch.GetTimestamp();
                (List<RankedContext> ranked, int flat) = Ranked(engine, set, table, task, perFamily, draws, splits, request.Evaluation, cancellationToken);
                double[] tau = [.. ranked.Select(r => r.Tau)], error = [.. ranked.Select(r => r.Error)];
                double pearson = Pearson(tau, error), distance = ranked.Count > 1 ? Correlation.Distance(tau, error) : 0;
                pearsons.Add(pearson);
                distances.Add(distance);
                Experiment.Say(Invariant($"{set.Name}: {ranked.Count} contexts, {pearson:f3} / {distance:f3}, {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:f0} s"));
                rows.Add([
                    set.Name, Invariant($"{table.Rows}"), Invariant($"{ranked.Count}{(flat > 0 ? Invariant($" (tau infinite for {flat})") : "")}"), Invariant($"{pearson:f3}"),
                    Invariant($"{set.Pearson:f3}"), Invariant($"{distance:f3}"), Invariant($"{set.Distance:f3}"),
                ]);
                variants.Add([set.Name, .. Variants.Select(v =>
                {
                    RankedContext[] some = [.. ranked.Where(v.Includes)];
                    return Invariant($"{Pearson(v.Scale([.. some.Select(r => r.Tau)]), [.. some.Select(v.Error)]):f3}");
                })]);
                lines.AddRange(ranked.Select(r => Invariant(
                    $"{set.Name},{r.Family},\"{r.Context}\",{r.Tau:r},{r.Dimension},{r.BestDimension:r},{r.Error:r},{r.ErrorAtDimension:r},{r.ErrorOfAllFeatures:r},{r.ErrorOnAllRows:r},{r.SquaredError:r}")));
                figures.Add(new ReportFigure(
                    new Plot(
                        set.Name, new PlotAxis("tau", EvaluationReport.ScaleOf(tau)), new PlotAxis(task.IsClass ? "error rate" : "mean squared error"),
                        [.. ranked.GroupBy(r => r.Family).Select(g => new PlotPoints(g.Key, [.. g.Select(r => (r.Tau, r.Error))]))]),
                    Invariant($"Pearson {pearson:f3}, distance correlation {distance:f3}.")));
            }
            if (points is not null)
            {
                byte[] text = System.Text.Encoding.UTF8.GetBytes(string.Join('\n', (string[])["set,family,context,tau,d_star,best_d,error,error_at_d_star,error_at_d0,error_on_all_rows,squared_error", .. lines, ""]));
                AtomicFile.Write(points, stream => stream.Write(text));
            }
            rows.Add(["median", "", "", Invariant($"{Middle.Of(pearsons):f3}"), Invariant($"{PublishedSet.MedianPearson:f3}"), Invariant($"{Middle.Of(distances):f3}"), Invariant($"{PublishedSet.MedianDistance:f3}")]);
            return new ReportPage(
                "tau beside the error of a linear probe",
                Invariant($"Over {pearsons.Count} data sets the median correlation of tau and error is {Middle.Of(pearsons):f3} (published over 28 sets: {PublishedSet.MedianPearson:f3}), the median distance correlation {Middle.Of(distances):f3} ({PublishedSet.MedianDistance:f3})."),
                [],
                [
                    new ReportSection("Measured beside published", [
                        new ReportText(Invariant($"{4 * perFamily} contexts a set at most, masked ones with rate {MaskRate} and {draws} masks; d0 = {request.MaxDimension}, at most {mostRows} rows; best test error over d and penalty, both chosen on validation rows{(splits > 1 ? Invariant($", mean of {splits} splits") : "")}.")),
                        new ReportTable(["set", "rows", "contexts", "Pearson", "published", "distance", "published"], [.. rows]),
                    ]),
                    new ReportSection("What moves the correlation", [
                        new ReportText("Pearson's correlation where one thing is done otherwise: one family of contexts alone, RBF contexts with small gamma only, no context with a tau above 10, another function of tau, another error. The squared error of classes is that of a ridge regression of their indicators."),
                        new ReportTable(["set", .. Variants.Select(v => v.Name)], [.. variants]),
                    ]),
                    new ReportSection("Contexts", figures),
                ]);
        });

    // Every context with a finite tau, and how many there are without.
    private static (List<RankedContext> Ranked, int Flat) Ranked(
        ContextureEngine engine, PublishedSet set, DataTable table, EvaluationTarget task, int perFamily, int draws, int splits, EvaluationOptions options, CancellationToken cancellationToken)
    {
        EvaluationTarget[] targets = [task, .. task.Indicators()];
        ContextSample sample = set.Sample(table, options.Preprocessing);
        var ranked = new List<RankedContext>();
        int flat = 0;
        foreach ((string family, double level, Context context) in Contexts(table.Rows, perFamily, draws))
        {
            (ContextMetric tau, IReadOnlyList<IReadOnlyList<ProbeCurve>> probes) = engine.Rank(sample, context, targets, options, splits, cancellationToken);
            if (double.IsFinite(tau.Value))
                ranked.Add(new RankedContext(family, level, context, tau.Value, tau.BestDimension, probes, options.Split));
            else
                flat++;
        }
        return (ranked, flat);
    }

    private static double Pearson(double[] x, double[] y) => x.Length > 1 ? Correlation.Pearson(x, y) : 0;

    private static double[] Same(double[] values) => values;

    // 1 for the smallest; equal ones share the mean of their ranks.
    private static double[] Ranks(double[] values) => Array.ConvertAll(values, v => values.Count(o => o < v) + (0.5 * (values.Count(o => o == v) + 1)));

    /// <summary>The contexts of the four families for a set of <paramref name="rows"/> rows, with gamma or K.</summary>
    internal static IEnumerable<(string Family, double Level, Context Context)> Contexts(int rows, int perFamily, int draws)
    {
        double[] gammas = [.. Experiment.Geometric(1e-3, 10, perFamily).Select(Experiment.Rounded)];
        int[] counts = Experiment.DifferentCounts(2, Math.Max(2, rows / 2), perFamily);
        foreach (double gamma in gammas)
            yield return ("RBF", gamma, Context.Rbf(gamma));
        foreach (int k in counts)
            yield return ("kNN", k, Context.Knn(k));
        foreach (double gamma in gammas)
            yield return ("masked RBF", gamma, Context.Mask(MaskRate, Context.Rbf(gamma), draws));
        foreach (int k in counts)
            yield return ("masked kNN", k, Context.Mask(MaskRate, Context.Knn(k), draws));
    }
}
