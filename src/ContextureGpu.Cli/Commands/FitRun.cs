using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;

namespace ContextureGpu.Cli;

/// <summary>What a fit is asked to do.</summary>
internal sealed record FitRequest
{
    public required DataTable Table { get; init; }

    public required Context Context { get; init; }

    public required SpectralOptions Options { get; init; }

    public ColumnScaling Scale { get; init; } = ColumnScaling.Standardize;

    public IReadOnlyList<string> Drop { get; init; } = [];

    public string? Target { get; init; }

    public EngineOptions Engine { get; init; } = new();

    public string? Model { get; init; }

    public string? Features { get; init; }

    public string? SingularValues { get; init; }

    public string? Report { get; init; }

    public bool Json { get; init; }

    public bool Quiet { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public double ReadSeconds { get; init; }

    /// <summary>What a reader types to repeat it.</summary>
    public string Command { get; init; } = "contexture";
}

/// <summary>A fit from table to files; what <c>fit</c> and <c>demo</c> share.</summary>
internal static class FitRun
{
    /// <summary>Values shown on the terminal.</summary>
    private const int ShownValues = 10;

    /// <summary>Fits, writes what was asked for and says what was done.</summary>
    public static int Run(FitRequest request, CancellationToken cancellationToken)
    {
        OutputFiles.Check([request.Table.Source], ("--features", request.Features), ("--singular-values", request.SingularValues), ("--model", request.Model), ("--report", request.Report));
        var clock = Stopwatch.StartNew();
        using ContextureEngine engine = ContextureEngine.Create(request.Engine);
        double open = Lap();
        string[] exclude = request.Target is null ? [.. request.Drop] : [.. request.Drop, request.Target];
        foreach (string column in exclude)
            _ = request.Table.ColumnIndex(column);
        SpectralModel model;
        using (ProgressLine? line = request.Quiet || Console.IsErrorRedirected || (request.Json && Console.IsOutputRedirected) ? null : new ProgressLine(Console.Error))
            model = engine.Fit(
                request.Table, request.Context, new PreprocessingOptions { Scale = request.Scale, Exclude = exclude }, request.Options, line, cancellationToken);
        double fit = Lap();

        string[] warnings = [.. request.Warnings, .. model.Facts.Warnings];
        if (request.Features is not null)
            WriteFeatures(request.Features, model);
        if (request.SingularValues is not null)
            NpyFile.WriteVector(request.SingularValues, model.SingularValues);
        if (request.Model is not null)
            model.Save(request.Model);
        if (request.Report is not null)
        {
            (string, double)[] before = [("read", request.ReadSeconds), ("open", open), ("fit", fit)];
            HtmlReport.Write(
                request.Report,
                FitReport.Of(model, request.Table.Source, TargetView.Of(request.Table, request.Target), Facts(request, model), before, warnings, request.Command));
        }
        double write = Lap();
        var seconds = new (string, double)[] { ("read", request.ReadSeconds), ("open", open), ("fit", fit), ("write", write), ("total", request.ReadSeconds + open + fit + write) };
        if (request.Json)
            PrintJson(request, model, warnings, seconds);
        else if (!request.Quiet)
            PrintText(request, model, seconds);
        if (!request.Quiet)
            PrintWarnings(warnings);
        return 0;

        double Lap()
        {
            double elapsed = clock.Elapsed.TotalSeconds;
            clock.Restart();
            return elapsed;
        }
    }

    /// <summary>Warnings go to standard error, one a line.</summary>
    public static void PrintWarnings(IEnumerable<string> warnings)
    {
        foreach (string warning in warnings)
            Console.Error.WriteLine($"warning: {warning}");
    }

    /// <summary>Features as float32, or float64 where the fit was in double precision.</summary>
    public static void WriteFeatures(string path, ReadOnlySpan<double> features, int rows, int columns, ElementPrecision precision)
    {
        if (precision == ElementPrecision.Double)
            NpyFile.Write(path, features, rows, columns);
        else
        {
            var narrow = new float[features.Length];
            TensorPrimitives.ConvertTruncating(features, narrow.AsSpan());
            NpyFile.Write(path, narrow, rows, columns);
        }
    }

    private static void WriteFeatures(string path, SpectralModel model)
    {
        if (model.Facts.Precision == ElementPrecision.Double)
        {
            NpyFile.Write(path, model.Features, model.Rows, model.Dimension);
            return;
        }
        var features = new float[(long)model.Rows * model.Dimension];
        model.CopyFeatures(features);
        NpyFile.Write(path, features, model.Rows, model.Dimension);
    }

