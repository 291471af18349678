using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>What the report of an evaluation is made of.</summary>
internal sealed record EvaluationContent
{
    /// <summary>The contexts, best first; at least one.</summary>
    public required IReadOnlyList<ContextReport> Ranked { get; init; }

    /// <summary>Where an encoder was judged: what each of <see cref="Ranked"/> says of it; else null.</summary>
    public IReadOnlyList<EncoderReport>? Encoders { get; init; }

    /// <summary>Name of the data.</summary>
    public required string Source { get; init; }

    /// <summary>The command that repeats it.</summary>
    public required string Command { get; init; }

    /// <summary>Colours of the rows.</summary>
    public TargetView Target { get; init; } = TargetView.Plain;

    /// <summary>Names and values that are said besides, as the device.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];

    /// <summary>What a reader should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Where the contexts are those of a sweep: the value of the swept parameter of each of <see cref="Ranked"/>; else null.</summary>
    public IReadOnlyList<double>? Levels { get; init; }

    /// <summary>Name of the swept parameter.</summary>
    public string Level { get; init; } = "level";
}

/// <summary>The report of an evaluation: the verdict, the contexts compared, and each in detail.</summary>
internal static class EvaluationReport
{
    /// <summary>Contexts shown in detail; the others stand in the table.</summary>
    private const int MostDetailed = 4;

    /// <summary>Coefficients shown as bars.</summary>
    private const int MostBars = 64;

    private const int MostPoints = 8000;

    /// <summary>The page.</summary>
    /// <exception cref="ArgumentException">There is no context, or not one level for each.</exception>
    public static ReportPage Of(EvaluationContent content)
    {
        IReadOnlyList<ContextReport> ranked = content.Ranked;
        if (ranked.Count == 0 || (content.Levels is { } levels && levels.Count != ranked.Count))
            throw new ArgumentException("a report needs a context, and a sweep one level for each", nameof(content));
        var sections = new List<ReportSection>();
        if (ranked.Count > 1)
            sections.Add(Comparison(content));
        int detailed = Math.Min(ranked.Count, MostDetailed);
        for (int c = 0; c < detailed; c++)
        {
            string prefix = detailed == 1 ? "" : $"{ranked[c].Context}: ";
            sections.AddRange(Detail(ranked[c], content.Target, MostPoints / detailed, prefix));
            if (content.Encoders is { } encoders)
                sections.Add(Encoder(encoders[c], prefix));
        }
        ContextReport best = ranked[0];
        sections.Add(new ReportSection("How it was computed", [new ReportFacts([
            ("data", Invariant($"{content.Source}: {best.Rows} rows, {best.InputDimension} inputs")), .. content.Facts,
            .. ranked.Take(detailed).Select(r => ($"seconds{(detailed == 1 ? "" : $", {r.Context}")}", FitReport.Times(r.Seconds))),
        ])]));
        sections.Add(new ReportSection("Again", [new ReportCommand(content.Command)]));
        string verdict = ranked.Count == 1 ? best.Summary : Invariant($"Best of {ranked.Count}: {best.Summary}");
        return new ReportPage(
            ranked.Count == 1 ? $"{best.Context} on {content.Source}" : Invariant($"{ranked.Count} contexts on {content.Source}"), verdict,
            content.Warnings, sections);
    }

    /// <summary>tau_d against d.</summary>
    public static ReportFigure Tau(IReadOnlyList<ContextReport> reports, string caption)
    {
        var lines = new List<PlotSeries>();
        foreach (ContextReport report in reports)
            lines.Add(FitReport.Curve(reports.Count == 1 ? "tau_d" : report.Context.ToString(), report.Tau.ByDimension));
        if (reports is [{ Tau.Abstains: false } only])
            lines.Add(new PlotMark(Invariant($"d* = {only.Tau.BestDimension}"), only.Tau.BestDimension));
        return new ReportFigure(new Plot("tau against the number of features", DimensionAxis, new PlotAxis("tau_d", ScaleOf(reports.SelectMany(r => r.Tau.ByDimension))), lines), caption);
    }

