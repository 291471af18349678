using System.Numerics;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// A few small computations on a device, before it does any others in an element type, against plain float64 loops: a driver that computes wrong is refused, with the name of the operation.
/// </summary>
internal static class DeviceSelfTest
{
    // Beyond one tile of 64 in every direction that has one.
    private const int Rows = 70, Inner = 19, Columns = 66;

    /// <summary>Runs the tests in one element type.</summary>
    /// <exception cref="DeviceFailureException">An operation gave a wrong result.</exception>
    public static void Run<T>(Arithmetic<T> on)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double[] a = Sample(0, Rows * Inner), b = Sample(1, Inner * Columns), y = Sample(2, Columns * Inner), v = Sample(3, Columns * 3);
        using DeviceMatrix<T> left = Put(on, a, Rows, Inner), right = Put(on, b, Inner, Columns), points = Put(on, y, Columns, Inner), block = Put(on, v, Columns, 3);
        using DeviceMatrix<T> product = on.Allocate(Rows, Columns), smoothed = on.Allocate(Rows, 3), gathered = on.Allocate(Rows, 3);

        on.Multiply(T.One, left, Orientation.Normal, right, Orientation.Normal, T.Zero, product);
        Compare(on, "the dense product", product, Inner, (i, j) => Sum(Inner, k => a[i * Inner + k] * b[k * Columns + j]));

        var inner = new double[Inner * Inner];
        on.InnerProducts(left, left, inner);
        Check<T>(on, "the product of a matrix with its transpose", inner, Rows, (i, j) => Sum(Rows, k => a[k * Inner + i] * a[k * Inner + j]), Inner);

        on.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, 0.25), left, null, points, null, block, smoothed);
        Compare(on, "the kernel product", smoothed, Columns, (i, c) => Sum(Columns, j => Math.Exp(-0.25 * Sum(Inner, f => Square(a[i * Inner + f] - y[j * Inner + f]))) * v[j * 3 + c]));

        var starts = new int[Rows + 1];
        var columns = new int[2 * Rows];
        for (int i = 0; i < Rows; i++)
            (columns[2 * i], columns[2 * i + 1], starts[i + 1]) = (i % 31, 31 + i % 35, 2 * i + 2);
        using SparseMatrix<T> sparse = on.CreateSparse(new CompressedRows(Rows, Columns, starts, columns, Sample(4, 2 * Rows)));
        double[] values = Sample(4, 2 * Rows);
        on.SparseProduct(sparse, Orientation.Normal, block, gathered);
        Compare(on, "the sparse product", gathered, 2, (i, c) => Sum(2, e => values[2 * i + e] * v[columns[2 * i + e] * 3 + c]));
    }

    private static double[] Sample(ulong stream, int count)
    {
        var philox = new Philox(20260, stream);
        // Multiples of 2^-8 in [-1, 1): the same numbers in either precision.
        return [.. Enumerable.Range(0, count).Select(i => Math.Floor(512 * philox.Uniform(i)) / 256 - 1)];
    }

    private static DeviceMatrix<T> Put<T>(Arithmetic<T> on, double[] values, int rows, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        DeviceMatrix<T> matrix = on.Allocate(rows, columns);
        on.Upload([.. values.Select(T.CreateTruncating)], matrix);
        return matrix;
    }

    private static void Compare<T>(Arithmetic<T> on, string operation, DeviceMatrix<T> result, int terms, Func<int, int, double> expected)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var values = new T[result.Rows * result.Columns];
        on.Download(result, values);
        Check<T>(on, operation, [.. values.Select(double.CreateTruncating)], terms, expected, result.Columns);
    }

    private static void Check<T>(Arithmetic<T> on, string operation, double[] values, int terms, Func<int, int, double> expected, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // Terms are at most 1 in magnitude; each brings a few units of rounding.
        double allowed = 16 * (terms + 16) * (typeof(T) == typeof(double) ? Math.ScaleB(1, -53) : Math.ScaleB(1, -24));
        for (int e = 0; e < values.Length; e++)
        {
            double right = expected(e / columns, e % columns);
            if (!(Math.Abs(values[e] - right) <= allowed))
            {
                throw new DeviceFailureException(
                    on.Device.Description.Selector,
                    $"{on.Device.Description.Name} failed its self-test and is not used: {operation} in {typeof(T).Name} gave {values[e]:R} at ({e / columns}, {e % columns}), where {right:R} is right");
            }
        }
    }

    private static double Sum(int count, Func<int, double> term)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
            sum += term(i);
        return sum;
    }

    private static double Square(double x) => x * x;
}
