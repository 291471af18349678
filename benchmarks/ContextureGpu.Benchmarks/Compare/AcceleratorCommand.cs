using System.Diagnostics;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary><c>accelerator [--device cuda:0] [--output FILE] [--peers FOLDER] [--quick]</c>: an accelerator beside PyTorch on the same one, and a fit from end to end.</summary>
internal static class AcceleratorCommand
{
    private const string Script = "torch_gpu.py";

    public static int Run(string[] arguments)
    {
        string selector = CompareCommand.Value(arguments, "--device") ?? "cuda:0", peers = CompareCommand.Value(arguments, "--peers") ?? Path.Combine("benchmarks", "peers");
        int scale = arguments.Contains("--quick") ? 16 : 1;
        if (!Directory.Exists(peers))
        {
            Console.Error.WriteLine($"the peers' scripts are not in {peers}; run from the repository root or give --peers FOLDER");
            return 2;
        }
        ComputeDevice device;
        try
        {
            device = IlgpuDevices.Open(selector, IlgpuDiscoveryOptions.FromEnvironment());
        }
        catch (DeviceFailureException absent)
        {
            Console.Error.WriteLine(absent.Message);
            return 3;
        }
        string page;
        int broken;
        using (device)
        using (var bench = new Bench(Path.GetFullPath(peers), device))
        {
            var report = new ComparisonReport(bench, Console.Error);
            Func<Comparison>[] works =
            [
                () => Product(bench, 8192 / scale),
                () => Inner(bench, 1_000_000 / scale, 64),
                () => KernelProductComparison.Create(bench, 200_000 / scale, 16, 64, 2, null, Script),
                () => NeighborComparison.CreateOnAccelerator(bench, Bench.Mixture(200_000 / scale, 32, 4), 32, 30, 1.5, Script),
                () => EncoderComparison.CreateOnAccelerator(bench, scale > 1 ? 1_024 : 2_924),
            ];
            foreach (Func<Comparison> create in works)
            {
                using Comparison comparison = create();
                report.Add(comparison);
            }
            page = report.Render(string.Join(' ', arguments.Prepend("accelerator")));
            broken = report.Broken.Count;
        }
        page += Whole(selector, 1_000_000 / scale);
        if (CompareCommand.Value(arguments, "--output") is { } output)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
            File.WriteAllText(output, page);
            Console.Error.WriteLine($"wrote {output}");
        }
        else
        {
            Console.WriteLine(page);
        }
        return broken == 0 ? 0 : 1;
    }

    private static Comparison Product(Bench bench, int n)
    {
        float[] a = Bench.Normals<float>((long)n * n, 1), b = Bench.Normals<float>((long)n * n, 2);
        var resources = new List<IDisposable>();
        var others = new List<Contestant>();
        string fileA = bench.Save(a, n), fileB = bench.Save(b, n);
        others.Add(Peer("PyTorch, cuBLAS in float32", tf32: 0, 0.7));
        others.Add(Peer("PyTorch, cuBLAS in tf32", tf32: 1, null));
        if (bench.Target.Description.Backend == BackendKind.Cuda)
        {
            ComputeDevice library = IlgpuDevices.Open(bench.Target.Description, IlgpuDiscoveryOptions.FromEnvironment() with { CuBlas = true });
            resources.Add(library);
            others.Add(Ours(library, "cuBLAS by ILGPU.Algorithms"));
            foreach (string warning in library.Warnings)
                bench.Remark(warning);
        }
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"product, float32, {n} x {n}"),
            Ours(bench.Target, "ours"),
            others,
            (who, c) =>
            {
                // tf32 rounds the factors to 11 bits.
                double bound = 6 * Math.Sqrt(n) * (who.Contains("tf32", StringComparison.Ordinal) ? 1e-3 : 1.2e-7 * Math.Sqrt(n));
                for (int sample = 0; sample < 200; sample++)
                {
                    int i = (int)(sample * 7919L % n), j = (int)(sample * 104729L % n);
                    double sum = 0;
                    for (int l = 0; l < n; l++)
                        sum += (double)a[(i * n) + l] * b[(l * n) + j];
                    Checks.Near(who, $"element ({i}, {j})", sum, c[((long)i * n) + j], bound);
                }
            })
        {
            Floor = (2.0 * n * n * n / bench.ProductRate, "2 n^3 / our own product rate at 2048"),
            Resources = new Bundle([.. resources]),
        };

        LocalContestant Ours(ComputeDevice device, string label)
        {
            Arithmetic<float> on = device.Arithmetic<float>();
            DeviceMatrix<float> da = on.Allocate(n, n), db = on.Allocate(n, n), dc = on.Allocate(n, n);
            resources.AddRange([da, db, dc]);
            on.Upload(a, da);
            on.Upload(b, db);
            return new LocalContestant(
                label,
                () =>
                {
                    on.Multiply(1, da, Orientation.Normal, db, Orientation.Normal, 0, dc);
                    device.Synchronize();
                },
                () =>
                {
                    var result = new float[n * n];
                    on.Download(dc, result);
                    return Array.ConvertAll(result, v => (double)v);
                });
        }

        PeerContestant Peer(string label, int tf32, double? required) =>
            new(label, Script, bench, "product", new Dictionary<string, object> { ["a"] = fileA, ["b"] = fileB, ["tf32"] = tf32 }, required);
    }

    private static Comparison Inner(Bench bench, int n, int p)
    {
        float[] a = Bench.Normals<float>((long)n * p, 3);
        Arithmetic<float> on = bench.Target.Arithmetic<float>();
        DeviceMatrix<float> da = on.Allocate(n, p);
        on.Upload(a, da);
        string file = bench.Save(a, p);
        var gram = new double[p * p];
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"inner products of {n} x {p}, ours summed in float64"),
            new LocalContestant("ours", () => on.InnerProducts(da, da, gram), () => (double[])gram.Clone()),
            [new PeerContestant("PyTorch, float32", Script, bench, "inner", new Dictionary<string, object> { ["a"] = file })],
            (who, c) =>
            {
                for (int e = 0; e < p * p; e += 97)
                {
                    double sum = 0;
                    for (int r = 0; r < n; r++)
                        sum += (double)a[(r * p) + (e / p)] * a[(r * p) + (e % p)];
                    Checks.Near(who, $"element {e}", sum, c[e], 1e-4 * n);
                }
            })
        {
            Floor = (4.0 * n * p / bench.CopyRate, "bytes read / copy rate"),
            Resources = da,
        };
    }

    // A fit from host memory to features, once.
    private static string Whole(string selector, int n)
    {
        double[] points = Bench.Mixture(n, 32, 3);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = selector });
        long start = Stopwatch.GetTimestamp();
        SpectralModel model = engine.Fit(points, n, Context.Knn(30), new SpectralOptions { Dimension = 64, Tolerance = 1e-3 });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, worst = 0;
        foreach (double residual in model.Residuals)
            worst = Math.Max(worst, residual);
        return string.Create(CultureInfo.InvariantCulture, $"\nFrom end to end: knn(k=30), top 64, {n} x 32 on {selector}: {seconds:f1} s, largest residual {worst:g2}.\n");
    }
}
