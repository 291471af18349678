using ContextureGpu.Kernels.Ilgpu;
using ContextureGpu.Testing;
using ILGPU.Runtime;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The choice among the kernels of a product, and the trial of one that is not trusted.</summary>
[Collection("opencl")]
public sealed class ProductTunerTests
{
    private static readonly (ProductKernel, double)[] Speeds = [(ProductKernel.LargeTiles, 40_000), (ProductKernel.SmallTiles, 15_000), (ProductKernel.TensorTiles, 90_000)];

    [Theory]
    [InlineData(8192, 8192, nameof(ProductKernel.TensorTiles))]
    [InlineData(1024, 1024, nameof(ProductKernel.TensorTiles))]
    [InlineData(128, 128, nameof(ProductKernel.TensorTiles))]
    public void Tensor_cores_that_are_fast_are_taken(int m, int n, string expected) => Assert.Equal(expected, ProductTuner.Fastest(m, n, 132, Speeds).ToString());

    [Theory]
    [InlineData(8192, 8192, nameof(ProductKernel.LargeTiles))]
    [InlineData(256, 256, nameof(ProductKernel.SmallTiles))]      // 16 multiprocessors work instead of 4
    [InlineData(2048, 2048, nameof(ProductKernel.LargeTiles))]
    public void Few_tiles_are_spread_over_the_multiprocessors(int m, int n, string expected) => Assert.Equal(expected, ProductTuner.Fastest(m, n, 132, Speeds[..2]).ToString());

    [Fact]
    public void Speeds_are_measured_once_and_kept()
    {
        var speeds = new SpeedCache(null);
        var bench = new Bench(null);
        var tuner = new ProductTuner(132, "some device", speeds, TensorCoreUse.Single);
        Assert.Equal(ProductKernel.TensorTiles, tuner.Choose(4096, 4096, bench));
        Assert.Equal(ProductKernel.TensorTiles, tuner.Choose(4096, 4096, bench));
        Assert.Equal((3, 1), (bench.Measurements, bench.Trials));
        // In another process: right results are asked for again, speeds are not.
        Assert.Equal(ProductKernel.TensorTiles, new ProductTuner(132, "some device", speeds, TensorCoreUse.Single).Choose(4096, 4096, bench));
        Assert.Equal((3, 2), (bench.Measurements, bench.Trials));
        // Of another device, or to another accuracy, they are not known.
        new ProductTuner(132, "another device", speeds, TensorCoreUse.None).Choose(4096, 4096, bench);
        new ProductTuner(132, "some device", speeds, TensorCoreUse.Fast).Choose(4096, 4096, bench);
        Assert.Equal(6, bench.Measurements);
    }

    [Fact]
    public void Tensor_cores_that_compute_wrong_or_were_not_asked_for_are_not_used()
    {
        var wrong = new ProductTuner(132, "", new SpeedCache(null), TensorCoreUse.Fast);
        Assert.Equal(ProductKernel.LargeTiles, wrong.Choose(4096, 4096, new Bench("7 at (1, 2)")));
        Assert.Contains("7 at (1, 2)", Assert.Single(wrong.Warnings), StringComparison.Ordinal);
        var bench = new Bench(null);
        var none = new ProductTuner(132, "", new SpeedCache(null), TensorCoreUse.None);
        Assert.Equal(ProductKernel.LargeTiles, none.Choose(4096, 4096, bench));
        Assert.Empty(none.Warnings);
        Assert.Equal(0, bench.Trials);
    }

    [Fact]
    public void Without_memory_to_measure_large_tiles_are_taken_for_the_time_being()
    {
        var tuner = new ProductTuner(132, "", new SpeedCache(null), TensorCoreUse.None);
        var bench = new Bench(null) { HasMemory = false };
        Assert.Equal(ProductKernel.LargeTiles, tuner.Choose(256, 256, bench));
        bench.HasMemory = true;
        Assert.Equal(ProductKernel.SmallTiles, tuner.Choose(256, 256, bench));
    }

