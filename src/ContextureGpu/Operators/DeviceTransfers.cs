using System.Numerics;
using System.Runtime.InteropServices;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>Between float64 on the host and the element type of a device.</summary>
internal static class DeviceTransfers
{
    /// <summary>A new (rows, columns) matrix with the given row-major values.</summary>
    public static DeviceMatrix<T> UploadMatrix<T>(this Arithmetic<T> arithmetic, ReadOnlySpan<double> rowMajor, int rows, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        DeviceMatrix<T> matrix = arithmetic.Allocate(rows, columns);
        if (typeof(T) == typeof(double))
        {
            arithmetic.Upload(MemoryMarshal.Cast<double, T>(rowMajor), matrix);
            return matrix;
        }
        var converted = new T[rowMajor.Length];
        for (int i = 0; i < converted.Length; i++)
            converted[i] = T.CreateTruncating(rowMajor[i]);
        arithmetic.Upload(converted, matrix);
        return matrix;
    }

    /// <summary>A new (n, 1) matrix with the given values.</summary>
    public static DeviceMatrix<T> UploadColumn<T>(this Arithmetic<T> arithmetic, ReadOnlySpan<double> values)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        arithmetic.UploadMatrix(values, values.Length, 1);

    /// <summary>The row-major values of a matrix in float64.</summary>
    public static double[] DownloadDouble<T>(this Arithmetic<T> arithmetic, DeviceMatrix<T> matrix)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var values = new T[(long)matrix.Rows * matrix.Columns];
        arithmetic.Download(matrix, values);
        if (values is double[] same)
            return same;
        var converted = new double[values.Length];
        for (int i = 0; i < converted.Length; i++)
            converted[i] = double.CreateTruncating(values[i]);
        return converted;
    }
}
