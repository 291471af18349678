using System.Numerics;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary><c>C = alpha op(A) op(B) + beta C</c>.</summary>
internal delegate void ProductFunction<T>(T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    where T : unmanaged;

/// <summary>A few products by a kernel that is not trusted yet, against plain float64 loops.</summary>
/// <typeparam name="T">Element type, float32.</typeparam>
internal static class ProductTrial<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The inner dimension: three steps, so that both stages are used twice and the last one is not fetched beyond the end.</summary>
    public const int Inner = 3 * TensorProductKernel.Depth;

    // Two by one tiles.
    private const int Rows = 2 * TensorProductKernel.Tile, Columns = TensorProductKernel.Tile;
    private const double Alpha = -0.5, Beta = 2;

    /// <summary>The first wrong element in any orientation, for people; null if there is none.</summary>
    /// <param name="on">The device.</param>
    /// <param name="isTf32">Whether factors may be rounded to 11 significant bits; else the accuracy is that of float32.</param>
    /// <param name="multiply">The kernel.</param>
    public static string? Fault(Arithmetic<T> on, bool isTf32, ProductFunction<T> multiply)
    {
        foreach (Orientation first in Enum.GetValues<Orientation>())
        {
            foreach (Orientation second in Enum.GetValues<Orientation>())
            {
                if (Fault(on, isTf32, multiply, first, second) is { } fault)
                    return fault;
            }
        }
        return null;
    }

    private static string? Fault(Arithmetic<T> on, bool isTf32, ProductFunction<T> multiply, Orientation first, Orientation second)
    {
        T[] a = Sample(0, Rows * Inner), b = Sample(1, Inner * Columns), old = Sample(2, Rows * Columns), actual = new T[Rows * Columns];
        using DeviceMatrix<T> left = first == Orientation.Normal ? on.Allocate(Rows, Inner) : on.Allocate(Inner, Rows);
        using DeviceMatrix<T> right = second == Orientation.Normal ? on.Allocate(Inner, Columns) : on.Allocate(Columns, Inner);
        using DeviceMatrix<T> c = on.Allocate(Rows, Columns);
        on.Upload(a, left);
        on.Upload(b, right);
        on.Upload(old, c);
        multiply(T.CreateTruncating(Alpha), left, first, right, second, T.CreateTruncating(Beta), c);
        on.Download(c, actual);
        // A unit of float32 for each term and a few more; in tf32 half a unit of 11 bits in each factor besides.
        double unit = 2 * (Inner + 8) * Math.ScaleB(1, -24) + (isTf32 ? Math.ScaleB(1, -10) : 0);
        for (int i = 0; i < Rows; i++)
        {
            for (int j = 0; j < Columns; j++)
            {
                double sum = 0, magnitude = 0;
                for (int k = 0; k < Inner; k++)
                {
                    double term = Wide(a[first == Orientation.Normal ? (i * Inner) + k : (k * Rows) + i]) * Wide(b[second == Orientation.Normal ? (k * Columns) + j : (j * Inner) + k]);
                    sum += term;
                    magnitude += Math.Abs(term);
                }
                double before = Wide(old[(i * Columns) + j]), right64 = (Alpha * sum) + (Beta * before), found = Wide(actual[(i * Columns) + j]);
                if (!(Math.Abs(found - right64) <= unit * ((Math.Abs(Alpha) * magnitude) + Math.Abs(Beta * before))))
                    return $"{found:R} at ({i}, {j}) of a product of {first} and {second} operands, where {right64:R} is right";
            }
        }
        return null;
    }

    private static double Wide(T x) => double.CreateTruncating(x);

    private static T[] Sample(ulong stream, int count)
    {
        var philox = new Philox(20261, stream);
        var values = new T[count];
        for (int i = 0; i < count; i++)
            values[i] = T.CreateTruncating((2 * philox.Uniform(i)) - 1);
        return values;
    }
}
