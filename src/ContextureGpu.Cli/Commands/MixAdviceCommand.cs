using System.CommandLine;

namespace ContextureGpu.Cli;

/// <summary><c>contexture mix-advice DATA</c>: how several contexts could be mixed.</summary>
internal static class MixAdviceCommand
{
    public static Command Create()
    {
        var shared = new EvaluationArguments();
        var context = new Option<string[]>("--context") { Description = "Context expression; give it again for each context, at least twice.", Required = true };
        var target = new Option<string[]>("--target") { Description = "Column that is no input; give it again for each." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var quiet = new Option<bool>("--quiet") { Description = "Says nothing but errors." };
        var command = new Command("mix-advice", "Proposes a mixture of contexts: weak ones are concatenated, strong ones convolved, weak and strong ones combined.")
        {
            shared.Data, context, target, json, quiet,
        };
        shared.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            var warnings = new List<string>();
            IReadOnlyList<Context> contexts = CommandOptions.Contexts(result.GetValue(context)!, warnings);
            DataTable table = DataTable.Read(result.GetValue(shared.Data)!);
            string[] excluded = result.GetValue(target) ?? [];
            foreach (string column in excluded)
                _ = table.ColumnIndex(column);
            EvaluationOptions options = shared.Options(result);
            options = options with { Preprocessing = options.Preprocessing with { Exclude = [.. options.Preprocessing.Exclude, .. excluded] } };
            bool isJson = result.GetValue(json), isQuiet = result.GetValue(quiet);
            return Task.Run(
                () =>
                {
                    using ContextureEngine engine = ContextureEngine.Create(shared.Engine(result));
                    MixtureAdvice advice;
                    using (ProgressLine? line = EvaluationRun.Line(isQuiet, isJson ? OutputForm.Json : OutputForm.Text))
                        advice = engine.AdviseMixture(table, contexts, options, line, cancellationToken);
                    string[] all = [.. warnings.Concat(advice.Reports.Append(advice.Report).SelectMany(r => r.Warnings)).Distinct()];
                    if (isJson)
                        PrintJson(advice, all);
                    else if (!isQuiet)
                        PrintText(advice);
                    if (!isQuiet)
                        FitRun.PrintWarnings(all);
                    return 0;
                },
                cancellationToken);
        });
        return command;
    }

    private static void PrintText(MixtureAdvice advice)
    {
        foreach (ContextReport report in advice.Reports)
            Console.WriteLine($"{EvaluationWords.Of(report.Association.Verdict),-17} {report.Context} ({report.Association.Reasons[0]})");
        Console.WriteLine($"{"operation",-17} {EvaluationWords.Of(advice.Operation)}: {advice.Reason}");
        Console.WriteLine($"{"proposed",-17} {advice.Proposed}");
        Console.WriteLine($"{"  association",-17} {EvaluationWords.Of(advice.Report.Association.Verdict)}, tau {EvaluationWords.Tau(advice.Report)}");
        foreach (ContextReport other in advice.Candidates)
            Console.WriteLine($"{"  also tried",-17} {other.Context}: {EvaluationWords.Of(other.Association.Verdict)}, tau {EvaluationWords.Number(other.Tau.Value)}");
        Console.WriteLine($"{"spectra",-17} s^2 of the contexts in this order, and of the proposal");
        EvaluationText.PrintSpectra([.. advice.Reports.Select((r, i) => (FormattableString.Invariant($"{i + 1}"), r)), ("proposed", advice.Report)]);
    }

    private static void PrintJson(MixtureAdvice advice, string[] warnings) => JsonOutput.Print(writer =>
    {
        writer.WriteString("operation", EvaluationWords.Of(advice.Operation));
        writer.WriteString("reason", advice.Reason);
        writer.WriteString("proposed", advice.Proposed.ToString());
        foreach ((string name, IReadOnlyList<ContextReport> reports) in new[] { ("contexts", advice.Reports), ("candidates", advice.Candidates) })
        {
            writer.WriteStartArray(name);
            foreach (ContextReport report in reports)
            {
                writer.WriteStartObject();
                EvaluationJson.WriteReport(writer, report);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        writer.WriteStartObject("mixture");
        EvaluationJson.WriteReport(writer, advice.Report);
        JsonOutput.WriteNumbers(writer, "mergedSingularValues", [.. advice.Report.SingularValues]);
        writer.WriteEndObject();
        JsonOutput.WriteTexts(writer, "warnings", warnings);
    });
}
