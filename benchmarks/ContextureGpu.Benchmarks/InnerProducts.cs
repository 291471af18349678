using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary><c>X^T Y</c> and <c>X^T X</c> of float32 matrices (N, width), accumulated in float64.</summary>
public class InnerProducts
{
    private CpuDevice _device = null!;
    private DeviceMatrix<float> _x = null!, _y = null!;
    private double[] _c = [];

    [Params(200_000, 1_000_000)]
    public int N { get; set; }

    [Params(16, 64)]
    public int Width { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<float> on = _device.Arithmetic<float>();
        (_x, _y, _c) = (on.Allocate(N, Width), on.Allocate(N, Width), new double[Width * Width]);
        float[] x = Check.Numbers(N * Width, 1), y = Check.Numbers(N * Width, 2);
        on.Upload(x, _x);
        on.Upload(y, _y);
        (double mixed, double own) = (0, 0);
        for (int i = 0; i < N; i++)
        {
            mixed += (double)x[i * Width] * y[(i * Width) + Width - 1];
            own += (double)x[i * Width] * x[(i * Width) + Width - 1];
        }
        Mixed();
        Check.Close("the corner of X^T Y", mixed, _c[Width - 1]);
        Symmetric();
        Check.Close("the corner of X^T X", own, _c[Width - 1]);
    }

    [Benchmark]
    public void Mixed() => _device.Arithmetic<float>().InnerProducts(_x, _y, _c);

    [Benchmark]
    public void Symmetric() => _device.Arithmetic<float>().InnerProducts(_x, _x, _c);

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();
}
