using System.Diagnostics;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>Work too long to be repeated, and growth with N: each run in a process of its own, so that its peak memory is its own.</summary>
internal static class LongRuns
{
    /// <summary>The last argument of a child that counts operations.</summary>
    public const string Counting = "counting";

    private const string Refused = "refused: ";

    /// <summary>What a run took, and the operations and exponentials of its kernel products.</summary>
    internal sealed record Outcome(double Seconds, long PeakBytes, double WorstResidual, double Operations, double Exponentials, string Note);

    /// <summary>The child's part: fits and prints its figures on one line.</summary>
    /// <param name="expression">A context.</param>
    /// <param name="n">Rows.</param>
    /// <param name="d">Inputs.</param>
    /// <param name="dimension">Singular functions.</param>
    /// <param name="tolerance">Residual.</param>
    /// <param name="counts">Whether operations are counted, on a device that counts.</param>
    public static int Fit(string expression, int n, int d, int dimension, double tolerance, bool counts)
    {
        double[] points = Bench.Mixture(n, d, 3);
        if (GrowthCommand.ComparesValues(expression))
            points = Array.ConvertAll(points, Math.Round);
        long start = Stopwatch.GetTimestamp();
        CountingDevice? device = counts ? new CountingDevice(CpuDevice.Open()) : null;
        using ContextureEngine engine = device is null
            ? ContextureEngine.Create(new EngineOptions { Device = "cpu" })
            : new ContextureEngine(new DeviceSuccession(device, "chosen for the benchmark", []));
        SpectralModel model;
        try
        {
            model = engine.Fit(points, n, Context.Parse(expression), new SpectralOptions { Dimension = dimension, Tolerance = tolerance });
        }
        catch (Exception refusal) when (refusal is ContextureException or InsufficientMemoryException)
        {
            Console.WriteLine($"{Refused}{refusal.Message}");
            return 0;
        }
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double worst = 0;
        foreach (double residual in model.Residuals)
            worst = Math.Max(worst, residual);
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {self.PeakWorkingSet64} {worst} {device?.Operations ?? 0} {device?.Exponentials ?? 0} {model.Facts.Solver.ToString().ToLowerInvariant()}, {model.Facts.Iterations} passes"));
        return 0;
    }

    /// <summary>Runs <see cref="Fit"/> in a child process.</summary>
    /// <exception cref="InvalidOperationException">The fit was refused or did not come to its end; the message says which.</exception>
    public static Outcome Run(string expression, int n, int d, int dimension, double tolerance, bool counts)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(LongRuns).Assembly.Location);
        foreach (string argument in (ReadOnlySpan<string>)["fit-once", expression, Text(n), Text(d), Text(dimension), tolerance.ToString(CultureInfo.InvariantCulture), counts ? Counting : "timing"])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        string line = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        if (line.StartsWith(Refused, StringComparison.Ordinal))
            throw new InvalidOperationException(line);
        string[] parts = line.Split(' ', 6);
        if (process.ExitCode != 0 || parts.Length != 6)
            throw new InvalidOperationException($"ended with exit code {process.ExitCode} {line}");
        return new Outcome(Number(0), long.Parse(parts[1], CultureInfo.InvariantCulture), Number(2), Number(3), Number(4), parts[5]);

        double Number(int part) => double.Parse(parts[part], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// A table of seconds and bytes for growing N, with the exponents between neighbouring rows. A context is not taken further once the next N would take longer than the limit.
    /// </summary>
    /// <param name="expressions">Contexts.</param>
    /// <param name="dimension">Singular functions.</param>
    /// <param name="sizes">N, growing.</param>
    /// <param name="d">Inputs.</param>
    /// <param name="limit">Seconds that a run may be expected to take.</param>
    /// <param name="log">Told each row.</param>
    public static string Growth(IEnumerable<string> expressions, int dimension, int[] sizes, int d, double limit, TextWriter log)
    {
        var page = new System.Text.StringBuilder();
        page.AppendLine("| context | N | seconds | peak MiB | largest residual | seconds grow like N^ | MiB grow like N^ | how |").AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (string expression in expressions)
        {
            (int N, Outcome Outcome)? before = null;
            double rate = 1;
            foreach (int n in sizes)
            {
                double ratio = before is { } smaller ? (double)n / smaller.N : 1;
                if (before?.Outcome.Seconds * Math.Pow(ratio, rate) > limit)
                    break;
                string name = expression.Replace("|", "\\|", StringComparison.Ordinal);
                Outcome outcome;
                try
                {
                    outcome = Run(expression, n, d, dimension, 1e-3, counts: false);
                }
                catch (InvalidOperationException refusal)
                {
                    string row = $"| `{name}` | {Text(n)} |  |  |  |  |  | {refusal.Message.Replace("|", "\\|", StringComparison.Ordinal)} |";
                    log.WriteLine(row);
                    page.AppendLine(row);
                    break;
                }
                (string seconds, string bytes) = ("", "");
                if (before is { } b)
                {
                    rate = Math.Log(outcome.Seconds / b.Outcome.Seconds) / Math.Log(ratio);
                    seconds = rate.ToString("f2", CultureInfo.InvariantCulture);
                    bytes = (Math.Log((double)outcome.PeakBytes / b.Outcome.PeakBytes) / Math.Log(ratio)).ToString("f2", CultureInfo.InvariantCulture);
                }
                string line = string.Create(
                    CultureInfo.InvariantCulture,
                    $"| `{name}` | {n} | {outcome.Seconds:g3} | {outcome.PeakBytes / 1048576.0:f0} | {outcome.WorstResidual:g2} | {seconds} | {bytes} | {outcome.Note} |");
                log.WriteLine(line);
                page.AppendLine(line);
                before = (n, outcome);
            }
        }
        return page.ToString();
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
