using System.Numerics;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>Copies beside the work that is queued: every value arrives, also in several pieces, in a part of a matrix and while products are going on.</summary>
public abstract class SideTransferTests(BackendKind backend)
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(1000, 1000)]
    [InlineData(1049, 1000)]            // a piece and a little more, in float32
    [InlineData(2097152, 1)]            // two pieces
    [InlineData(2500, 901)]             // several
    public void What_goes_up_comes_down(int rows, int columns)
    {
        RoundTrip<float>(rows, columns);
        if (TestAccelerators.Get(backend).Description.SupportsDouble)
            RoundTrip<double>(rows, columns);
    }

    [Fact]
    public void Work_that_is_queued_is_not_disturbed()
    {
        const int d = 6, p = 9;
        int n = backend switch { BackendKind.IlgpuCpu => 64, BackendKind.Cuda => 40_000, _ => 600 };    // long enough to be going on
        ComputeDevice device = TestAccelerators.Get(backend);
        Arithmetic<float> on = device.Arithmetic<float>();
        float[] points = Values<float>(81, n * d), functions = Values<float>(82, n * p), others = Values<float>(83, n * p);
        using DeviceMatrix<float> x = on.Allocate(n, d), v = on.Allocate(n, p), expected = on.Allocate(n, p), output = on.Allocate(n, p), beside = on.Allocate(n, p);
        on.Upload(points, x);
        on.Upload(functions, v);
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, 0.2);
        on.KernelProduct(kernel, x, null, x, null, v, expected);
        float[] alone = Read(on, expected), read = new float[others.Length];
        device.Synchronize();

        using SideTransfers<float> aside = on.CreateSideTransfers()!;
        for (int round = 0; round < 4; round++)
        {
            on.KernelProduct(kernel, x, null, x, null, v, output);
            aside.Upload(others, beside);
            aside.Download(beside, read);
            Assert.Equal(others, read);
            Assert.Equal(alone, Read(on, output));
        }
    }

    [Fact]
    public void A_matrix_with_gaps_or_of_another_size_is_refused()
    {
        Arithmetic<float> on = TestAccelerators.Get(backend).Arithmetic<float>();
        using DeviceMatrix<float> x = on.Allocate(4, 6);
        using SideTransfers<float> aside = on.CreateSideTransfers()!;
        Assert.Throws<ArgumentException>(() => aside.Upload(new float[8], x.ColumnRange(1, 2)));
        Assert.Throws<ArgumentException>(() => aside.Upload(new float[23], x));
        Assert.Throws<ArgumentException>(() => aside.Download(x, new float[25]));
        aside.Dispose();
        Assert.Throws<ObjectDisposedException>(() => aside.Upload(new float[24], x));
    }

    private void RoundTrip<T>(int rows, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = TestAccelerators.Get(backend).Arithmetic<T>();
        T[] values = Values<T>(80, rows * columns), read = new T[values.Length];
        using DeviceMatrix<T> matrix = on.Allocate(rows + 2, columns);
        on.Upload([.. Enumerable.Repeat(T.One, (rows + 2) * columns)], matrix);
        using SideTransfers<T> aside = on.CreateSideTransfers()!;
        aside.Upload(values, matrix.RowRange(1, rows));
        aside.Download(matrix.RowRange(1, rows), read);
        Assert.True(values.AsSpan().SequenceEqual(read), "not what was sent came back");
        T[] all = Read(on, matrix);
        Assert.True(values.AsSpan().SequenceEqual(all.AsSpan(columns, values.Length)), "other values are there for the work that is queued");
        Assert.All(all.Take(columns).Concat(all.TakeLast(columns)), value => Assert.Equal(T.One, value));
    }

    private static T[] Values<T>(ulong stream, int count)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        [.. Enumerable.Range(0, count).Select(e => T.CreateTruncating((((ulong)e + stream) * 2654435761 % 4294967291) / 4294967291.0))];

    private static T[] Read<T>(Arithmetic<T> on, DeviceMatrix<T> matrix)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var values = new T[matrix.Rows * matrix.Columns];
        on.Download(matrix, values);
        return values;
    }
}

[Collection("ilgpu-cpu")]
public sealed class IlgpuCpuSideTransferTests() : SideTransferTests(BackendKind.IlgpuCpu);

[Collection("opencl")]
public sealed class OpenClSideTransferTests() : SideTransferTests(BackendKind.OpenCl);

[Collection("cuda")]
public sealed class CudaSideTransferTests() : SideTransferTests(BackendKind.Cuda);
