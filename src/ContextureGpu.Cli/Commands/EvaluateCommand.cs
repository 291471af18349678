using System.CommandLine;
using System.Diagnostics;

namespace ContextureGpu.Cli;

/// <summary><c>contexture evaluate DATA</c>: what contexts are worth, ranked.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var shared = new EvaluationArguments();
        var context = new Option<string[]>("--context") { Description = "Context expression; give it again for each context to compare." };
        var sweep = new Option<string?>("--sweep") { Description = "Contexts along a range, as in \"knn(k=5..150 log 12)\"." };
        var target = new Option<string[]>("--target") { Description = "Column that is no input but a task; give it again for each task." };
        var task = CommandOptions.Choice("--task", "How targets are taken: auto takes texts and two different numbers as classes.", "auto", "classes", "quantity");
        var encoder = new Option<string?>("--encoder") { Description = "Features of the same rows, .npy, or a model: says how much of each context this encoder has learned." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var markdown = new Option<bool>("--markdown") { Description = "A Markdown document on standard output." };
        var report = new Option<string?>("--report") { Description = "Writes a report with plots, .html." };
        var quiet = new Option<bool>("--quiet") { Description = "Says nothing but errors." };
        var command = new Command("evaluate", "Context quality: spectrum, association verdict, tau and d*, compatibility with targets, probe error against the dimension.")
        {
            shared.Data, context, sweep, target, task, encoder, json, markdown, report, quiet,
        };
        shared.AddTo(command);
        command.SetAction((result, cancellationToken) =>
        {
            string[] texts = result.GetValue(context) ?? [];
            string? range = result.GetValue(sweep);
            if (texts.Length == 0 == range is null)
                throw new InputException("contexts are given either by --context, once or more often, or by --sweep");
            if (result.GetValue(json) && result.GetValue(markdown))
                throw new InputException("--json and --markdown both want standard output; choose one");
            var warnings = new List<string>();
            ContextSweep? levels = range is null ? null : ContextSweep.Parse(range);
            IReadOnlyList<Context> contexts = levels is null ? CommandOptions.Contexts(texts, warnings) : [.. levels.Levels.Select(l => l.Context)];
            long start = Stopwatch.GetTimestamp();
            DataTable table = DataTable.Read(result.GetValue(shared.Data)!);
            var kind = Enum.Parse<TargetKind>(result.GetValue(task)!, ignoreCase: true);
            return Task.Run(() => EvaluationRun.Run(
                new EvaluationRequest
                {
                    Table = table,
                    Contexts = contexts,
                    Sweep = levels,
                    Targets = [.. (result.GetValue(target) ?? []).Select(column => EvaluationTarget.From(table, column, kind))],
                    Options = shared.Options(result),
                    Encoder = result.GetValue(encoder) is { } path ? AlignCommand.Features(path) : null,
                    Engine = shared.Engine(result),
                    Form = result.GetValue(json) ? OutputForm.Json : result.GetValue(markdown) ? OutputForm.Markdown : result.GetValue(quiet) ? OutputForm.None : OutputForm.Text,
                    Report = result.GetValue(report),
                    Command = ShellCommand.Of(result),
                    Quiet = result.GetValue(quiet),
                    Warnings = warnings,
                    ReadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
                },
                cancellationToken), cancellationToken);
        });
        return command;
    }
}
