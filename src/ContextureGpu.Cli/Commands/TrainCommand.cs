using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary><c>contexture train DATA</c>: trains an encoder of a context.</summary>
internal static class TrainCommand
{
    /// <summary>The word for it.</summary>
    public const string Name = "train";

    private static readonly Dictionary<string, Objective> Objectives = new()
    {
        ["multiview"] = Objective.MultiView,
        ["contrastive"] = Objective.Contrastive,
        ["svme"] = Objective.Svme,
        ["kise"] = Objective.Kise,
        ["supervised"] = Objective.Supervised,
        ["supervised-balanced"] = Objective.SupervisedBalanced,
        ["denoising"] = Objective.Denoising,
        ["graph"] = Objective.Graph,
    };

    public static Command Create()
    {
        var defaults = new EncoderOptions();
        var data = new Argument<string>("DATA") { Description = ".csv, .csv.gz, .tsv, .npy or .parquet; - reads CSV from standard input." };
        var context = new Option<string>("--context") { Description = "Context expression, as in \"knn(k=30) * rbf(gamma=0.5)\".", Required = true };
        var dimension = new Option<int>("--dim") { Description = "Features.", DefaultValueFactory = _ => defaults.Dimension };
        var outputs = new Option<int?>("--outputs") { Description = "Trained outputs, reduced to --dim afterwards; by default four times as many." };
        var width = new Option<int>("--width") { Description = "Units of a hidden layer.", DefaultValueFactory = _ => defaults.Width };
        var depth = new Option<int>("--depth") { Description = "Hidden layers.", DefaultValueFactory = _ => defaults.Depth };
        var activation = CommandOptions.Choice("--activation", "Activation of the hidden layers.", "tanh", "relu", "gelu");
        var noSkip = new Option<bool>("--no-skip") { Description = "Leaves out skip connections." };
        var layerNorm = new Option<bool>("--layer-norm") { Description = "Normalises what hidden layers give to their activations." };
        var objective = CommandOptions.Choice("--objective", "What is minimised.", [.. Objectives.Keys]);
        var constraint = CommandOptions.Choice("--constraint", "How the covariance of the outputs is held.", "whiten", "vicreg", "lagrangian");
        var epochs = new Option<int>("--epochs") { Description = "Times that all rows are seen; steps, without batches.", DefaultValueFactory = _ => defaults.Epochs };
        var batch = new Option<string>("--batch") { Description = "Pairs of a step, drawn from the context; full for all rows, exactly.", DefaultValueFactory = _ => "full" };
        batch.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && !TryBatch(text, out _))
                result.AddError($"--batch is '{text}'; full or a number of pairs of at least 2 was expected");
        });
        var draws = new Option<int>("--draws") { Description = "Points of each pair of a batch: more than 2 make all pairs among them.", DefaultValueFactory = _ => defaults.Draws };
        var rate = new Option<double>("--lr") { Description = "Largest learning rate.", DefaultValueFactory = _ => defaults.LearningRate };
        var decay = new Option<double>("--weight-decay") { Description = "Decoupled weight decay.", DefaultValueFactory = _ => defaults.WeightDecay };
        var warmUp = new Option<int?>("--warm-up") { Description = "Steps in which the learning rate rises." };
        var clip = new Option<double?>("--clip") { Description = "Largest norm of the gradient." };
        var target = new Option<string?>("--target") { Description = "Column that is no input." };
        var drop = new Option<string?>("--drop") { Description = "Columns that are no inputs, separated by commas." };
        var scale = CommandOptions.Choice("--scale", "Scaling of numeric columns.", "standard", "none");
        var precision = CommandOptions.Precision();
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda[:i], opencl[:i] or ilgpu-cpu.", DefaultValueFactory = _ => "auto" };
        var seed = new Option<ulong>("--seed") { Description = "Key of all draws." };
        var model = new Option<string?>("--model") { Description = "Writes the encoder." };
        var features = new Option<string?>("--features") { Description = "Writes the features, .npy." };
        var onnx = new Option<string?>("--onnx") { Description = "Writes the network and the map to the features as an ONNX graph." };
        var checkpoint = new Option<string?>("--checkpoint") { Description = "Writes the state of the training, also when it is interrupted." };
        var every = new Option<int>("--checkpoint-every") { Description = "Steps between two checkpoints.", DefaultValueFactory = _ => defaults.CheckpointEvery };
        var resume = new Option<bool>("--resume") { Description = "Goes on from the checkpoint." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output." };
        var quiet = new Option<bool>("--quiet") { Description = "Says nothing but errors." };
        var command = new Command(Name, "Trains an encoder of a context: writes the encoder, features, checkpoints.")
        {
            data, context, dimension, outputs, width, depth, activation, noSkip, layerNorm, objective, constraint, epochs, batch, draws, rate, decay, warmUp, clip, target, drop, scale, precision,
            device, seed, model, features, onnx, checkpoint, every, resume, json, quiet,
        };
        command.SetAction((result, cancellationToken) =>
        {
            Context parsed = Context.Parse(result.GetValue(context)!, out IReadOnlyList<string> warnings);
            string[] exclude = [.. result.GetValue(drop)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? []];
            if (result.GetValue(target) is { } label)
                exclude = [.. exclude, label];
            var request = new TrainRequest
            {
                Data = result.GetValue(data)!,
                Context = parsed,
                Options = new EncoderOptions
                {
                    Dimension = result.GetValue(dimension),
                    Outputs = result.GetValue(outputs),
                    Width = result.GetValue(width),
                    Depth = result.GetValue(depth),
                    Activation = Enum.Parse<Activation>(result.GetValue(activation)!, ignoreCase: true),
                    SkipConnections = !result.GetValue(noSkip),
                    LayerNorm = result.GetValue(layerNorm),
                    Objective = Objectives[result.GetValue(objective)!],
                    Constraint = Enum.Parse<CovarianceConstraint>(result.GetValue(constraint)!, ignoreCase: true),
                    Epochs = result.GetValue(epochs),
                    Batch = TryBatch(result.GetValue(batch)!, out int? pairs) ? pairs : null,
                    Draws = result.GetValue(draws),
                    LearningRate = result.GetValue(rate),
                    WeightDecay = result.GetValue(decay),
                    WarmUp = result.GetValue(warmUp),
                    ClipNorm = result.GetValue(clip),
                    Precision = CommandOptions.ElementsOf(result.GetValue(precision)!),
                    Seed = result.GetValue(seed),
                    Checkpoint = result.GetValue(checkpoint),
                    CheckpointEvery = result.GetValue(every),
                    Resume = result.GetValue(resume),
                    Exported = result.GetValue(onnx) is not null,
                },
                Scale = result.GetValue(scale) == "none" ? ColumnScaling.None : ColumnScaling.Standardize,
                Exclude = exclude,
                Engine = CommandOptions.Engine(result.GetValue(device)!, result.GetValue(precision)!),
                Model = result.GetValue(model),
                Features = result.GetValue(features),
                Onnx = result.GetValue(onnx),
                Json = result.GetValue(json),
                Quiet = result.GetValue(quiet),
                Warnings = warnings,
            };
            return Task.FromResult(Run(request, cancellationToken));
        });
        return command;
    }

    private static int Run(TrainRequest request, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        DataTable table = DataTable.Read(request.Data);
        OutputFiles.Check([table.Source], ("--features", request.Features), ("--model", request.Model), ("--onnx", request.Onnx), ("--checkpoint", request.Options.Checkpoint));
        foreach (string column in request.Exclude)
            _ = table.ColumnIndex(column);
        double read = Stopwatch.GetElapsedTime(start).TotalSeconds;
        using ContextureEngine engine = ContextureEngine.Create(request.Engine);
        EncoderModel model;
        using (TrainingLine? line = request.Quiet ? null : new TrainingLine(Console.Error, Console.IsErrorRedirected ? LineForm.Appended : LineForm.Rewritten))
        {
            model = engine.Train(
                table, request.Context, new PreprocessingOptions { Scale = request.Scale, Exclude = request.Exclude }, request.Options, line, cancellationToken);
        }
        if (request.Features is not null)
            FitRun.WriteFeatures(request.Features, model.Features, model.Rows, model.Dimension, request.Options.Precision);
        if (request.Model is not null)
            model.Save(request.Model);
        if (request.Onnx is not null)
            model.ExportOnnx(request.Onnx);
        double total = Stopwatch.GetElapsedTime(start).TotalSeconds;
        string[] warnings = [.. request.Warnings, .. model.Facts.Warnings];
        if (request.Json)
            PrintJson(model, warnings, read, total);
        else if (!request.Quiet)
            PrintText(model, total);
        if (!request.Quiet)
            FitRun.PrintWarnings(warnings);
        return 0;
    }

    private static void PrintJson(EncoderModel model, IReadOnlyList<string> warnings, double read, double total) => JsonOutput.Print(writer =>
    {
        writer.WriteNumber("rows", model.Rows);
        writer.WriteNumber("inputDimension", model.InputDimension);
        writer.WriteString("context", model.Context.ToString());
        writer.WriteNumber("dim", model.Dimension);
        writer.WriteNumber("outputs", model.Outputs);
        writer.WriteNumber("parameters", model.Parameters);
        JsonOutput.WriteNumbers(writer, "eigenvalues", [.. model.Eigenvalues]);
        JsonOutput.WriteNumbers(writer, "residuals", model.Residuals);
        writer.WriteNumber("rank", model.Rank);
        JsonOutput.WriteNumbers(writer, "loss", [.. model.Losses]);
        writer.WriteNumber("stepsPerSecond", StepsPerSecond(model));
        writer.WriteString("precision", model.Facts.Precision == ElementPrecision.Double ? "double" : "single");
        writer.WriteStartObject("device");
        JsonOutput.WriteDevice(writer, model.Facts.Device);
        writer.WriteEndObject();
        writer.WriteStartObject("seconds");
        writer.WriteNumber("read", read);
        writer.WriteNumber("train", model.Seconds);
        writer.WriteNumber("total", total);
        writer.WriteEndObject();
        JsonOutput.WriteTexts(writer, "warnings", warnings);
    });

    private static void PrintText(EncoderModel model, double total)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(plain, $"context        {model.Context}"));
        Console.WriteLine(string.Create(plain, $"encoder        {model.Parameters} parameters, {model.Outputs} outputs of rank {model.Rank}, {model.Dimension} features"));
        Console.WriteLine(string.Create(plain, $"loss           {model.Losses[0]:g6} at first, {model.Losses[^1]:g6} after {model.Steps} steps"));
        Console.WriteLine($"s^2, estimated {string.Join(' ', model.Eigenvalues.Take(10).Select(v => v.ToString("f4", plain)))}{(model.Dimension > 10 ? " .." : "")}");
        Console.WriteLine(string.Create(plain, $"time           {total:f1} s, {StepsPerSecond(model):f2} steps a second on {model.Facts.Device.Name}"));
    }

    private static double StepsPerSecond(EncoderModel model) => model.Seconds > 0 ? model.Steps / model.Seconds : 0;

    private static bool TryBatch(string text, out int? pairs)
    {
        pairs = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count >= 2 ? count : null;
        return pairs is not null || text == "full";
    }
}

/// <summary>What a training is asked to do.</summary>
internal sealed record TrainRequest
{
    public required string Data { get; init; }

    public required Context Context { get; init; }

    public required EncoderOptions Options { get; init; }

    public ColumnScaling Scale { get; init; } = ColumnScaling.Standardize;

    public IReadOnlyList<string> Exclude { get; init; } = [];

    public EngineOptions Engine { get; init; } = new();

    public string? Model { get; init; }

    public string? Features { get; init; }

    public string? Onnx { get; init; }

    public bool Json { get; init; }

    public bool Quiet { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];
}