    /// <summary>Probe error against d, one line for each context, for the target number <paramref name="target"/>.</summary>
    public static ReportFigure Errors(IReadOnlyList<ContextReport> reports, int target, string caption)
    {
        ProbeCurve first = reports[0].Probes[target];
        IEnumerable<PlotSeries> lines = reports.Count == 1
            ? [Error("test", first.Dimensions, first.TestErrors), Error("validation", first.Dimensions, first.ValidationErrors), Level("without features", first), new PlotMark(Invariant($"best d = {first.BestDimension}"), first.BestDimension)]
            : [.. reports.Select(r => Error(r.Context.ToString(), r.Probes[target].Dimensions, r.Probes[target].TestErrors)), Level("without features", first)];
        return new ReportFigure(new Plot($"error of a linear probe of {first.Target}", DimensionAxis, new PlotAxis(Name(first.Metric)), [.. lines]), caption);
    }

    private static PlotAxis DimensionAxis => new("d", AxisScale.Logarithmic);

    private static ReportSection Comparison(EvaluationContent content)
    {
        IReadOnlyList<ContextReport> ranked = content.Ranked;
        bool probed = ranked.All(r => r.Probes.Count > 0);
        var blocks = new List<ReportBlock>
        {
            new ReportTable(
                ["context", "association", "tau", "d*", .. probed ? (string[])["error", "at d"] : []],
                [.. ranked.Select(r => (string[])[
                    r.Context.ToString(), Name(r.Association.Verdict), $"{EvaluationWords.Number(r.Tau.Value)}{(r.Tau.Abstains ? "*" : "")}", Invariant($"{r.Tau.BestDimension}"),
                    .. probed ? (string[])[Invariant($"{r.Probes[0].BestError:g3}"), Invariant($"{r.Probes[0].BestDimension}")] : [],
                ])]),
        };
        if (probed)
            blocks.Add(new ReportText(Invariant($"Errors are those of a linear probe of {ranked[0].Probes[0].Target} on test rows ({Name(ranked[0].Probes[0].Metric)}; {ranked[0].Probes[0].BaselineError:g4} without features).")));
        blocks.Add(new ReportText($"From the weakest association to the strongest, by the decay of their spectra: {string.Join(", ", EvaluationWords.FromWeakToStrong(ranked).Select(r => r.Context))}."));
        if (ranked.Any(r => r.Tau.Abstains))
            blocks.Add(new ReportText("* tau lies so near β + 1 that it says nothing of this context."));
        if (content.Levels is { } levels)
        {
            var axis = new PlotAxis(content.Level, ScaleOf(levels));
            int[] order = [.. Enumerable.Range(0, levels.Count).OrderBy(i => levels[i])];
            if (probed)
            {
                blocks.Add(new ReportFigure(
                    new Plot($"error against {content.Level}", axis, new PlotAxis(Name(ranked[0].Probes[0].Metric)), [Sweep("test error", r => r.Probes[0].BestError), Sweep("without features", r => r.Probes[0].BaselineError)]),
                    "Moderate association is best where the curve has its lowest point inside."));
            }
            blocks.Add(new ReportFigure(new Plot($"tau against {content.Level}", axis, new PlotAxis("tau", ScaleOf(ranked.Select(r => r.Tau.Value))), [Sweep("tau", r => r.Tau.Value)]), "Lower is better; it needs no labels."));
            blocks.Add(new ReportFigure(
                new Plot($"decay against {content.Level}", axis, new PlotAxis("decay rate λ", ScaleOf(ranked.Select(r => r.Association.Decay.Rate))), [Sweep("λ", r => r.Association.Decay.Rate)]),
                "s_i² falls as exp(−λ i): large where the association is weak."));

            PlotLine Sweep(string name, Func<ContextReport, double> value) => new(name, [.. order.Select(i => (levels[i], value(ranked[i])))]) { Marks = PointMarks.Dots };
        }
        else if (probed && ranked.Count > 2)
        {
            blocks.Add(new ReportFigure(
                new Plot("tau and error of the contexts", new PlotAxis("tau", ScaleOf(ranked.Select(r => r.Tau.Value))), new PlotAxis(Name(ranked[0].Probes[0].Metric)), [.. ranked.Select(r => new PlotPoints(r.Context.ToString(), [(r.Tau.Value, r.Probes[0].BestError)]))]),
                "Where tau is of use the points rise from left to right."));
        }
        return new ReportSection("The contexts, best first", blocks);
    }

