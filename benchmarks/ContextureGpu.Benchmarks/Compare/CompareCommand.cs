using System.Diagnostics;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary><c>compare [--output FILE] [--only TEXT] [--peers FOLDER] [--data FOLDER] [--quick] [--large]</c>: the table of <c>benchmarks/results</c>.</summary>
internal static class CompareCommand
{
    public static int Run(string[] arguments)
    {
        string? output = Value(arguments, "--output"), only = Value(arguments, "--only");
        string peers = Value(arguments, "--peers") ?? Path.Combine("benchmarks", "peers"), data = Value(arguments, "--data") ?? Path.Combine("..", "shared", "data");
        bool quick = arguments.Contains("--quick");
        if (!Directory.Exists(peers))
        {
            Console.Error.WriteLine($"the peers' scripts are not in {peers}; run from the repository root or give --peers FOLDER");
            return 2;
        }
        using var bench = new Bench(Path.GetFullPath(peers));
        var report = new ComparisonReport(bench, Console.Error);
        foreach ((string name, Func<Comparison> create) in Works(bench, data, quick))
        {
            if (only is not null && !name.Contains(only, StringComparison.Ordinal))
                continue;
            using Comparison comparison = create();
            report.Add(comparison);
        }
        if (only is null or "start-up")
            AddStartUp(report);
        string page = report.Render(string.Join(' ', arguments.Prepend("compare")));
        Save(page);
        if (arguments.Contains("--large"))
            Save(page + LargeTable(bench, report));
        return report.Broken.Count == 0 ? 0 : 1;

        void Save(string text)
        {
            if (output is null)
            {
                Console.WriteLine(text);
                return;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
            File.WriteAllText(output, text);
            Console.Error.WriteLine($"wrote {output}");
        }
    }

    private static IEnumerable<(string Name, Func<Comparison> Create)> Works(Bench bench, string data, bool quick)
    {
        int scale = quick ? 8 : 1;
        yield return ("product", () => DenseComparisons.Product(bench, 2048 / scale, 2048 / scale, 2048 / scale));
        yield return ("product", () => DenseComparisons.Product(bench, 200_000 / scale, 64, 64));
        yield return ("inner", () => DenseComparisons.Inner(bench, 200_000 / scale, 64));
        yield return ("kernel", () => KernelProductComparison.Create(bench, 30_000 / scale, 16, 64, 5, 2));
        yield return ("kernel", () => KernelProductComparison.Create(bench, 30_000 / scale, 16, 1, null, null));
        yield return ("neighbors", () => NeighborComparison.Create(
            bench, "Gaussian mixture", Bench.Mixture(50_000 / scale, 32, 4), 32, 30, [("brute", 3)], 2.5));
        yield return ("neighbors", () => NeighborComparison.Create(
            bench, "Gaussian mixture", Bench.Mixture(100_000 / scale, 3, 4), 3, 30, [("kd_tree", null)], null));
        yield return ("sparse", () => SparseComparison.Create(bench, 50_000 / scale, 30, 64, Orientation.Normal));
        yield return ("sparse", () => SparseComparison.Create(bench, 50_000 / scale, 30, 64, Orientation.Transposed));
        yield return ("randomised", () => RandomizedComparison.Create(bench, 20_000 / scale, 1_000, 50));
        yield return ("encoder", () => EncoderComparison.Create(bench, quick ? 1_024 : 2_924));
        yield return ("kernel functions", () => ContextComparisons.KernelFunctions(bench, 6_000 / scale, 16, 32));
        yield return ("context", () => ContextComparisons.Knn(bench, "Gaussian mixture", Bench.Mixture(20_000 / scale, 24, 6), 24, 30, 128, "brute", 4));
        string abalone = Path.Combine(data, "abalone.csv.gz");
        if (File.Exists(abalone))
        {
            yield return ("context of abalone", () =>
            {
                (double[] points, int d) = ContextComparisons.Abalone(abalone);
                return ContextComparisons.Knn(bench, "abalone", points, d, 30, 128, "auto", 4);
            }
            );
        }
        else
        {
            bench.Remark($"abalone left out: {abalone} is not there");
        }
    }

    // The whole process, from its start to its end.
    private static void AddStartUp(ComparisonReport report)
    {
        const double Promised = 0.4;
        string program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "ContextureGpu.Cli", "release", "contexture.dll"));
        var seconds = new double[9];
        for (int run = -1; run < seconds.Length; run++)
        {
            long start = Stopwatch.GetTimestamp();
            using Process process = Process.Start(new ProcessStartInfo("dotnet", [program, "devices", "--quiet"]) { RedirectStandardOutput = true })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0 || output.Length == 0)
                throw new InvalidOperationException($"devices --quiet ended with {process.ExitCode}");
            if (run >= 0)
                seconds[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        report.Row("start-up: devices --quiet, the whole process", "ours", seconds, "", $"{Promised} s", "");
        double median = seconds.Order().ElementAt(seconds.Length / 2);
        if (median > Promised)
            report.Broken.Add(string.Create(CultureInfo.InvariantCulture, $"start-up takes {median:f2} s, {Promised} were promised"));
    }

    private static string LargeTable(Bench bench, ComparisonReport report)
    {
        var page = new System.Text.StringBuilder();
        double exponentials = KernelProductComparison.ExponentialRate(bench.Threads);
        page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"Large runs, each once in a process of its own; the floor is that of the kernel products made, operations / product rate + entries / {exponentials:g3} exponentials a second:");
        page.AppendLine().AppendLine("| work | seconds | peak MiB | largest residual | promised | seconds / floor |").AppendLine("|---|---|---|---|---|---|");
        Add("knn(k=30)", 1_000_000, 64, 900, 6144, null);
        Add("rbf(gamma=0.03)", 200_000, 32, null, 1024, 2);
        return page.ToString();

        void Add(string expression, int n, int dimension, double? mostSeconds, double mostMiB, double? mostFloors)
        {
            LongRuns.Outcome outcome = LongRuns.Run(expression, n, 16, dimension, 1e-3, counts: true);
            double floor = (outcome.Operations / bench.ProductRate) + (outcome.Exponentials / exponentials);
            double mebibytes = outcome.PeakBytes / 1048576.0, floors = floor > 0 ? outcome.Seconds / floor : 0;
            string[] promises = [.. new[] { mostSeconds is null ? "" : $"{mostSeconds} s", $"{mostMiB} MiB", "1e-3", mostFloors is null ? "" : $"{mostFloors} floors" }.Where(text => text.Length > 0)];
            string promised = $"at most {string.Join(", ", promises)}";
            if (outcome.Seconds > mostSeconds || mebibytes > mostMiB || outcome.WorstResidual > 1e-3 || floors > mostFloors)
            {
                promised += " (not kept)";
                report.Broken.Add($"{expression}, top {dimension}, {n} x 16: {promised}");
            }
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"| {expression}, top {dimension}, {n} x 16 | {outcome.Seconds:f0} | {mebibytes:f0} | {outcome.WorstResidual:g2} | {promised} | {(floor > 0 ? floors.ToString("f2", CultureInfo.InvariantCulture) : "")} |");
            Console.Error.WriteLine(line);
            page.AppendLine(line);
        }
    }

    /// <summary>The argument behind a name; null without it.</summary>
    public static string? Value(string[] arguments, string name) =>
        Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;
}
