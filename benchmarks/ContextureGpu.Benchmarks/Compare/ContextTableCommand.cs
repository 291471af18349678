using System.Diagnostics;
using System.Globalization;
using System.Text;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>
/// <c>contexts [--output FILE] [--data FOLDER] [--only TEXT]</c>: every context on abalone, digits and credit-approval, with a weak, a moderate and a strong association: what its spectrum looks
/// like, and what it costs.
/// </summary>
internal static class ContextTableCommand
{
    private const int Dimension = 16;

    /// <summary>Rows up to which a Gram matrix is written out; its eigenvalues take a time that grows like the cube.</summary>
    private const int MostGramRows = 2000;

    public static int Run(string[] arguments)
    {
        string data = CompareCommand.Value(arguments, "--data") ?? Path.Combine("..", "shared", "data");
        string? only = CompareCommand.Value(arguments, "--only"), output = CompareCommand.Value(arguments, "--output");
        var page = new StringBuilder();
        page.AppendLine("# Contexts").AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"Every context with a weak, a moderate and a strong association, top {Dimension} features, single precision, tolerance 1e-3, the solver that `auto` takes. Singular values without the constant;")
            .AppendLine("decay is lambda of the fit `s_i^2 = exp(-lambda i)` over those above 0.01. Seconds are of one fit, binding included; memory is the peak resident set above that before the fit (Linux).")
            .AppendLine("Contexts that compare values for equality (tokens, scarf, cutmix, cutout) are nearly the identity where no two rows have many values in common, as on digits and on columns of real numbers: s = 1 throughout.")
            .AppendLine("Repeat with")
            .AppendLine()
            .AppendLine("```")
            .AppendLine("dotnet run -c Release --project benchmarks/ContextureGpu.Benchmarks -- contexts --output docs/contexts.md")
            .AppendLine("```");
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"On {engine.Device.Name}, {Path.GetFileName(engine.Device.NativeLibrary) ?? "no native library"}; kernels by their matrix up to {MostGramRows} rows.");
        foreach ((string name, string file, string target, double unit, int? width) in new[]
        {
            ("abalone", Path.Combine(data, "abalone.csv.gz"), "Class_Rings", 1.0, (int?)null), ("credit-approval", Path.Combine(data, "credit-approval.csv.gz"), "class", 1.0, null),
            ("digits", Path.Combine("src", "ContextureGpu.Cli", "Demo", "optical-digits.csv.gz"), "digit", 4.0, 8),
        })
        {
            if (!File.Exists(file))
            {
                page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{name} was left out: {file} is not there.");
                continue;
            }
            DataTable table = DataTable.Read(file);
            var options = new PreprocessingOptions { Exclude = [target], Scale = width is null ? ColumnScaling.Standardize : ColumnScaling.None };
            DirectoryInfo folder = Directory.CreateTempSubdirectory("contexture-contexts-");
            try
            {
                double[] inputs = WriteFiles(table, options, target, folder.FullName, out int dimension);
                page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"## {name}, {table.Rows} x {dimension}").AppendLine()
                    .AppendLine("| context | | s_1 | s_2 | s_16 | decay | seconds | MiB |").AppendLine("|---|---|---|---|---|---|---|---|");
                foreach ((string strength, string expression) in Works(target, table.IsNumeric(table.ColumnIndex(target)) && name == "abalone", unit, width))
                {
                    if (expression.StartsWith("kernel", StringComparison.Ordinal) && table.Rows > MostGramRows)
                        continue;
                    if (only is not null && !expression.Contains(only, StringComparison.Ordinal))
                        continue;
                    string line = Row(engine, table, options, strength, expression, folder.FullName);
                    Console.Error.WriteLine($"{name} {line}");
                    page.AppendLine(line);
                }
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }
        if (output is null)
            Console.WriteLine(page);
        else
            File.WriteAllText(output, page.ToString());
        return 0;
    }

    private static IEnumerable<(string Strength, string Expression)> Works(string target, bool isNumber, double unit, int? width)
    {
        foreach ((string weak, string moderate, string strong) in All())
        {
            yield return ("weak", weak);
            yield return ("moderate", moderate);
            yield return ("strong", strong);
        }

        IEnumerable<(string, string, string)> All()
        {
            yield return Each("knn(k={0})", 150, 30, 5);
            yield return Each("knn(k={0}, graph=mutual)", 150, 30, 5);
            yield return Each("knn(k={0}, graph=symmetric)", 150, 30, 5);
            foreach (string kernel in new[] { "rbf", "laplacian", "exponential" })
            {
                yield return ($"{kernel}(gamma=median)", $"{kernel}(gamma=kth, k=200)", $"{kernel}(gamma=kth)");
                yield return Each($"{kernel}(gamma=local, k={{0}})", 200, 30, 7);
            }
            yield return Each("cosine(gamma={0})", 1, 8, 64);
            if (isNumber)
            {
                yield return Each($"labels(column={target}, smoothing={{0}})", 2, 0.5, 0.1);
                yield return ($"0.8 rbf(gamma=median) + 0.2 labels(column={target}, kernel=linear)", $"0.5 rbf(gamma=median) + 0.5 labels(column={target}, kernel=linear)", $"labels(column={target}, kernel=linear)");
            }
            else
            {
                yield return Each($"labels(column={target}, noise={{0}})", 0.4, 0.1, 0);
            }
            yield return ("graph(file=edges30.csv)", "graph(file=edges8.csv)", "graph(file=edges2.csv)");
            yield return Each("noise(sigma={0})", 3 * unit, unit, 0.3 * unit);
            yield return Each("noise(time={0})", 0.95, 0.5, 0.1);
            yield return Each("mask(rate={0}, draws=10, then=knn(k=30))", 0.8, 0.5, 0.1);
            yield return Each("tokens(rate={0}, draws=30)", 0.95, 0.7, 0.3);
            yield return Each("scarf(rate={0})", 0.9, 0.7, 0.3);
            yield return Each("scarf(rate={0}, marginal=uniform)", 0.9, 0.7, 0.3);
            yield return Each("cutmix(rate={0})", 0.8, 0.5, 0.2);
            if (width is int pixels)
            {
                yield return Each($"cutmix(rate={{0}}, width={pixels})", 0.8, 0.5, 0.2);
                yield return Each($"cutout(width={pixels}, size={{0}})", 7, 5, 3);
                yield return ($"views(width={pixels}, shift=2, flip=true, noise=12)", $"views(width={pixels}, shift=1, noise=4)", $"views(width={pixels}, shift=0, noise=2)");
            }
            yield return ("teacher(file=features.npy)", "teacher(file=features.npy, whiten=0.5)", "teacher(file=features.npy, whiten=0.05)");
            yield return Each("pairs(file=features.npy, then=knn(k={0}))", 150, 30, 5);
            yield return ("kernel(file=gram2.npy)", "kernel(file=gram1.npy)", "kernel(file=gram0.npy)");
            yield return ("knn(k=30) * rbf(gamma=median)", "knn(k=5) * knn(k=30)", "knn(k=5) * knn(k=5)");
        }

        static (string, string, string) Each(string pattern, double weak, double moderate, double strong) => (Put(pattern, weak), Put(pattern, moderate), Put(pattern, strong));

        static string Put(string pattern, double value) => pattern.Replace("{0}", value.ToString("G6", CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    private static string Row(ContextureEngine engine, DataTable table, PreprocessingOptions options, string strength, string expression, string folder)
    {
        string placed = expression.Replace("file=", $"file={folder}{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        try
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            long before = ResetPeak();
            long start = Stopwatch.GetTimestamp();
            SpectralModel model = engine.Fit(table, Context.Parse(placed), options, new SpectralOptions { Dimension = Dimension, Tolerance = 1e-3 });
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            using Process self = Process.GetCurrentProcess();
            double peak = Math.Max(0, self.PeakWorkingSet64 - before) / 1048576.0;
            double[] s = model.SingularValues.ToArray();
            return string.Create(
                CultureInfo.InvariantCulture, $"| `{expression.Replace("|", "\\|", StringComparison.Ordinal)}` | {strength} | {s[0]:f3} | {s[1]:f3} | {s[^1]:f3} | {Decay(s):f3} | {seconds:f2} | {(before == 0 ? "" : peak.ToString("f0", CultureInfo.InvariantCulture))} |");
        }
        catch (InputException refusal)
        {
            return $"| `{expression}` | {strength} | refused: {refusal.Message.Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal)} | | | | | |";
        }
    }

    // The kernel counts the peak from here on; what is resident now. 0 where that cannot be asked for.
    private static long ResetPeak()
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        File.WriteAllText("/proc/self/clear_refs", "5");
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }

    // Least squares of -log s_i^2 on i, through the origin.
    private static double Decay(double[] s)
    {
        double above = 0, below = 0;
        for (int i = 0; i < s.Length && s[i] > 0.01; i++)
        {
            above += (i + 1) * -2 * Math.Log(s[i]);
            below += (i + 1.0) * (i + 1);
        }
        return below == 0 ? double.NaN : Math.Max(0, above / below);
    }

    // Features of a random network for a teacher, Gaussian Gram matrices at three scales, the edges to the nearest rows.
    private static double[] WriteFiles(DataTable table, PreprocessingOptions options, string target, string folder, out int dimension)
    {
        const int Features = 64;
        Preprocessing encoding = Preprocessing.Fit(table, options);
        double[] x = encoding.Apply(table.Without([target]), out _);
        int n = table.Rows, d = dimension = encoding.InputDimension;
        double[] weights = new double[d * Features], features = new double[n * Features], distances = new double[n * 31];
        new Philox(1, 1).Normals(0, weights.AsSpan());
        using CpuDevice device = CpuDevice.Open();
        device.LinearAlgebra.Multiply(x, Orientation.Normal, weights, Orientation.Normal, features, n, Features, d);
        for (int e = 0; e < features.Length; e++)
            features[e] = Math.Tanh(features[e] / Math.Sqrt(d));
        NpyFile.Write(Path.Combine(folder, "features.npy"), features, n, Features);
        int[] nearest = new int[n * 31];
        device.NearestNeighbors(x, x, d, 31, nearest, distances);
        foreach (int k in (ReadOnlySpan<int>)[2, 8, 30])
        {
            var edges = new StringBuilder("from,to\n");
            for (int i = 0; i < n; i++)
            {
                for (int e = 0; e <= k; e++)
                {
                    if (nearest[(i * 31) + e] != i)
                        edges.Append(CultureInfo.InvariantCulture, $"{i},{nearest[(i * 31) + e]}\n");
                }
            }
            File.WriteAllText(Path.Combine(folder, $"edges{k}.csv"), edges.ToString());
        }
        double scale = Enumerable.Range(0, n).Select(i => distances[(i * 31) + 30]).Order().ElementAt(n / 2);
        if (n <= MostGramRows)
        {
            for (int power = 0; power < 3; power++)
            {
                double gamma = Math.Pow(0.1, power) / scale;
                var gram = new double[n * n];
                for (int i = 0; i < n; i++)
                {
                    for (int j = 0; j < n; j++)
                        gram[(i * n) + j] = Math.Exp(-gamma * Math.Pow(System.Numerics.Tensors.TensorPrimitives.Distance<double>(x.AsSpan(i * d, d), x.AsSpan(j * d, d)), 2));
                }
                NpyFile.Write(Path.Combine(folder, $"gram{power}.npy"), gram, n, n);
            }
        }
        return x;
    }
}