    private static IEnumerable<ReportSection> Detail(ContextReport report, TargetView target, int mostPoints, string prefix)
    {
        double[] s = [.. report.SingularValues], residuals = report.Model.Residuals.ToArray();
        Association association = report.Association;
        yield return new ReportSection($"{prefix}Association", [
            .. prefix.Length > 0 ? (ReportBlock[])[new ReportText(report.Summary)] : [],
            .. association.Reasons.Select(reason => new ReportText(Sentence(reason))),
            new ReportFacts([
                ("verdict", Name(association.Verdict)),
                ("decay rate λ", EvaluationWords.Decay(association.Decay)),
                ("E|k_X − 1|", Invariant($"{association.KernelDeviation:g3}{(association.KernelDeviationError > 0 ? Invariant($" ± {association.KernelDeviationError:g2}") : "")}")),
                ("Lipschitz constant", association.Lipschitz is { } l ? Invariant($"at least {l:g3} per unit of the inputs") : "not measured"),
                ("mixing", Advice(association.Suggestion)),
                ("tau", $"{Tau(report)}{(report.Estimate is { } e ? Invariant($", {e.TauLow:g4} to {e.TauHigh:g4} from {e.Rows} of {e.Of} rows") : "")}"),
            ]),
            FitReport.Spectrum([("s", s), ("s²", [.. s.Select(v => v * v)])]),
            Tau([report], report.Tau.Abstains
                ? "It lies so near β + 1 that it says nothing here."
                : report.Tau.FallsThroughout ? "It falls to the last d: the spectrum has not decayed, and more features would be better." : "What is missed for want of features, and what features cost in samples; the lowest point is d*."),
            .. report.WorstCaseByDimension.Count > 0
                ? (ReportBlock[])[new ReportFigure(
                    new Plot("worst case over compatible tasks", DimensionAxis, new PlotAxis("worst-case error"), [FitReport.Curve("error", report.WorstCaseByDimension)]),
                    Invariant($"The largest error of a linear model on d features over all tasks with ρ ≥ {1 - report.Epsilon:g3}."))]
                : [],
        ]);
        for (int t = 0; t < report.Probes.Count; t++)
            yield return new ReportSection($"{prefix}{report.Probes[t].Target}", [.. Probe(report, t)]);
        yield return new ReportSection($"{prefix}Features and certificate", [
            target.Scatter(report.Model.Features, report.Model.Rows, report.Model.Dimension, mostPoints: mostPoints), FitReport.Residuals(residuals, report.Model.Facts.Orthogonality),
            FitReport.Table(report.Model.SingularValues.ToArray(), residuals),
        ]);
    }

    private static ReportSection Encoder(EncoderReport encoder, string prefix) => new($"{prefix}The encoder", [
        new ReportText("How much of the context the given features have learned."),
        new ReportFacts([
            ("rank", Invariant($"{encoder.Rank}")),
            ("ratio trace", Invariant($"{encoder.RatioTrace:g4} of at most {encoder.LargestTrace:g4}, a gap of {encoder.TraceGap:g3}")),
            ("worst-case error", encoder.WorstCase is { } worst
                ? worst.Upper - worst.Lower > 1e-6 ? Invariant($"{worst.Lower:g4} to {worst.Upper:g4}") : Invariant($"{worst.Upper:g4}")
                : "no task is compatible"),
        ]),
    ]);

