using System.Diagnostics;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>A Gaussian kernel matrix times a block, never stored, beside PyTorch tile by tile.</summary>
internal static class KernelProductComparison
{
    /// <summary>n points of d features, p right-hand sides.</summary>
    public static Comparison Create(Bench bench, int n, int d, int p, double? required, double? floorFactor, string script = "pytorch.py")
    {
        double gamma = 0.5 / d;
        float[] x = Array.ConvertAll(Bench.Normals<double>((long)n * d, 5), v => (float)v), v = Bench.Normals<float>((long)n * p, 6);
        Arithmetic<float> on = bench.Target.Arithmetic<float>();
        DeviceMatrix<float> dx = on.Allocate(n, d), dv = on.Allocate(n, p), output = on.Allocate(n, p);
        on.Upload(x, dx);
        on.Upload(v, dv);
        string fileX = bench.Save(x, d), fileV = bench.Save(v, p);
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, gamma);
        var result = new float[n * p];
        bool onProcessor = ReferenceEquals(bench.Target, bench.Device);
        double exponentials = onProcessor ? ExponentialRate(bench.Threads) : double.PositiveInfinity;
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"Gaussian kernel product, float32, {n} x {d}, {p} right-hand sides"),
            new LocalContestant(
                "ours",
                () =>
                {
                    on.KernelProduct(kernel, dx, null, dx, null, dv, output);
                    bench.Target.Synchronize();
                },
                () =>
                {
                    on.Download(output, result);
                    return Array.ConvertAll(result, e => (double)e);
                }),
            [
                new PeerContestant(
                    "PyTorch, best tile", script, bench, "kernel_product",
                    new Dictionary<string, object> { ["x"] = fileX, ["y"] = fileX, ["v"] = fileV, ["gamma"] = gamma }, required),
            ],
            (who, values) =>
            {
                for (int sample = 0; sample < 40; sample++)
                {
                    int i = (int)(sample * 7919L % n);
                    var sums = new double[p];
                    double size = 0;
                    for (int j = 0; j < n; j++)
                    {
                        double distance = 0;
                        for (int f = 0; f < d; f++)
                            distance += Math.Pow((double)x[(i * d) + f] - x[(j * d) + f], 2);
                        double weight = Math.Exp(-gamma * distance);
                        size += weight;
                        for (int c = 0; c < p; c++)
                            sums[c] += weight * v[(j * p) + c];
                    }
                    for (int c = 0; c < p; c++)
                        Checks.Near(who, $"row {i}, column {c}", sums[c], values[((long)i * p) + c], 1e-4 * size);
                }
            })
        {
            Rounds = 3,
            Floor = ((2.0 * n * n * (d + p) / bench.ProductRate) + ((double)n * n / exponentials),
                onProcessor
                    ? string.Create(CultureInfo.InvariantCulture, $"2 n^2 (d + p) / product rate + n^2 / {exponentials:g3} exponentials a second")
                    : "2 n^2 (d + p) / product rate"),
            FloorFactor = floorFactor,
            Resources = new Bundle([dx, dv, output]),
        };
    }

    /// <summary>Exponentials a second of the processor's vector form, in the first-level cache, all threads.</summary>
    public static double ExponentialRate(int threads)
    {
        const int Count = 4096, Repeats = 4000;
        double best = double.PositiveInfinity;
        long begin = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begin).TotalSeconds < 1)        // the compiler takes a part of that to do its best
        {
            long start = Stopwatch.GetTimestamp();
            Parallel.For(0, threads, _ =>
            {
                float[] from = new float[Count], to = new float[Count];
                for (int i = 0; i < Count; i++)
                    from[i] = -10f * i / Count;
                for (int r = 0; r < Repeats; r++)
                    System.Numerics.Tensors.TensorPrimitives.Exp(from, to);
            });
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return (double)Count * Repeats * threads / best;
    }
}
