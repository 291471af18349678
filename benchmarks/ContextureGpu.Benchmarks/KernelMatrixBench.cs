using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary>Points, a block and the float64 loops that the operations on kernel matrices are verified with before they are timed.</summary>
internal sealed class KernelMatrixBench : IDisposable
{
    private readonly CpuDevice _device = CpuDevice.Open();
    private readonly float[] _points, _block;
    private readonly int _n, _d;

    /// <summary>n standard normal points with d features and a block of p columns; gamma is 1 / d.</summary>
    public KernelMatrixBench(int n, int d, int p)
    {
        (_n, _d, On) = (n, d, _device.Arithmetic<float>());
        (_points, _block) = (new float[n * d], new float[n * p]);
        new Philox(1, 1).Normals<float>(0, _points);
        new Philox(1, 2).Normals<float>(0, _block);
        (X, Y, V) = (On.Allocate(n, d), On.Allocate(n, d), On.Allocate(n, p));
        On.Upload(_points, X);
        On.Upload(_points, Y);
        On.Upload(_block, V);
        Kernel = new RadialKernel(RadialKernelKind.Gaussian, 1.0 / d);
    }

    /// <summary>The operations of the processor.</summary>
    public Arithmetic<float> On { get; }

    /// <summary>The kernel.</summary>
    public RadialKernel Kernel { get; }

    /// <summary>The points, twice (n, d), and the block, (n, p).</summary>
    public DeviceMatrix<float> X { get; }

    /// <inheritdoc cref="X"/>
    public DeviceMatrix<float> Y { get; }

    /// <inheritdoc cref="X"/>
    public DeviceMatrix<float> V { get; }

    /// <summary>Fails unless eight rows of a result agree to 1e-5 of the sum of weights with <paramref name="expected"/>(weights of the row, block, column).</summary>
    public void AssertNear(DeviceMatrix<float> result, Func<double[], float[], int, double> expected)
    {
        var values = new float[_n * result.Columns];
        On.Download(result, values);
        for (int i = 0; i < _n; i += (_n / 8) + 1)
        {
            double[] weights = [.. Enumerable.Range(0, _n).Select(j => Math.Exp(-Kernel.Gamma * Enumerable.Range(0, _d).Sum(f => Math.Pow((double)_points[(i * _d) + f] - _points[(j * _d) + f], 2))))];
            for (int c = 0; c < result.Columns; c++)
            {
                double right = expected(weights, _block, c), error = Math.Abs(values[(i * result.Columns) + c] - right);
                if (!(error <= 1e-5 * weights.Sum()))
                    throw new InvalidOperationException($"({i}, {c}) is {values[(i * result.Columns) + c]}, {right} is right");
            }
        }
    }

    public void Dispose()
    {
        X.Dispose();
        Y.Dispose();
        V.Dispose();
        _device.Dispose();
    }
}