    private static IEnumerable<ReportBlock> Probe(ContextReport report, int t)
    {
        ProbeCurve probe = report.Probes[t];
        bool classes = probe.Metric == ProbeMetric.ErrorRate;
        yield return new ReportTable(
            ["probe", "train", "validation", "test", classes ? "log-loss" : "R²"],
            [
                Row(Invariant($"linear, d = {probe.BestDimension}, penalty {probe.Linear.Setting:g2}"), probe.Linear),
                Row(Invariant($"{probe.Neighbors.Setting:g4} neighbours, d = {probe.BestDimension}"), probe.Neighbors),
                ["without features", "", "", Invariant($"{probe.BaselineError:g3}"), ""],
            ]);
        yield return Errors([report], t, Invariant($"{(classes ? "Share of wrong answers" : "Mean squared error")} of a linear probe; d was chosen on the validation rows."));
        TargetCompatibility[] tasks = [.. report.Compatibility.Where(c => c.Target == probe.Target)];
        if (tasks is [{ Class: not null }, { } other])
            tasks = [other];                         // one of two classes against the rest is the other, with the sign reversed
        if (tasks.Length == 0)
            yield break;
        TargetCompatibility first = tasks[0];
        int shown = Math.Min(MostBars, first.Cosines.Count);
        yield return tasks.Length == 1
            ? new ReportFigure(
                new Plot("coefficients of the target", new PlotAxis("i"), new PlotAxis("⟨f, μ_i⟩² / ‖f‖²"), [new PlotBars("share", [.. first.Cosines.Take(shown).Select(c => c * c)])]),
                Invariant($"Share of its variance along each function{(shown < first.Cosines.Count ? Invariant($", the first {shown}") : "")}."))
            : new ReportFigure(
                new Plot("coefficients of the classes", new PlotAxis("i", AxisScale.Logarithmic), new PlotAxis("share explained"), [.. tasks.Take(Palette.Series).Select(c => FitReport.Curve(c.Class ?? c.Target, Cumulative(c.Cosines)))]),
                "Share of the variance of each class against the rest that the first i functions explain.");
        yield return new ReportTable(
            [first.Class is null ? "target" : "class", "ρ", "|⟨f, μ₁⟩| / ‖f‖", "explained"],
            [.. tasks.Select(c => (string[])[c.Class ?? c.Target, Invariant($"{c.Rho:f3}"), c.Cosines.Count == 0 ? "" : Invariant($"{Math.Abs(c.Cosines[0]):f3}"), Invariant($"{c.Captured:f3}")])]);

        string[] Row(string name, ProbeResult result) => [
            name, Invariant($"{result.Train.Error:g3}"), Invariant($"{result.Validation.Error:g3}"), Invariant($"{result.Test.Error:g3}"),
            (classes ? result.Test.LogLoss : result.Test.RSquared) is { } score ? Invariant($"{score:f3}") : "",
        ];
    }

    private static double[] Cumulative(IReadOnlyList<double> cosines)
    {
        var shares = new double[cosines.Count];
        double sum = 0;
        for (int i = 0; i < shares.Length; i++)
            shares[i] = sum += cosines[i] * cosines[i];
        return shares;
    }

    private static PlotLine Error(string name, IReadOnlyList<int> dimensions, IReadOnlyList<double> errors) => new(name, [.. dimensions.Select((d, i) => ((double)d, errors[i]))]);

    private static PlotLine Level(string name, ProbeCurve probe) => new(name, [(probe.Dimensions[0], probe.BaselineError), (probe.Dimensions[^1], probe.BaselineError)]);

    /// <summary>Logarithmic where all finite values are positive and the largest is 20 times the smallest or more.</summary>
    internal static AxisScale ScaleOf(IEnumerable<double> values)
    {
        (double low, double high) = PlotDrawing.Extent(values);
        return low > 0 && high >= 20 * low ? AxisScale.Logarithmic : AxisScale.Linear;
    }

    /// <summary>A verdict in words.</summary>
    internal static string Name(AssociationVerdict verdict) => verdict switch
    {
        AssociationVerdict.TooWeak => "too weak",
        AssociationVerdict.TooStrong => "too strong",
        _ => "moderate",
    };

    /// <summary>The quantity that a probe's errors are.</summary>
    internal static string Name(ProbeMetric metric) => metric == ProbeMetric.ErrorRate ? "error rate" : "mean squared error";

    /// <summary>tau, or that it abstains.</summary>
    internal static string Tau(ContextReport report) => report.Tau.Abstains ? $"{EvaluationWords.Number(report.Tau.Value)} (abstains)" : EvaluationWords.Number(report.Tau.Value);

    private static string Advice(MixingOperation operation) => operation switch
    {
        MixingOperation.Concatenation => "concatenate it with other contexts (a | b)",
        MixingOperation.Convolution => "convolve it with another context (a * b)",
        MixingOperation.ConvexCombination => "combine it with another context (0.5 a + 0.5 b)",
        _ => "none needed",
    };

    // A symbol at the beginning, as k_X, stays what it is.
    private static string Sentence(string text) => text.Length > 1 && text[1] is not '_' ? $"{char.ToUpperInvariant(text[0])}{text[1..]}." : $"{text}.";
}
