using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>
/// Every kernel once, as small as it can be while all its branches are taken, for a run under Oclgrind, which finds data races, uninitialised reads and accesses out of
/// bounds in a simulated OpenCL device (Debian: <c>apt-get install oclgrind ocl-icd-libopencl1</c>). The variable OCL_ICD_VENDORS makes it the only device the process sees:
/// <code>
/// dotnet build -c Release tests/ContextureGpu.Kernels.Tests
/// rm -f oclgrind.log
/// OCL_ICD_VENDORS=/usr/lib/oclgrind/liboclgrind-rt-icd.so CONTEXTURE_OPENCL_ANY=1 oclgrind --data-races --uninitialized --log oclgrind.log \
///     artifacts/bin/ContextureGpu.Kernels.Tests/release/ContextureGpu.Kernels.Tests -class "*OclgrindTests"
/// test ! -s oclgrind.log
/// </code>
/// Elsewhere the same tests run on whatever OpenCL device there is.
/// </summary>
[Collection("opencl")]
public sealed class OclgrindTests
{
    [Fact]
    public void Dense_kernels()
    {
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        using DeviceMatrix<float> a = Put(on, 30, 65, 3), b = Put(on, 31, 3, 5), c = Put(on, 32, 65, 5);
        on.Multiply(1, a, Orientation.Normal, b, Orientation.Normal, 2, c);
        on.InnerProducts(a, c, new double[15]);
        on.ColumnMoments(c, null, new double[5], new double[5]);
        on.ScaleRows(a.ColumnRange(1, 1), c, c);
        on.Combine(2, c.ColumnRange(0, 3), 1, a);
        on.Fill(b, 1);
        AssertFinite(on, a, b, c);
    }

    [Fact]
    public void Sums_over_blocks_of_rows()
    {
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        using DeviceMatrix<float> x = Put(on, 33, 258, 1);
        var c = new double[1];
        on.InnerProducts(x, x, c);
        Assert.InRange(c[0], 1, 258);
    }

    [Fact]
    public void Kernel_matrix_kernels()
    {
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        using DeviceMatrix<float> x = Put(on, 34, 5, 2), y = Put(on, 35, 33, 2), v = Put(on, 36, 33, 3), output = on.Allocate(5, 3), sums = on.Allocate(5, 1);
        var kernel = new RadialKernel(RadialKernelKind.Exponential, 1);
        on.KernelLogSum(kernel, x, y, null, sums);
        on.KernelProduct(kernel, x, sums, y, null, v, output);
        AssertFinite(on, output, sums);
        on.KernelProduct(kernel with { Kind = RadialKernelKind.Laplacian }, x, sums, y, null, v, output);
        on.KernelLogSum(kernel with { Kind = RadialKernelKind.Laplacian }, x, y, null, sums);
        AssertFinite(on, output, sums);
        on.KernelProduct(DotProductKernel.Polynomial(1, 1, 3), x, y, v, output);
        on.NormalizeRows(x, x);
        AssertFinite(on, output, x);
    }

