using System.Diagnostics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary>What goes to standard output.</summary>
internal enum OutputForm
{
    Text,
    Json,
    Markdown,
    None,
}

/// <summary>What an evaluation is asked to do.</summary>
internal sealed record EvaluationRequest
{
    public required DataTable Table { get; init; }

    public required IReadOnlyList<Context> Contexts { get; init; }

    public ContextSweep? Sweep { get; init; }

    public IReadOnlyList<EvaluationTarget> Targets { get; init; } = [];

    public required EvaluationOptions Options { get; init; }

    /// <summary>Features of an encoder to be judged by each context.</summary>
    public NpyArray? Encoder { get; init; }

    public EngineOptions Engine { get; init; } = new();

    public OutputForm Form { get; init; }

    public bool Quiet { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public double ReadSeconds { get; init; }

    /// <summary>File for the page with plots, or null.</summary>
    public string? Report { get; init; }

    /// <summary>What a reader types to repeat it.</summary>
    public string Command { get; init; } = "contexture";
}

/// <summary>What an evaluation found.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Reports">The contexts, in the order given.</param>
/// <param name="Encoders">What each context says of the encoder; empty where there is none.</param>
/// <param name="Ranking">Positions among them, the best first.</param>
/// <param name="Warnings">What a reader should know.</param>
/// <param name="Seconds">By phase and in all.</param>
internal sealed record EvaluationOutcome(
    EvaluationRequest Request, IReadOnlyList<ContextReport> Reports, IReadOnlyList<EncoderReport> Encoders, IReadOnlyList<int> Ranking, IReadOnlyList<string> Warnings,
    IReadOnlyList<(string Phase, double Seconds)> Seconds);

/// <summary>Evaluates contexts one after the other and says what was found.</summary>
internal static class EvaluationRun
{
    /// <summary>Runs it.</summary>
    public static int Run(EvaluationRequest request, CancellationToken cancellationToken)
    {
        OutputFiles.Check([request.Table.Source], ("--report", request.Report));
        if (request.Encoder is not null && request.Options.SubsetRows is not null)
            throw new InputException("an encoder is judged on all rows; leave out --rows");
        if (request.Encoder is { } array && array.Rows != request.Table.Rows)
            throw new InputException($"the encoder has features of {array.Rows} rows, {request.Table.Source} has {request.Table.Rows} rows; both must describe the same rows");
        var clock = Stopwatch.StartNew();
        using ContextureEngine engine = ContextureEngine.Create(request.Engine);
        double open = clock.Elapsed.TotalSeconds;
        var reports = new List<ContextReport>();
        var encoders = new List<EncoderReport>();
        using (ProgressLine? line = Line(request.Quiet, request.Form))
        {
            foreach (Context context in request.Contexts)
            {
                if (line is not null && request.Contexts.Count > 1)
                    line.Subject = $"context {reports.Count + 1} of {request.Contexts.Count}";
                reports.Add(engine.Evaluate(request.Table, context, request.Targets, request.Options, line, cancellationToken));
                if (request.Encoder is { } features)
                    encoders.Add(engine.EvaluateEncoder(
                        new FeatureSpan(features.Values, features.Rows, features.Columns), reports[^1].Model, request.Options.Epsilon, cancellationToken));
            }
        }
        (string, double)[] seconds =
        [
            ("read", request.ReadSeconds), ("open", open),
            .. reports.SelectMany(r => r.Seconds).GroupBy(p => p.Phase).Select(g => (g.Key, g.Sum(p => p.Seconds))),
            ("total", request.ReadSeconds + clock.Elapsed.TotalSeconds),
        ];
        string[] warnings = Warnings(request.Warnings, reports);
        var outcome = new EvaluationOutcome(request, reports, encoders, Rank(reports), warnings, seconds);
        ReportPage? page = request.Report is not null || request.Form == OutputForm.Markdown ? EvaluationReport.Of(Content(outcome, engine.Device)) : null;
        if (request.Report is not null)
            HtmlReport.Write(request.Report, page!);
        switch (request.Form)
        {
            case OutputForm.Json:
                EvaluationJson.Print(outcome);
                break;
            case OutputForm.Markdown:
                Console.Write(MarkdownReport.Render(page!));
                break;
            case OutputForm.Text:
                EvaluationText.Print(outcome);
                break;
        }
        if (!request.Quiet)
            FitRun.PrintWarnings(warnings);
        return 0;
    }

    /// <summary>Each once: what is said of every context is said of none in particular, and the rest of its own.</summary>
    internal static string[] Warnings(IEnumerable<string> ofData, IReadOnlyList<ContextReport> reports)
    {
        HashSet<string> common = [.. reports[0].Warnings];
        foreach (ContextReport report in reports)
            common.IntersectWith(report.Warnings);
        return [.. ofData.Concat(reports.SelectMany(r => r.Warnings.Select(w => common.Contains(w) || w.Contains(r.Context.ToString(), StringComparison.Ordinal) ? w : $"{r.Context}: {w}"))).Distinct()];
    }

    private static EvaluationContent Content(EvaluationOutcome outcome, DeviceDescription device)
    {
        EvaluationRequest request = outcome.Request;
        return new EvaluationContent
        {
            Ranked = [.. outcome.Ranking.Select(i => outcome.Reports[i])],
            Encoders = outcome.Encoders.Count == 0 ? null : [.. outcome.Ranking.Select(i => outcome.Encoders[i])],
            Source = request.Table.Source,
            Command = request.Command,
            Target = TargetView.Of(request.Table, request.Targets.Count > 0 ? request.Targets[0].Name : null),
            Facts = [("device", $"{device.Selector}: {device.Name}"), ("products in", device.NativeLibrary ?? "managed code"), ("seconds, all", FitReport.Times(outcome.Seconds))],
            Warnings = outcome.Warnings,
            Levels = request.Sweep is { } sweep ? [.. outcome.Ranking.Select(i => sweep.Levels[i].Level)] : null,
            Level = request.Sweep is null ? "level" : Parameter(request.Sweep.Text),
        };
    }

    /// <summary>The word before the equals sign before the range of a sweep.</summary>
    internal static string Parameter(string sweep)
    {
        int equals = sweep.LastIndexOf('=', sweep.IndexOf("..", StringComparison.Ordinal)), start = equals;
        while (start > 0 && char.IsAsciiLetterOrDigit(sweep[start - 1]))
            start--;
        return sweep[start..equals];
    }

    /// <summary>A progress line where somebody can see it.</summary>
    public static ProgressLine? Line(bool isQuiet, OutputForm form) =>
        isQuiet || Console.IsErrorRedirected || (form is OutputForm.Json or OutputForm.Markdown && Console.IsOutputRedirected) ? null : new ProgressLine(Console.Error);

    /// <summary>
    /// Positions, the best first: by the test error of the first target's probe where there is one; without a target the moderate contexts come first, and among equals those
    /// on which tau does not abstain, by tau.
    /// </summary>
    internal static IReadOnlyList<int> Rank(IReadOnlyList<ContextReport> reports) => reports[0].Probes.Count > 0
        ? [.. Enumerable.Range(0, reports.Count).OrderBy(i => reports[i].Probes[0].BestError)]
        : [.. Enumerable.Range(0, reports.Count)
            .OrderBy(i => reports[i].Association.Verdict == AssociationVerdict.Moderate ? 0 : 1).ThenBy(i => reports[i].Tau.Abstains ? 1 : 0).ThenBy(i => reports[i].Tau.Value)];
}
