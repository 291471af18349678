using System.CommandLine;
using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary><c>contexture probe FEATURES</c>: how well features predict a target.</summary>
internal static class ProbeCommand
{
    public static Command Create()
    {
        var features = new Argument<string>("FEATURES") { Description = "Features, .npy, or a model that fit or train wrote." };
        var data = new Option<string>("--data") { Description = "Table of the same rows that holds the target.", Required = true };
        var target = new Option<string>("--target") { Description = "Column of the table.", Required = true };
        var task = CommandOptions.Choice("--task", "How the target is taken: auto takes texts and two different numbers as classes.", "auto", "classes", "quantity");
        var split = new Option<string>("--split") { Description = "Shares of train, validation and test rows.", DefaultValueFactory = _ => "0.7,0.15,0.15" };
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda[:i], opencl[:i] or ilgpu-cpu.", DefaultValueFactory = _ => "auto" };
        var seed = new Option<ulong>("--seed") { Description = "Key of the split." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var command = new Command("probe", "Linear and nearest-neighbour probe of features against a target.") { features, data, target, task, split, device, seed, json };
        command.SetAction((result, cancellationToken) =>
        {
            NpyArray array = AlignCommand.Features(result.GetValue(features)!);
            DataTable table = DataTable.Read(result.GetValue(data)!);
            EvaluationTarget column = EvaluationTarget.From(table, result.GetValue(target)!, Enum.Parse<TargetKind>(result.GetValue(task)!, ignoreCase: true));
            var options = new EvaluationOptions { Split = SplitShares.Parse(result.GetValue(split)!), Seed = result.GetValue(seed) };
            return Task.Run(
                () =>
                {
                    using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = result.GetValue(device)! });
                    FeatureProbe probe = engine.ProbeFeatures(new FeatureSpan(array.Values, array.Rows, array.Columns), column, options, cancellationToken);
                    Print(probe, column, result.GetValue(json));
                    return 0;
                },
                cancellationToken);
        });
        return command;
    }

    private static void Print(FeatureProbe probe, EvaluationTarget target, bool json)
    {
        ProbeMetric metric = probe.Linear.Metric;
        if (json)
        {
            JsonOutput.Print(writer =>
            {
                writer.WriteString("target", target.Name);
                writer.WriteString("metric", EvaluationWords.Of(metric));
                JsonOutput.WriteNumber(writer, "train", probe.Linear.Train.Error);
                JsonOutput.WriteNumber(writer, "validation", probe.Linear.Validation.Error);
                JsonOutput.WriteNumber(writer, "test", probe.Linear.Test.Error);
                JsonOutput.WriteNumber(writer, "baseline", probe.BaselineError);
                EvaluationJson.WriteResult(writer, "linear", probe.Linear);
                EvaluationJson.WriteResult(writer, "neighbors", probe.Neighbors);
            });
            return;
        }
        Console.WriteLine($"{"target",-17} {target.Name}, {(target.IsClass ? string.Create(CultureInfo.InvariantCulture, $"{target.Classes.Count} classes") : "a quantity")}");
        Console.WriteLine($"{"without features",-17} {EvaluationWords.Of(metric)} {EvaluationWords.Number(probe.BaselineError)} on the test rows");
        foreach ((string name, ProbeResult result) in new[] { ("linear", probe.Linear), ("neighbours", probe.Neighbors) })
        {
            Console.WriteLine($"{name,-17} {(name == "linear" ? "penalty" : "neighbours")} {EvaluationWords.Number(result.Setting)}");
            foreach ((string part, ProbeScore score) in new[] { ("train", result.Train), ("validation", result.Validation), ("test", result.Test) })
                Console.WriteLine($"{"  " + part,-17} {EvaluationWords.Of(metric)} {EvaluationWords.Score(score, metric)}");
        }
    }
}