    [Fact]
    public void The_trial_sees_every_kind_of_wrong_product()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<float> on = device.Arithmetic<float>();
        Assert.Null(ProductTrial<float>.Fault(on, isTf32: false, on.Multiply));
        Assert.Null(ProductTrial<float>.Fault(on, isTf32: true, on.Multiply));
        // Rounded to tf32: right for tf32, wrong for float32.
        Assert.Null(ProductTrial<float>.Fault(on, isTf32: true, (alpha, a, first, b, second, beta, c) => on.Multiply(alpha, Rounded(on, a), first, Rounded(on, b), second, beta, c)));
        Assert.NotNull(ProductTrial<float>.Fault(on, isTf32: false, (alpha, a, first, b, second, beta, c) => on.Multiply(alpha, Rounded(on, a), first, Rounded(on, b), second, beta, c)));
        // Rounded to bfloat16's eight bits, the old contents forgotten, a tile left out, NaN in the last element.
        Assert.NotNull(ProductTrial<float>.Fault(on, isTf32: true, (alpha, a, first, b, second, beta, c) => on.Multiply(alpha, Rounded(on, a, 0xFFFF0000u), first, Rounded(on, b, 0xFFFF0000u), second, beta, c)));
        Assert.NotNull(ProductTrial<float>.Fault(on, isTf32: true, (alpha, a, first, b, second, beta, c) => on.Multiply(alpha, a, first, b, second, 0, c)));
        Assert.NotNull(ProductTrial<float>.Fault(on, isTf32: true, (alpha, a, first, b, second, beta, c) =>
        {
            on.Multiply(alpha, a, first, b, second, beta, c);
            on.Fill(c.RowRange(255, 1).ColumnRange(127, 1), float.NaN);
        }));
        Assert.NotNull(ProductTrial<float>.Fault(on, isTf32: true, (alpha, a, first, b, second, beta, c) =>
        {
            if (first == Orientation.Normal)
                on.Multiply(alpha, a, first, b, second, beta, c);
        }));
    }

    [Fact]
    public void CuBLAS_is_used_where_it_was_asked_for_and_is_right()
    {
        var bench = new Bench(null);
        var right = new ProductTuner(132, "", new SpeedCache(null), TensorCoreUse.None, cuBlas: true);
        Assert.Equal(ProductKernel.CuBlas, right.Choose(4096, 4096, bench));
        Assert.Equal(ProductKernel.CuBlas, right.Choose(128, 128, bench));
        Assert.Equal((0, 1), (bench.Measurements, bench.Trials));
        var wrong = new ProductTuner(132, "", new SpeedCache(null), TensorCoreUse.None, cuBlas: true);
        Assert.Equal(ProductKernel.LargeTiles, wrong.Choose(4096, 4096, new Bench("7 at (1, 2)")));
        Assert.Contains("cuBLAS is not used", Assert.Single(wrong.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Operands_reach_a_library_that_stores_by_columns_as_they_should()
    {
        var device = (IlgpuDevice)TestAccelerators.Get(BackendKind.IlgpuCpu);
        Assert.Null(Fault((transposeA, transposeB) => (transposeA, transposeB)));
        Assert.NotNull(Fault((transposeA, transposeB) => (transposeB, transposeA)));
        Assert.NotNull(Fault((transposeA, _) => (transposeA, false)));

        string? Fault(Func<bool, bool, (bool A, bool B)> operations)
        {
            using var on = new IlgpuArithmetic<float, SingleReal, float, SingleReal, Unchanged<float>>(device, device.Session)
            {
                Library = (transposeA, transposeB, m, n, k, alpha, a, leadingA, b, leadingB, beta, c, leadingC) =>
                {
                    (transposeA, transposeB) = operations(transposeA, transposeB);
                    float[] left = new float[a.Length], right = new float[b.Length], product = new float[c.Length];
                    a.CopyToCPU(left);
                    b.CopyToCPU(right);
                    c.CopyToCPU(product);
                    for (int j = 0; j < n; j++)
                    {
                        for (int i = 0; i < m; i++)
                        {
                            double sum = 0;
                            for (int l = 0; l < k; l++)
                                sum += (double)At(left, leadingA, transposeA, i, l) * At(right, leadingB, transposeB, l, j);
                            product[(j * leadingC) + i] = (float)((alpha * sum) + (beta == 0 ? 0 : beta * product[(j * leadingC) + i]));
                        }
                    }
                    c.CopyFromCPU(product);
                },
            };
            return ((IProductBench)on).Fault(ProductKernel.CuBlas);
        }

        // Element (row, column) of op(X), X stored by columns; out of range where the operation is not the one that fits the shape.
        static float At(float[] x, int leading, bool transposed, int row, int column)
        {
            int at = transposed ? (row * leading) + column : (column * leading) + row;
            return at < x.Length ? x[at] : float.NaN;
        }
    }

    [Fact]
    public void Small_and_large_tiles_give_the_same_bits_and_pass_the_trial_on_OpenCl()
    {
        var device = (IlgpuDevice)TestAccelerators.Get(BackendKind.OpenCl);
        const int m = 272, n = 264, k = 72;
        float[] a = [.. Reference.Sample(51, m * k).Select(v => (float)v)], b = [.. Reference.Sample(52, k * n).Select(v => (float)v)];
        float[] small = Product(fastest: ProductKernel.SmallTiles), large = Product(fastest: ProductKernel.LargeTiles);
        Assert.Equal(small, large);

        float[] Product(ProductKernel fastest)
        {
            var speeds = new SpeedCache(null);
            var tuner = new ProductTuner(1, "test", speeds, TensorCoreUse.None);
            speeds.Store([KeyValuePair.Create(tuner.Key(ProductKernel.SmallTiles), fastest == ProductKernel.SmallTiles ? 100.0 : 1), KeyValuePair.Create(tuner.Key(ProductKernel.LargeTiles), 10.0)]);
            using var on = new IlgpuArithmetic<float, SingleReal, float, SingleReal, Unchanged<float>>(device, device.Session) { Tuner = tuner };
            Assert.Equal(fastest, tuner.Choose(m, n, on));
            Assert.Null(((IProductBench)on).Fault(fastest));
            using DeviceMatrix<float> left = on.Allocate(m, k), right = on.Allocate(k, n), product = on.Allocate(m, n);
            on.Upload(a, left);
            on.Upload(b, right);
            on.Multiply(1, left, Orientation.Normal, right, Orientation.Normal, 0, product);
            var values = new float[m * n];
            on.Download(product, values);
            return values;
        }
    }

    private static DeviceMatrix<float> Rounded(Arithmetic<float> on, DeviceMatrix<float> matrix, uint mask = 0xFFFFE000u)
    {
        var values = new float[matrix.Rows * matrix.Columns];
        on.Download(matrix, values);
        DeviceMatrix<float> rounded = on.Allocate(matrix.Rows, matrix.Columns);
        on.Upload([.. values.Select(v => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(v) + ((~mask + 1) / 2)) & mask))], rounded);
        return rounded;
    }

    private sealed class Bench(string? fault) : IProductBench
    {
        public int Measurements { get; private set; }

        public int Trials { get; private set; }

        public bool HasMemory { get; set; } = true;

        public double Measure(ProductKernel kernel)
        {
            if (!HasMemory)
                throw new InsufficientMemoryException();
            Measurements++;
            return Speeds.Single(speed => speed.Item1 == kernel).Item2;
        }

        public string? Fault(ProductKernel kernel)
        {
            Trials++;
            return fault;
        }
    }
}
