using System.Globalization;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>An evaluation as a Markdown document.</summary>
internal static class EvaluationMarkdown
{
    /// <summary>The document.</summary>
    public static string Document(EvaluationOutcome outcome)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# Contexts on {outcome.Request.Table.Source}\n\n{outcome.Reports[outcome.Ranking[0]].Summary}\n\n");
        bool isProbed = outcome.Reports[0].Probes.Count > 0;
        page.Append("| rank | context | association | tau | d* | decay rate | kernel deviation |").Append(isProbed ? " test error | d |" : "").Append('\n');
        page.Append("|---|---|---|---|---|---|---|").Append(isProbed ? "---|---|" : "").Append('\n');
        for (int r = 0; r < outcome.Ranking.Count; r++)
        {
            ContextReport report = outcome.Reports[outcome.Ranking[r]];
            page.Append(CultureInfo.InvariantCulture, $"| {r + 1} | {Code(report.Context.ToString())} | {EvaluationWords.Of(report.Association.Verdict)} | {EvaluationWords.Number(report.Tau.Value)}{(report.Tau.Abstains ? " (abstains)" : "")} | {report.Tau.BestDimension} | {EvaluationWords.Number(report.Association.Decay.Rate)} | {EvaluationWords.Number(report.Association.KernelDeviation)} |");
            if (isProbed)
                page.Append(CultureInfo.InvariantCulture, $" {EvaluationWords.Number(report.Probes[0].BestError)} | {report.Probes[0].BestDimension} |");
            page.Append('\n');
        }
        foreach (ContextReport report in outcome.Reports)
            Append(page, report);
        if (outcome.Warnings.Count > 0)
            page.Append("\n## Warnings\n\n").AppendJoin('\n', outcome.Warnings.Select(w => $"- {w}")).Append('\n');
        return page.ToString();
    }

    private static void Append(StringBuilder page, ContextReport report)
    {
        page.Append(CultureInfo.InvariantCulture, $"\n## {Code(report.Context.ToString())}\n\n{report.Summary}\n\n");
        foreach (string reason in report.Association.Reasons)
            page.Append(CultureInfo.InvariantCulture, $"- {reason}\n");
        page.Append(CultureInfo.InvariantCulture, $"- tau {EvaluationWords.Tau(report)}\n- suggestion: {EvaluationWords.Of(report.Association.Suggestion)}\n\n");
        int[] places = [.. EvaluationWords.Places(report.SingularValues.Count)];
        page.Append("| i |").AppendJoin("", places.Select(i => string.Create(CultureInfo.InvariantCulture, $" {i} |"))).Append("\n|---|").AppendJoin("", places.Select(_ => "---|"));
        page.Append("\n| s^2 |").AppendJoin("", places.Select(i => string.Create(CultureInfo.InvariantCulture, $" {Math.Pow(report.SingularValues[i - 1], 2):f5} |"))).Append('\n');
        if (report.Compatibility.Count > 0)
        {
            page.Append("\n| task | rho | captured by d0 | first cosine |\n|---|---|---|---|\n");
            foreach (TargetCompatibility task in report.Compatibility)
                page.Append(CultureInfo.InvariantCulture, $"| {Cell(EvaluationWords.Task(task))} | {task.Rho:f4} | {task.Captured:f4} | {(task.Cosines.Count > 0 ? task.Cosines[0] : 0):f4} |\n");
        }
        if (report.Probes.Count > 0)
        {
            page.Append("\n| target | probe | setting | features | train | validation | test | without features |\n|---|---|---|---|---|---|---|---|\n");
            foreach (ProbeCurve probe in report.Probes)
            {
                foreach ((string name, ProbeResult result) in new[] { ("linear", probe.Linear), ("neighbours", probe.Neighbors) })
                    page.Append(CultureInfo.InvariantCulture, $"| {Cell(probe.Target)} ({EvaluationWords.Of(probe.Metric)}) | {name} | {result.Setting:g3} | {probe.BestDimension} | {EvaluationWords.Number(result.Train.Error)} | {EvaluationWords.Number(result.Validation.Error)} | {EvaluationWords.Number(result.Test.Error)} | {EvaluationWords.Number(probe.BaselineError)} |\n");
            }
        }
    }

    // A bar would end the cell, in code too.
    private static string Code(string text) => $"`{Cell(text)}`";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
