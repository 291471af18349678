using System.Globalization;
using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>An evaluation for people, in the manner of <c>fit</c>.</summary>
internal static class EvaluationText
{
    /// <summary>Compatibilities shown; of more tasks the most and least compatible.</summary>
    private const int ShownTasks = 12;

    /// <summary>Prints it.</summary>
    public static void Print(EvaluationOutcome outcome)
    {
        ContextReport first = outcome.Reports[0];
        Line("data", Invariant($"{outcome.Request.Table.Source}: {first.Rows} rows, {first.InputDimension} inputs"));
        Line("device", $"{first.Model.Facts.Device.Selector}: {first.Model.Facts.Device.Name} ({first.Model.Facts.DeviceReason})");
        foreach (ContextReport report in outcome.Reports.Count == 1 ? outcome.Reports : [])
            PrintContext(report);
        if (outcome.Reports.Count > 1)
            PrintRanking(outcome);
        for (int e = 0; e < outcome.Encoders.Count; e++)
            PrintEncoder(outcome.Encoders[e], outcome.Reports[e]);
        Console.WriteLine();
        Line("seconds", string.Join(", ", outcome.Seconds.Select(p => Invariant($"{p.Phase} {p.Seconds:f2}"))));
    }

    /// <summary>One context in full.</summary>
    public static void PrintContext(ContextReport report)
    {
        Line("verdict", report.Summary);
        Line("context", report.Context.ToString());
        Line("association", EvaluationWords.Of(report.Association.Verdict));
        foreach (string reason in report.Association.Reasons)
            Line("", reason);
        Line("suggestion", EvaluationWords.Of(report.Association.Suggestion));
        Line("decay rate", EvaluationWords.Decay(report.Association.Decay));
        Line("kernel deviation", Invariant($"{report.Association.KernelDeviation:g4} +- {report.Association.KernelDeviationError:g2}"));
        Line("tau", EvaluationWords.Tau(report));
        if (report.WorstCaseByDimension.Count > 0)
            Line("worst case", Invariant($"{report.WorstCaseByDimension[report.Tau.BestDimension - 1]:g4} at d*, of tasks with rho >= {1 - report.Epsilon:g3}"));
        PrintSpectra([("s^2", report)]);
        if (report.Compatibility.Count > 0)
        {
            Console.WriteLine("\ntask                          rho   in d0   cos 1   cos 2   cos 3");
            TargetCompatibility[] tasks = [.. report.Compatibility.OrderByDescending(t => t.Rho)];
            foreach (TargetCompatibility task in tasks.Take(ShownTasks))
                Console.WriteLine(Invariant($"{EvaluationWords.Task(task),-26} {task.Rho,6:f4}  {task.Captured,6:f4}  {string.Join("  ", task.Cosines.Take(3).Select(c => c.ToString("f3", CultureInfo.InvariantCulture).PadLeft(6)))}"));
            if (tasks.Length > ShownTasks)
                Console.WriteLine(Invariant($" ... {tasks.Length - ShownTasks} more, down to {tasks[^1].Rho:f4}"));
        }
        foreach (ProbeCurve probe in report.Probes)
        {
            Console.WriteLine();
            Line("probe", Invariant($"{probe.Target}: {EvaluationWords.Of(probe.Metric)} on the test rows, {EvaluationWords.Number(probe.BaselineError)} without features"));
            Line("  linear", Invariant($"{EvaluationWords.Score(probe.Linear.Test, probe.Metric)} with {probe.BestDimension} features, penalty {probe.Linear.Setting:g2}"));
            Line("  neighbours", Invariant($"{EvaluationWords.Score(probe.Neighbors.Test, probe.Metric)} with {probe.Neighbors.Setting:f0} neighbours"));
            int[] places = [.. EvaluationWords.Places(probe.Dimensions[^1]).Select(d => probe.Dimensions.ToList().IndexOf(d)).Where(i => i >= 0)];
            Line("  d", string.Concat(places.Select(i => Invariant($"{probe.Dimensions[i],8}"))));
            Line($"  {EvaluationWords.Of(probe.Metric)}", string.Concat(places.Select(i => Invariant($"{EvaluationWords.Number(probe.TestErrors[i]),8}"))));
        }
    }

    private static void PrintEncoder(EncoderReport encoder, ContextReport report)
    {
        Line("\nencoder", $"by {report.Context}");
        Line("  ratio trace", Invariant($"{encoder.RatioTrace:g5} of {encoder.LargestTrace:g5} that {encoder.Rank} features could reach; gap {encoder.TraceGap:g3}"));
        if (encoder.WorstCase is { } worst)
            Line("  worst case", worst.Upper - worst.Lower < 1e-4
                ? Invariant($"{worst.Upper:g4}, of tasks with rho >= {1 - worst.Epsilon:g3}")
                : Invariant($"between {worst.Lower:g4} and {worst.Upper:g4}, of tasks with rho >= {1 - worst.Epsilon:g3}; a larger --max-dim tells more"));
    }

    /// <summary>s_i^2 of contexts side by side, at 1, 2, 4, .. and the last.</summary>
    public static void PrintSpectra(IReadOnlyList<(string Name, ContextReport Report)> columns)
    {
        int[] places = [.. EvaluationWords.Places(columns.Max(c => c.Report.SingularValues.Count))];
        Console.WriteLine(Invariant($"\n   i{string.Concat(columns.Select(c => $"  {c.Name,8}"))}"));
        foreach (int i in places)
            Console.WriteLine(Invariant($"{i,4}{string.Concat(columns.Select(c => i <= c.Report.SingularValues.Count ? Invariant($"  {Math.Pow(c.Report.SingularValues[i - 1], 2),8:f5}") : "          "))}"));
    }

    private static void PrintRanking(EvaluationOutcome outcome)
    {
        bool isProbed = outcome.Reports[0].Probes.Count > 0;
        Line("ranked by", isProbed ? $"test error of the linear probe on {outcome.Reports[0].Probes[0].Target}" : "verdict, then tau");
        Console.WriteLine($"\nrank  association      tau   d*   decay{(isProbed ? "    error    d" : "")}  context");
        for (int r = 0; r < outcome.Ranking.Count; r++)
        {
            ContextReport report = outcome.Reports[outcome.Ranking[r]];
            string probe = isProbed ? Invariant($" {EvaluationWords.Number(report.Probes[0].BestError),8} {report.Probes[0].BestDimension,4}") : "";
            Console.WriteLine(Invariant($"{r + 1,4}  {EvaluationWords.Of(report.Association.Verdict),-11} {EvaluationWords.Number(report.Tau.Value),8}{(report.Tau.Abstains ? "*" : " ")}{report.Tau.BestDimension,4} {EvaluationWords.Number(report.Association.Decay.Rate),7}{probe}  {report.Context}"));
        }
        if (outcome.Reports.Any(r => r.Tau.Abstains))
            Console.WriteLine("   * too near beta + 1 to say anything");
        Console.WriteLine();
        Line("weak to strong", string.Join(", ", EvaluationWords.FromWeakToStrong(outcome.Reports).Select(r => r.Context)));
        Line("best", outcome.Reports[outcome.Ranking[0]].Summary);
    }

    private static void Line(string name, string value) => Console.WriteLine($"{name,-17} {value}");
}