    private static (string, string)[] Facts(FitRequest request, SpectralModel model)
    {
        FitFacts facts = model.Facts;
        (string, string)[] neighbors = facts.NeighborRecall is { } recall
            ? [("neighbours", string.Create(CultureInfo.InvariantCulture, $"recall {recall.Value:f4} ({recall.Lower:f3} to {recall.Upper:f3} with 95 % confidence), from {recall.Rows} rows searched exactly"))]
            : [];
        return
        [
            ("data", string.Create(CultureInfo.InvariantCulture, $"{request.Table.Source}: {model.Rows} rows, {model.InputDimension} inputs")),
            ("context", model.Context.ToString()),
            .. neighbors,
            ("solver", string.Create(CultureInfo.InvariantCulture, $"{Name(facts.Solver)}, {Name(facts.Precision)} precision, {facts.Iterations} passes")),
            ("features", string.Create(CultureInfo.InvariantCulture, $"{model.Dimension}, of rank {model.Rank}")),
            ("largest residual", string.Create(CultureInfo.InvariantCulture, $"{Largest(model.Residuals):0.0e+00}{(facts.Converged ? "" : ", above the tolerance")}")),
            ("orthogonality", string.Create(CultureInfo.InvariantCulture, $"{facts.Orthogonality:0.0e+00}")),
            ("device", $"{facts.Device.Selector}: {facts.Device.Name} ({facts.DeviceReason})"),
            ("products in", facts.Device.NativeLibrary ?? "managed code"),
        ];
    }

    private static void PrintText(FitRequest request, SpectralModel model, (string Phase, double Seconds)[] seconds)
    {
        foreach ((string name, string value) in Facts(request, model))
            Console.WriteLine($"{name,-17} {value}");
        Console.WriteLine("\n   i        s      s^2   residual");
        for (int i = 0; i < Math.Min(ShownValues, model.Dimension); i++)
        {
            double s = model.SingularValues[i];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{i + 1,4} {s,8:f5} {s * s,8:f5} {model.Residuals[i],10:0.0e+00}"));
        }
        if (model.Dimension > ShownValues)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $" ... {model.Dimension,4} {model.SingularValues[^1]:f5}"));
        Console.WriteLine();
        foreach ((string what, string? path) in new[] { ("features", request.Features), ("singular values", request.SingularValues), ("model", request.Model), ("report", request.Report) })
        {
            if (path is not null)
                Console.WriteLine($"{what,-17} {path}");
        }
        Console.WriteLine($"{"seconds",-17} {string.Join(", ", seconds.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Phase} {p.Seconds:f2}")))}");
    }

    private static void PrintJson(FitRequest request, SpectralModel model, string[] warnings, (string Phase, double Seconds)[] seconds) => JsonOutput.Print(writer =>
    {
        writer.WriteNumber("rows", model.Rows);
        writer.WriteNumber("inputDimension", model.InputDimension);
        writer.WriteString("context", model.Context.ToString());
        writer.WriteNumber("dim", model.Dimension);
        WriteSpectrum(writer, model, model.SingularValues, model.Residuals);
        writer.WriteStartObject("seconds");
        foreach ((string phase, double value) in seconds)
            writer.WriteNumber(phase, value);
        writer.WriteEndObject();
        writer.WriteNumber("peakBytes", Process.GetCurrentProcess().PeakWorkingSet64);
        JsonOutput.WriteTexts(writer, "warnings", warnings);
    });

    /// <summary>Spectrum, certificate, solver and device, the same in every command that fits.</summary>
    public static void WriteSpectrum(Utf8JsonWriter writer, SpectralModel model, ReadOnlySpan<double> singularValues, ReadOnlySpan<double> residuals)
    {
        FitFacts facts = model.Facts;
        writer.WriteNumber("rank", model.Rank);
        JsonOutput.WriteNumbers(writer, "singularValues", singularValues);
        JsonOutput.WriteNumbers(writer, "residuals", residuals);
        writer.WriteNumber("orthogonality", facts.Orthogonality);
        writer.WriteString("solver", Name(facts.Solver));
        writer.WriteNumber("iterations", facts.Iterations);
        writer.WriteBoolean("converged", facts.Converged);
        writer.WriteString("precision", Name(facts.Precision));
        writer.WriteStartObject("device");
        JsonOutput.WriteDevice(writer, facts.Device);
        writer.WriteString("reason", facts.DeviceReason);
        writer.WriteEndObject();
        if (facts.NeighborRecall is { } recall)
        {
            writer.WriteStartObject("neighborRecall");
            writer.WriteNumber("value", recall.Value);
            writer.WriteNumber("lower", recall.Lower);
            writer.WriteNumber("upper", recall.Upper);
            writer.WriteNumber("rows", recall.Rows);
            writer.WriteEndObject();
        }
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static double Largest(ReadOnlySpan<double> values)
    {
        double largest = 0;
        foreach (double value in values)
            largest = Math.Max(largest, value);
        return largest;
    }
}
