using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary>Logarithmic row sums of K(X, X), never stored, float32, Gaussian, N = M = 30,000.</summary>
public class KernelLogSumBenchmark
{
    private const int N = 30_000;
    private KernelMatrixBench _bench = null!;
    private DeviceMatrix<float> _sums = null!;

    /// <summary>Features.</summary>
    [Params(16, 64)]
    public int Dimension { get; set; }

    /// <summary>Fills the matrices and compares a sample of rows with float64 loops.</summary>
    [GlobalSetup]
    public void Verify()
    {
        _bench = new KernelMatrixBench(N, Dimension, 1);
        _sums = _bench.On.Allocate(N, 1);
        KernelLogSum();
        _bench.AssertNear(_sums, (weights, _, _) => Math.Log(weights.Sum()));
    }

    [Benchmark]
    public void KernelLogSum() => _bench.On.KernelLogSum(_bench.Kernel, _bench.X, _bench.Y, null, _sums);

    [GlobalCleanup]
    public void Dispose()
    {
        _sums.Dispose();
        _bench.Dispose();
    }
}
