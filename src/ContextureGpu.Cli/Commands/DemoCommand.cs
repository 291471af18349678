using System.CommandLine;
using System.Diagnostics;

namespace ContextureGpu.Cli;

/// <summary><c>contexture demo</c>: the main job on the embedded data set.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output") { Description = "Folder for the files.", DefaultValueFactory = _ => "contexture-demo" };
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda[:i], opencl[:i] or ilgpu-cpu.", DefaultValueFactory = _ => "auto" };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var command = new Command("demo", "The main job on embedded data (1,797 handwritten digits): context, spectrum, features, a report.") { output, device, json };
        command.SetAction((result, cancellationToken) =>
        {
            long start = Stopwatch.GetTimestamp();
            DataTable table = DemoData.Digits();
            string folder = result.GetValue(output)!;
            if (folder.Length == 0)
                throw new InputException("--output is empty; the name of a folder is needed");
            try
            {
                Directory.CreateDirectory(folder);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                throw new InputException($"{folder} cannot be created: {error.Message}", error);
            }
            return Task.Run(() => FitRun.Run(
                new FitRequest
                {
                    Table = table,
                    Context = Context.Knn(k: 30),
                    Options = new SpectralOptions { Dimension = 64 },
                    Scale = ColumnScaling.None,                      // all inputs are pixels on one scale
                    Target = DemoData.ClassColumn,
                    Engine = new EngineOptions { Device = result.GetValue(device)! },
                    Features = Path.Combine(folder, "features.npy"),
                    SingularValues = Path.Combine(folder, "singular-values.npy"),
                    Model = Path.Combine(folder, "digits.ctx"),
                    Report = Path.Combine(folder, "report.html"),
                    Json = result.GetValue(json),
                    ReadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
                    Command = ShellCommand.Of(result),
                },
                cancellationToken), cancellationToken);
        });
        return command;
    }
}
