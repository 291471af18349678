using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary>
/// <c>out = K(X, X) V</c> with K never stored, float32, Gaussian, N = M = 30,000. Beside it the floor: the fused multiply-adds that any implementation needs, at the rate of the device's own
/// dense product, <c>N M (D + p) / (rate of Multiply)</c>; exponentials are not in it.
/// </summary>
[MemoryDiagnoser(false)]
public class KernelProductBenchmark
{
    private const int N = 30_000, Square = 2048;
    private KernelMatrixBench _bench = null!;
    private DeviceMatrix<float> _product = null!, _a = null!, _b = null!, _c = null!;

    /// <summary>Features, right-hand sides.</summary>
    [Params("16,64", "16,16", "16,1", "64,64")]
    public string Shape { get; set; } = "";

    /// <summary>Fills the matrices and compares a sample of rows with float64 loops.</summary>
    [GlobalSetup]
    public void Verify()
    {
        string[] parts = Shape.Split(',');
        (int d, int p) = (int.Parse(parts[0]), int.Parse(parts[1]));
        _bench = new KernelMatrixBench(N, d, p);
        _product = _bench.On.Allocate(N, p);
        KernelProduct();
        _bench.AssertNear(_product, (weights, v, c) => weights.Select((w, j) => w * v[(j * p) + c]).Sum());
        (_a, _b, _c) = (_bench.On.Allocate(Square, Square), _bench.On.Allocate(Square, Square), _bench.On.Allocate(Square, Square));
        _bench.On.Fill(_a, 1);
        _bench.On.Fill(_b, 1);
    }

    [Benchmark]
    public void KernelProduct() => _bench.On.KernelProduct(_bench.Kernel, _bench.X, null, _bench.Y, null, _bench.V, _product);

    /// <summary>2048^3 multiply-adds: the rate that the floor is counted with.</summary>
    [Benchmark]
    public void DenseProduct() => _bench.On.Multiply(1, _a, Orientation.Normal, _b, Orientation.Normal, 0, _c);

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (DeviceMatrix<float> matrix in new[] { _product, _a, _b, _c })
            matrix.Dispose();
        _bench.Dispose();
    }
}
