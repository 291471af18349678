using System.CommandLine;
using System.Diagnostics;

namespace ContextureGpu.Cli;

/// <summary><c>contexture fit DATA</c>: spectrum and features of a context.</summary>
internal static class FitCommand
{
    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = ".csv, .csv.gz, .tsv, .npy or .parquet; - reads CSV from standard input." };
        var context = new Option<string>("--context") { Description = "Context expression, as in \"knn(k=30) * rbf(gamma=0.5)\".", Required = true };
        var dimension = new Option<int>("--dim") { Description = "Features.", DefaultValueFactory = _ => new SpectralOptions().Dimension };
        var target = new Option<string?>("--target") { Description = "Column that is no input; where it holds classes they colour the report." };
        var drop = new Option<string?>("--drop") { Description = "Columns that are no inputs, separated by commas." };
        var scale = CommandOptions.Choice("--scale", "Scaling of numeric columns.", "standard", "none");
        var solver = CommandOptions.Choice("--solver", "Solver.", "auto", "exact", "krylov", "randomized", "nystrom");
        var landmarks = new Option<int?>("--landmarks") { Description = "Landmarks of the Nystroem solver; by default the larger of 2000 and 4 times --dim." };
        var sampling = CommandOptions.Choice("--landmark-sampling", "How landmarks are drawn.", "uniform", "kmeans++", "ridge-leverage");
        var memory = new Option<string?>("--memory") { Description = "Memory that the fit may take, as in 500M or 6G; by default 80 % of what the container or the machine allows." };
        var precision = CommandOptions.Precision();
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda[:i], opencl[:i] or ilgpu-cpu.", DefaultValueFactory = _ => "auto" };
        var seed = new Option<ulong>("--seed") { Description = "Key of all draws." };
        var tolerance = new Option<double?>("--tolerance") { Description = "Largest residual; by default 1e-5 in single and 1e-9 in double precision." };
        var model = new Option<string?>("--model") { Description = "Writes the model." };
        var features = new Option<string?>("--features") { Description = "Writes the features, .npy." };
        var values = new Option<string?>("--singular-values") { Description = "Writes the singular values, .npy." };
        var report = new Option<string?>("--report") { Description = "Writes a report, .html." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var quiet = new Option<bool>("--quiet") { Description = "Says nothing but errors." };
        var command = new Command("fit", "Spectrum and features of a context: writes a model, features, a report.")
        {
            data, context, dimension, target, drop, scale, solver, landmarks, sampling, memory, precision, device, seed, tolerance, model, features, values, report, json, quiet,
        };
        command.SetAction((result, cancellationToken) =>
        {
            Context parsed = Context.Parse(result.GetValue(context)!, out IReadOnlyList<string> warnings);
            long start = Stopwatch.GetTimestamp();
            DataTable table = DataTable.Read(result.GetValue(data)!);
            return Task.Run(() => FitRun.Run(
                new FitRequest
                {
                    Table = table,
                    Context = parsed,
                    Options = new SpectralOptions
                    {
                        Dimension = result.GetValue(dimension),
                        Solver = Enum.Parse<SpectralSolver>(result.GetValue(solver)!, ignoreCase: true),
                        Precision = CommandOptions.ElementsOf(result.GetValue(precision)!),
                        Seed = result.GetValue(seed),
                        Tolerance = result.GetValue(tolerance),
                        Landmarks = result.GetValue(landmarks),
                        LandmarkSampling = result.GetValue(sampling) switch
                        {
                            "kmeans++" => LandmarkSampling.KMeansPlusPlus,
                            "ridge-leverage" => LandmarkSampling.RidgeLeverage,
                            _ => LandmarkSampling.Uniform,
                        },
                        MemoryBudget = result.GetValue(memory) is { } text ? MemoryBudget.Parse(text) : null,
                    },
                    Scale = result.GetValue(scale) == "none" ? ColumnScaling.None : ColumnScaling.Standardize,
                    Drop = result.GetValue(drop)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
                    Target = result.GetValue(target),
                    Engine = CommandOptions.Engine(result.GetValue(device)!, result.GetValue(precision)!),
                    Model = result.GetValue(model),
                    Features = result.GetValue(features),
                    SingularValues = result.GetValue(values),
                    Report = result.GetValue(report),
                    Json = result.GetValue(json),
                    Quiet = result.GetValue(quiet),
                    Warnings = warnings,
                    ReadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
                    Command = ShellCommand.Of(result),
                },
                cancellationToken), cancellationToken);
        });
        return command;
    }
}
