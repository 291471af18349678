using System.Diagnostics;
using System.Globalization;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>Work too long to be repeated, and growth with N: each run in a process of its own, so that its peak memory is its own.</summary>
internal static class LongRuns
{
    /// <summary>What a run took.</summary>
    internal sealed record Outcome(double Seconds, long PeakBytes, double WorstResidual, string Note);

    /// <summary>The child's part: fits and prints its figures on one line.</summary>
    public static int Fit(string expression, int n, int d, int dimension, double tolerance)
    {
        double[] points = Bench.Mixture(n, d, 3);
        if (GrowthCommand.ComparesValues(expression))
            points = Array.ConvertAll(points, Math.Round);
        long start = Stopwatch.GetTimestamp();
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(points, n, Context.Parse(expression), new SpectralOptions { Dimension = dimension, Tolerance = tolerance });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double worst = 0;
        foreach (double residual in model.Residuals)
            worst = Math.Max(worst, residual);
        using Process self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {self.PeakWorkingSet64} {worst} {model.Facts.Solver.ToString().ToLowerInvariant()}, {model.Facts.Iterations} passes"));
        return 0;
    }

    /// <summary>Runs <see cref="Fit"/> in a child process.</summary>
    public static Outcome Run(string expression, int n, int d, int dimension, double tolerance)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(LongRuns).Assembly.Location);
        foreach (string argument in (ReadOnlySpan<string>)["fit-once", expression, Text(n), Text(d), Text(dimension), tolerance.ToString(CultureInfo.InvariantCulture)])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        string line = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        string[] parts = line.Split(' ', 4);
        if (process.ExitCode != 0 || parts.Length != 4)
            throw new InvalidOperationException($"{expression} on {n} x {d} ended with {process.ExitCode}: {line}");
        return new Outcome(
            double.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture), parts[3]);
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
                Outcome outcome = Run(expression, n, d, dimension, 1e-3);
                (string seconds, string bytes) = ("", "");
                if (before is { } b)
                {
                    rate = Math.Log(outcome.Seconds / b.Outcome.Seconds) / Math.Log(ratio);
                    seconds = rate.ToString("f2", CultureInfo.InvariantCulture);
                    bytes = (Math.Log((double)outcome.PeakBytes / b.Outcome.PeakBytes) / Math.Log(ratio)).ToString("f2", CultureInfo.InvariantCulture);
                }
                string line = string.Create(
                    CultureInfo.InvariantCulture,
                    $"| `{expression.Replace("|", "\\|", StringComparison.Ordinal)}` | {n} | {outcome.Seconds:g3} | {outcome.PeakBytes / 1048576.0:f0} | {outcome.WorstResidual:g2} | {seconds} | {bytes} | {outcome.Note} |");
                log.WriteLine(line);
                page.AppendLine(line);
                before = (n, outcome);
            }
        }
        return page.ToString();
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
