using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary><c>C = A B</c> of square float32 matrices: 2 N^3 operations.</summary>
public class ProductSquare
{
    private CpuDevice _device = null!;
    private DeviceMatrix<float> _a = null!, _b = null!, _c = null!;

    [Params(512, 2048)]
    public int N { get; set; }

    [Params(BlasChoice.None, BlasChoice.OpenBlas, BlasChoice.Mkl)]
    public BlasChoice Blas { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _device = CpuDevice.Open(new CpuDeviceOptions { Blas = Blas });
        Arithmetic<float> on = _device.Arithmetic<float>();
        (_a, _b, _c) = (on.Allocate(N, N), on.Allocate(N, N), on.Allocate(N, N));
        float[] a = Check.Numbers(N * N, 1), b = Check.Numbers(N * N, 2), c = new float[N * N];
        on.Upload(a, _a);
        on.Upload(b, _b);
        Multiply();
        on.Download(_c, c);
        foreach ((int i, int j) in new[] { (0, 0), (N - 1, N - 1), (N / 3, N / 2) })
        {
            double expected = 0;
            for (int l = 0; l < N; l++)
                expected += (double)a[(i * N) + l] * b[(l * N) + j];
            Check.Close($"c[{i}, {j}]", expected, c[(i * N) + j]);
        }
    }

    [Benchmark]
    public void Multiply() => _device.Arithmetic<float>().Multiply(1, _a, Orientation.Normal, _b, Orientation.Normal, 0, _c);

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();
}
