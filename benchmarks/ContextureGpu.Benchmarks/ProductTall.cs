using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary>Products of a tall float32 matrix X (200 000, width): X times a small square, and X^T X.</summary>
public class ProductTall
{
    private const int Rows = 200_000;
    private CpuDevice _device = null!;
    private DeviceMatrix<float> _x = null!, _s = null!, _y = null!, _c = null!;

    [Params(16, 64)]
    public int Width { get; set; }

    [Params(BlasChoice.None, BlasChoice.OpenBlas, BlasChoice.Mkl)]
    public BlasChoice Blas { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _device = CpuDevice.Open(new CpuDeviceOptions { Blas = Blas });
        Arithmetic<float> on = _device.Arithmetic<float>();
        (_x, _s, _y, _c) = (on.Allocate(Rows, Width), on.Allocate(Width, Width), on.Allocate(Rows, Width), on.Allocate(Width, Width));
        float[] x = Check.Numbers(Rows * Width, 1), s = Check.Numbers(Width * Width, 2), y = new float[Rows * Width], c = new float[Width * Width];
        on.Upload(x, _x);
        on.Upload(s, _s);
        TimesSquare();
        TransposedTimes();
        on.Download(_y, y);
        on.Download(_c, c);
        (double row, double inner) = (0, 0);
        for (int l = 0; l < Width; l++)
            row += (double)x[((Rows - 1) * Width) + l] * s[(l * Width) + Width - 1];
        for (int l = 0; l < Rows; l++)
            inner += (double)x[l * Width] * x[l * Width];
        Check.Close("the last element of X S", row, y[^1]);
        Check.Close("the first element of X^T X", inner, c[0]);
    }

    [Benchmark]
    public void TimesSquare() => _device.Arithmetic<float>().Multiply(1, _x, Orientation.Normal, _s, Orientation.Normal, 0, _y);

    [Benchmark]
    public void TransposedTimes() => _device.Arithmetic<float>().Multiply(1, _x, Orientation.Transposed, _x, Orientation.Normal, 0, _c);

    [GlobalCleanup]
    public void Cleanup() => _device.Dispose();
}
