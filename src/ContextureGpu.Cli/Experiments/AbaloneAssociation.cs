using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>
/// Weak, moderate and strong association on abalone (Zhai, "Contextures", 2025; theory.md section 7): knn with K = 150, 30 and 5. Published: tau_d falls and then rises for K = 150 and 30
/// and falls throughout for K = 5; the cosine of the target with the first eigenfunction is close to 0.5.
/// </summary>
internal static class AbaloneAssociation
{
    private static readonly (int K, string Association, string Shape)[] Published = [(150, "weak", "falls, then rises"), (30, "moderate", "falls, then rises"), (5, "strong", "falls throughout")];

    /// <summary>Runs it.</summary>
    public static int Run(string data, ExperimentRequest request, CancellationToken cancellationToken) => Experiment.Run("abalone-association", request, [data], engine =>
    {
        PublishedSet set = PublishedSet.All.First(s => s.Name == "abalone");
        (DataTable table, EvaluationTarget task) = set.Read(data, int.MaxValue, request.Seed);
        var reports = new List<ContextReport>();
        foreach ((int k, _, _) in Published)
        {
            Experiment.Say($"knn(k={k})");
            reports.Add(engine.Evaluate(table, Context.Knn(k), [task], request.Evaluation, null, cancellationToken));
        }
        bool agrees = reports.Select((r, i) => r.Tau.FallsThroughout == (Published[i].K == 5)).All(a => a);
        double first = First(reports[1]);
        return new ReportPage(
            "Association on abalone: knn with K = 150, 30 and 5",
            Invariant($"tau_d has the published shapes {(agrees ? "for all three contexts" : "not for all contexts")}, and the target's cosine with the first eigenfunction is {first:f3} for K = 30 (published: close to 0.5)."),
            [.. reports.SelectMany(r => r.Warnings).Distinct()],
            [
                new ReportSection("Measured beside published", [
                    new ReportTable(
                        ["context", "verdict", "of the three", "published", "tau_d", "published", "tau", "d*", "λ", "E|k − 1|", "cosine with μ₁", "largest cosine"],
                        [.. reports.Select((r, i) => (string[])[
                            r.Context.ToString(), EvaluationReport.Name(r.Association.Verdict), Place(r, reports), Published[i].Association, r.Tau.FallsThroughout ? "falls throughout" : "falls, then rises", Published[i].Shape,
                            EvaluationReport.Tau(r), Invariant($"{r.Tau.BestDimension}"), Invariant($"{r.Association.Decay.Rate:g3}"), Invariant($"{r.Association.KernelDeviation:f3}"),
                            Invariant($"{First(r):f3}"), Largest(r),
                        ])]),
                    new ReportTable(
                        ["context", "best d", "test error", "R²", "without features"],
                        [.. reports.Select(r => (string[])[
                            r.Context.ToString(), Invariant($"{r.Probes[0].BestDimension}"), Invariant($"{r.Probes[0].BestError:g4}"),
                            Invariant($"{r.Probes[0].Linear.Test.RSquared:f3}"), Invariant($"{r.Probes[0].BaselineError:g4}"),
                        ])]),
                ]),
                new ReportSection("Spectra, tau and error", [
                    new ReportFigure(
                        new Plot("spectra", new PlotAxis("i"), new PlotAxis("s²"), [.. reports.Select(r => FitReport.Curve(r.Context.ToString(), [.. r.SingularValues.Take(request.MaxDimension).Select(s => s * s)]))]),
                        "Fewer neighbours are a stronger association, and a slower decay."),
                    EvaluationReport.Tau(reports, "The metric needs no labels."),
                    EvaluationReport.Errors(reports, 0, "Mean squared error of the number of rings on test rows."),
                    new ReportFigure(
                        new Plot("cosines of target and eigenfunctions, K = 30", new PlotAxis("i"), new PlotAxis("|⟨f, μ_i⟩| / ‖f‖"), [new PlotBars("cosine", [.. reports[1].Compatibility[0].Cosines.Take(64).Select(Math.Abs)])]),
                        "Where in the spectrum the target lies."),
                ]),
            ]);
    });

    // Weak, moderate and strong as the publication says it: of three contexts beside one another.
    private static string Place(ContextReport report, IEnumerable<ContextReport> reports) =>
        EvaluationWords.FromWeakToStrong(reports).ToList().IndexOf(report) switch { 0 => "weakest", 1 => "between", _ => "strongest" };

    private static double First(ContextReport report) => Math.Abs(report.Compatibility[0].Cosines[0]);

    private static string Largest(ContextReport report)
    {
        IReadOnlyList<double> cosines = report.Compatibility[0].Cosines;
        int at = Enumerable.Range(0, cosines.Count).MaxBy(i => Math.Abs(cosines[i]));
        return Invariant($"{Math.Abs(cosines[at]):f3} (i = {at + 1})");
    }
}
