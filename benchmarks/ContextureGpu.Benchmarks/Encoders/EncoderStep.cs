using BenchmarkDotNet.Attributes;
using ContextureGpu.Encoders;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary>
/// A step of training over all rows: 2,924 x 10 inputs, width 512, three hidden layers with tanh and skip connections, 512 outputs, knn(k=30), exact whitening. peers/encoder.py takes
/// the same step in PyTorch. The floor is its large products alone: three layers forward and twice backward, the gradient by both moments, and half a product for each moment.
/// </summary>
public class EncoderStep
{
    private const int Rows = 2924, Inputs = 10, Width = 512, Products = 3 * 3 + 2 + 1;
    private CpuDevice _device = null!;
    private EncoderTraining<float> _training = null!;
    private DeviceMatrix<float> _x = null!, _w = null!, _y = null!;

    [GlobalSetup]
    public void Setup()
    {
        _device = CpuDevice.Open();
        Arithmetic<float> on = _device.Arithmetic<float>();
        var values = new double[Rows * Inputs];
        new Philox(1, 1).Normals(0, values.AsSpan());
        var sample = new ContextSample(values, Rows, Inputs);
        BoundContext bound = ContextBinding.Bind(Context.Knn(30), sample, _device, CancellationToken.None);
        _training = new EncoderTraining<float>(bound, sample, new EncoderOptions(), _device, _device.LinearAlgebra);
        double first = 0, last = 0;
        for (int step = 0; step < 5; step++)
        {
            last = _training.Step(1e-3, CancellationToken.None);
            first = step == 0 ? last : first;
        }
        if (!(last < first))
            throw new InvalidOperationException($"the loss went from {first} to {last} in five steps");
        (_x, _w, _y) = (on.Allocate(Rows, Width), on.Allocate(Width, Width), on.Allocate(Rows, Width));
        on.Upload(Check.Numbers(Rows * Width, 1), _x);
        on.Upload(Check.Numbers(Width * Width, 2), _w);
    }

    [Benchmark]
    public double Step() => _training.Step(1e-3, CancellationToken.None);

    [Benchmark(Baseline = true)]
    public void Floor()
    {
        for (int product = 0; product < Products; product++)
            _device.Arithmetic<float>().Multiply(1, _x, Orientation.Normal, _w, Orientation.Normal, 0, _y);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _training.Dispose();
        _device.Dispose();
    }
}
