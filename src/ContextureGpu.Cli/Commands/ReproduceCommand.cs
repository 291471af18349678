using System.CommandLine;

namespace ContextureGpu.Cli;

/// <summary><c>contexture reproduce EXPERIMENT</c>: a published experiment end to end, beside the published figures.</summary>
internal static class ReproduceCommand
{
    public static Command Create()
    {
        var experiment = new Argument<string>("EXPERIMENT") { Description = "abalone-alignment: a trained encoder against the exact eigenfunctions." };
        experiment.AcceptOnlyFromAmong("abalone-alignment");
        var data = new Option<string>("--data") { Description = "The data set, as .csv, .csv.gz, .tsv or .parquet.", Required = true };
        var epochs = new Option<int[]>("--epochs") { Description = "Epochs of each training; steps, where every step takes all rows.", DefaultValueFactory = _ => [100, 400], AllowMultipleArgumentsPerToken = true };
        var constraint = new Option<string[]>("--constraint") { Description = "whiten, vicreg, lagrangian.", DefaultValueFactory = _ => ["whiten", "vicreg"], AllowMultipleArgumentsPerToken = true };
        constraint.AcceptOnlyFromAmong("whiten", "vicreg", "lagrangian");
        var width = new Option<int>("--width") { Description = "Units of a hidden layer.", DefaultValueFactory = _ => 512 };
        var depth = new Option<int>("--depth") { Description = "Hidden layers.", DefaultValueFactory = _ => 3 };
        var rate = new Option<double>("--lr") { Description = "Largest learning rate.", DefaultValueFactory = _ => new EncoderOptions().LearningRate };
        var batch = new Option<int?>("--batch") { Description = "Pairs of a step; all rows in every step without it." };
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda[:i], opencl[:i] or ilgpu-cpu.", DefaultValueFactory = _ => "auto" };
        var seed = new Option<ulong>("--seed") { Description = "Key of the split and of all other draws." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var command = new Command("reproduce", "A published experiment end to end, beside the published figures.") { experiment, data, epochs, constraint, width, depth, rate, batch, device, seed, json };
        command.SetAction((result, cancellationToken) => Task.FromResult(AbaloneAlignment.Run(
            new AbaloneAlignmentRequest(
                result.GetValue(data)!,
                result.GetValue(epochs)!,
                [.. result.GetValue(constraint)!.Select(text => Enum.Parse<CovarianceConstraint>(text, ignoreCase: true))],
                result.GetValue(width),
                result.GetValue(depth),
                result.GetValue(rate),
                result.GetValue(batch),
                result.GetValue(device)!,
                result.GetValue(seed),
                result.GetValue(json)),
            cancellationToken)));
        return command;
    }
}