    [Fact]
    public void Kernel_products_of_several_slabs()
    {
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        using DeviceMatrix<float> x = Put(on, 47, 2, 36), y = Put(on, 48, 40, 36), v = Put(on, 49, 40, 4), output = on.Allocate(2, 4);
        on.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, 0.1), x, null, y, null, v, output);
        AssertFinite(on, output);
    }

    [Fact]
    public void Sums_over_parts_of_a_kernel_product()
    {
        // The parts are uploaded: Oclgrind 21.10 calls values that the first kernel wrote uninitialised in the second.
        AcceleratorSession session = ((IlgpuDevice)TestAccelerators.Get(BackendKind.OpenCl)).Session;
        using DeviceBuffer<float> partial = session.Allocate<float>(3 * 6), output = session.Allocate<float>(7);
        session.Upload<float>([.. Enumerable.Range(0, 3 * 6).Select(e => (float)e)], partial);
        session.Upload<float>(new float[7], output);
        session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, long, long, long, long>>(
            FusedKernelProductKernel.Sum, (launch, stream) => launch(stream, TileGeometry.ForItems(6), partial.View, output.View, 3, 6, 3, 0, 4));
        var sums = new float[7];
        session.Download(output, 0, sums);
        Assert.Equal([18, 21, 24, 0, 27, 30, 33], sums);
    }

    [Fact]
    public void Network_kernels()
    {
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        using DeviceMatrix<float> z = Put(on, 40, 258, 3), bias = Put(on, 41, 1, 3), y = Put(on, 42, 258, 3), sums = on.Allocate(1, 3), m = on.Allocate(1, 3), v = on.Allocate(1, 3);
        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            on.Activate(activation, z, bias, y, y);
            on.ActivateBackward(activation, z, bias, y, y);
        }
        on.ColumnSums(y, sums);
        on.Fill(m, 0);
        on.Fill(v, 0);
        on.Adam(new AdamStep(1, 0.1), sums, m, v, bias);
        Assert.True(double.IsFinite(on.SumOfSquares(y)));
        AssertFinite(on, y, sums, m, v, bias);
    }

    [Fact]
    public void Layer_norm_kernels()
    {
        // The gradient is uploaded: Oclgrind 21.10 calls values that the first kernel wrote uninitialised in the second, though no NaN of what was there before is left.
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        using DeviceMatrix<float> wide = Put(on, 43, 3, 258), gain = Put(on, 44, 1, 258), gradient = Put(on, 45, 3, 258), statistics = on.Allocate(3, 2), normed = on.Allocate(3, 258);
        on.Fill(statistics, float.NaN);
        on.Fill(normed, float.NaN);
        on.LayerNorm(wide, gain, statistics, normed);
        AssertFinite(on, statistics, normed);
        on.LayerNormBackward(wide, gain, statistics, gradient, gradient, wide);
        AssertFinite(on, wide, gradient);
    }

    [Fact]
    public void Sparse_kernel()
    {
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        using DeviceMatrix<float> x = Put(on, 37, 3, 2), y = on.Allocate(4, 2);
        using SparseMatrix<float> s = on.CreateSparse(new CompressedRows(4, 3, [0, 2, 2, 3, 4], [0, 2, 1, 0], [1, 2, 3, 4]));
        on.SparseProduct(s, Orientation.Normal, x, y);
        AssertFinite(on, y);
        using DeviceMatrix<float> wide = Put(on, 50, 3, 8), result = on.Allocate(1, 8);
        using SparseMatrix<float> row = on.CreateSparse(new CompressedRows(1, 3, [0, 3], [0, 1, 2], [1, 2, 3]));
        on.SparseProduct(row, Orientation.Normal, wide, result);
        AssertFinite(on, result);
    }

    [Fact]
    public void Sampling_kernels()
    {
        Arithmetic<float> on = TestAccelerators.Get(BackendKind.OpenCl).Arithmetic<float>();
        var law = new JointLaw([0.25, 0.75], new CompressedRows(2, 3, [0, 2, 4], [0, 2, 0, 1], [0.5, 0.5, 0.125, 0.875]));
        using DeviceMatrix<float> points = Put(on, 51, 2, 3), gathered = on.Allocate(4, 3), indicators = on.Allocate(2, 3);
        int[] numbers = new int[4];
        using GroupSampler<float> rows = on.CreateSampler(law, GroupKind.Rows, 2, 2, 5), values = on.CreateSampler(law, GroupKind.Values, 2, 2, 5);
        rows.Draw(7);
        rows.Gather(points, 0, 2, gathered);
        rows.Read(numbers);
        Assert.All(numbers, i => Assert.InRange(i, 0, 1));
        values.Draw(7);
        values.Indicate(1, 1, indicators);
        AssertFinite(on, gathered, indicators);
    }

    [Fact]
    public void Neighbour_kernels()
    {
        var device = (IlgpuDevice)TestAccelerators.Get(BackendKind.OpenCl);
        double[] x = Reference.Sample(38, 2), y = Reference.Sample(39, 2 * 2);
        (int[] indices, double[] distances) = (new int[1], new double[1]);
        device.NearestNeighbors(x, [.. Reference.Sample(40, 2 * 40), .. x, .. y], 2, 1, indices, distances, TestContext.Current.CancellationToken);
        Assert.Equal((40, 0.0), (indices[0], distances[0]));
        device.NearestNeighbors(x, [.. Reference.Sample(41, 2 * 33), .. x, .. y], 2, 1, NeighborMetric.Manhattan, indices, distances, TestContext.Current.CancellationToken);
        Assert.Equal((33, 0.0), (indices[0], distances[0]));
    }

    [Fact]
    public void Neighbour_filter()
    {
        // The first 1024 points in the device's order are stored, the others filtered. The places of the buffers that the self-test released are taken first: Oclgrind 21.10 calls
        // what lies in a new buffer there uninitialised beyond the length of the old one.
        var device = (IlgpuDevice)TestAccelerators.Get(BackendKind.OpenCl);
        device.Session.Trim();
        DeviceBuffer<float>[] taken = [.. Enumerable.Range(0, 32).Select(_ => device.Session.Allocate<float>(1))];
        const int m = 1030;
        double[] y = Reference.Sample(46, m);
        (int[] indices, double[] distances) = (new int[1], new double[1]);
        device.NearestNeighbors(y.AsSpan(m - 1, 1), y, 1, 1, indices, distances, TestContext.Current.CancellationToken);
        Assert.Equal((Array.IndexOf(y, y[m - 1]), 0.0), (indices[0], distances[0]));
        Array.ForEach(taken, buffer => buffer.Dispose());
    }

    private static DeviceMatrix<float> Put(Arithmetic<float> on, ulong stream, int rows, int columns)
    {
        DeviceMatrix<float> matrix = on.Allocate(rows, columns);
        on.Upload([.. Reference.Sample(stream, rows * columns).Select(v => (float)v)], matrix);
        return matrix;
    }

    private static void AssertFinite(Arithmetic<float> on, params DeviceMatrix<float>[] matrices)
    {
        foreach (DeviceMatrix<float> matrix in matrices)
        {
            var values = new float[matrix.Rows * matrix.Columns];
            on.Download(matrix, values);
            Assert.All(values, value => Assert.True(float.IsFinite(value)));
        }
    }
}
