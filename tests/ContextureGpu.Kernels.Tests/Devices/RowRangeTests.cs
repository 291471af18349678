using ContextureGpu.Kernels.Tests.Ilgpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>Views of rows share storage, stack with views of columns and leave their surroundings alone.</summary>
public sealed class RowRangeTests
{
    [Theory]
    [InlineData("reference")]
    [InlineData("ilgpu-cpu")]
    [InlineData("opencl")]
    public void A_row_range_is_a_window_on_its_matrix(string which)
    {
        ComputeDevice device = which switch
        {
            "reference" => ReferenceDevice.Open(),
            "opencl" => TestAccelerators.Get(BackendKind.OpenCl),
            _ => TestAccelerators.Get(BackendKind.IlgpuCpu),
        };
        Arithmetic<float> arithmetic = device.Arithmetic<float>();
        using DeviceMatrix<float> matrix = arithmetic.Allocate(5, 3);
        float[] values = [.. Enumerable.Range(0, 15).Select(i => (float)i)];
        arithmetic.Upload(values, matrix);

        var rows = new float[6];
        arithmetic.Download(matrix.RowRange(2, 2), rows);
        Assert.Equal([6, 7, 8, 9, 10, 11], rows);

        arithmetic.Fill(matrix.RowRange(1, 3).ColumnRange(1, 1), -1);
        arithmetic.Download(matrix, values);
        Assert.Equal([0, 1, 2, 3, -1, 5, 6, -1, 8, 9, -1, 11, 12, 13, 14], values);

        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.RowRange(4, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => matrix.RowRange(-1, 2));
        Assert.Equal(0, matrix.RowRange(5, 0).Rows);
    }
}
