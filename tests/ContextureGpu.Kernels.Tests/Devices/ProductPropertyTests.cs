using System.Numerics;
using ContextureGpu.Kernels.Cpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>Dense and sparse products of random shapes against plain float64 loops, in each library, and their independence of the number of threads.</summary>
public sealed class ProductPropertyTests
{
    private static readonly int[] Sizes = [0, 1, 2, 3, 7, 8, 13, 14, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 97, 131];

    public static TheoryData<BlasChoice> Libraries => [BlasChoice.None, BlasChoice.OpenBlas, BlasChoice.Mkl];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void RandomProducts(BlasChoice library)
    {
        using CpuDevice device = Open(library, 2);
        var random = new Philox(20260301, 1);
        long draw = 0;
        int Next(int below) => (int)(random.Uniform(draw++) * below);
        for (int trial = 0; trial < 60; trial++)
        {
            (int m, int n, int k) = (Sizes[Next(Sizes.Length)], Sizes[Next(Sizes.Length)], Sizes[Next(Sizes.Length)]);
            Orientation first = (Orientation)Next(2), second = (Orientation)Next(2);
            CheckProduct<float>(device, m, n, k, first, second, (uint)trial);
            CheckProduct<double>(device, m, n, k, first, second, (uint)trial);
        }
    }

    /// <summary>Tall, wide and deep: several blocks of rows, of panels and of the inner dimension, and sums long enough to be cut.</summary>
    [Theory]
    [InlineData(1031, 64, 64)]
    [InlineData(700, 17, 300)]
    [InlineData(33, 1031, 29)]
    [InlineData(64, 64, 8209)]
    [InlineData(5, 37, 20011)]
    [InlineData(170, 130, 4099)]
    [InlineData(1, 33, 5003)]
    public void TallAndDeepProducts(int m, int n, int k)
    {
        using CpuDevice device = Open(BlasChoice.None, 2);
        foreach (Orientation first in Enum.GetValues<Orientation>())
        {
            foreach (Orientation second in Enum.GetValues<Orientation>())
            {
                CheckProduct<float>(device, m, n, k, first, second, 77);
                CheckProduct<double>(device, m, n, k, first, second, 78);
            }
        }
    }

    [Theory]
    [InlineData(64, 64, 9001)]
    [InlineData(300, 65, 300)]
    [InlineData(129, 10, 700)]
    public void ThreadsDoNotChangeABit(int m, int n, int k)
    {
        using CpuDevice one = Open(BlasChoice.None, 1), four = Open(BlasChoice.None, 4);
        Assert.Equal(Product<float>(one, m, n, k), Product<float>(four, m, n, k));
        Assert.Equal(Product<double>(one, m, n, k), Product<double>(four, m, n, k));
        double[] inner = Inner(one, 40 * k, 19, 11);
        Assert.Equal(inner, Inner(four, 40 * k, 19, 11));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(1021)]
    [InlineData(4099)]
    public void RandomInnerProducts(int rows)
    {
        using CpuDevice device = Open(BlasChoice.None, 2);
        foreach ((int p, int q) in new[] { (1, 1), (3, 65), (14, 16), (15, 17), (64, 64), (33, 9), (70, 31) })
        {
            CheckInner<float>(device, rows, p, q);
            CheckInner<double>(device, rows, p, q);
        }
    }

    /// <summary>The tiles of short sums, also that for vectors which this processor may not have: they give the sums of each slab in float32, in the order of the rows.</summary>
    [Fact]
    public void Short_sums_are_those_of_their_slabs()
    {
        Compare<InPlaceTile256<float>>();
        Compare<InPlaceTile512<float>>();

        static unsafe void Compare<TTile>()
            where TTile : struct, IInnerTile<float>
        {
            const int n = 517, p = 71, q = 13, slabRows = 64;
            float[] a = Normals<float>(n * p, 1), b = Normals<float>(n * q, 2);
            var c = new double[p * q];
            fixed (float* left = a, right = b)
                TallInnerProducts<float, float, TTile>.Compute(new Workers(2), left, p, p, right, q, q, n, c);
            // Chunks begin anew: two of 259 and 258 rows.
            for (int i = 0; i < p; i++)
            {
                for (int j = 0; j < q; j++)
                {
                    double total = 0;
                    foreach ((int start, int end) in new[] { (0, 259), (259, n) })
                    {
                        double chunk = 0;
                        for (int slab = start; slab < end; slab += slabRows)
                        {
                            float sum = 0;
                            for (int l = slab; l < Math.Min(end, slab + slabRows); l++)
                                sum = float.FusedMultiplyAdd(b[(l * q) + j], a[(l * p) + i], sum);
                            chunk += sum;
                        }
                        total += chunk;
                    }
                    Assert.Equal(total, c[(i * q) + j]);
                }
            }
        }
    }

    /// <summary>Every width of a block up to several vectors, rows of very different lengths, both orientations.</summary>
    [Fact]
    public void SparseProductsOfEveryWidth()
    {
        using CpuDevice device = Open(BlasChoice.None, 3);
        for (int width = 1; width <= 70; width++)
        {
            CheckSparse<float>(device, 41, 67, width);
            CheckSparse<double>(device, 67, 41, width);
        }
        CheckSparse<float>(device, 3000, 500, 129);
        CheckSparse<double>(device, 500, 3000, 256);
    }

    /// <summary>The transpose is the same whatever the number of threads, and twice transposed is the matrix.</summary>
    [Fact]
    public void TransposesAreSortedAndExact()
    {
        CompressedRows matrix = Sparse(911, 313, 5);
        CompressedRows once = matrix.Transpose(), again = once.Transpose();
        _ = new CompressedRows(once.Rows, once.Columns, once.RowStarts, once.ColumnIndices, once.Values); // checks that it is one
        Assert.Equal((matrix.Columns, matrix.Rows), (once.Rows, once.Columns));
        Assert.Equal(matrix.RowStarts, again.RowStarts);
        Assert.Equal(matrix.ColumnIndices, again.ColumnIndices);
        Assert.Equal(matrix.Values, again.Values);
        foreach (int threads in new[] { 1, 2, 7 })
        {
            (int[] starts, int[] columns, double[] values) = Cpu.Transposition.Of<double>(matrix, new Cpu.Workers(threads));
            Assert.Equal(once.RowStarts, starts);
            Assert.Equal(once.ColumnIndices, columns);
            Assert.Equal(once.Values, values);
        }
    }

    private static CpuDevice Open(BlasChoice library, int threads)
    {
        if (library != BlasChoice.None && NativeLibraries.Missing(library) is { } reason)
            Assert.Skip(reason);
        return CpuDevice.Open(new CpuDeviceOptions { Blas = library, Threads = threads });
    }

    private static T[] Normals<T>(int count, uint stream)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var random = new Philox(20260302, stream);
        return [.. Enumerable.Range(0, count).Select(i => T.CreateTruncating((2 * random.Uniform(i)) - 1))];
    }

    private static void CheckProduct<T>(CpuDevice device, int m, int n, int k, Orientation first, Orientation second, uint stream)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const double Alpha = -0.5, Beta = 0.25;
        Arithmetic<T> on = device.Arithmetic<T>();
        T[] a = Normals<T>(m * k, 3 * stream), b = Normals<T>(k * n, (3 * stream) + 1), old = Normals<T>(m * n, (3 * stream) + 2), actual = new T[m * n];
        using HostileMatrix<T> left = first == Orientation.Normal ? Embedded(on, a, m, k) : Embedded(on, a, k, m);
        using HostileMatrix<T> right = second == Orientation.Normal ? Embedded(on, b, k, n) : Embedded(on, b, n, k);
        using HostileMatrix<T> product = HostileMatrix<T>.Output(on, m, n, Placement.Embedded);
        on.Upload(old, product.Matrix);
        on.Multiply(T.CreateTruncating(Alpha), left.Matrix, first, right.Matrix, second, T.CreateTruncating(Beta), product.Matrix);
        on.Download(product.Matrix, actual);
        var value = new double[m * n];
        var magnitude = new double[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0, size = 0;
                for (int l = 0; l < k; l++)
                {
                    double term = double.CreateTruncating(a[first == Orientation.Normal ? (i * k) + l : (l * m) + i])
                        * double.CreateTruncating(b[second == Orientation.Normal ? (l * n) + j : (j * k) + l]);
                    sum += term;
                    size += Math.Abs(term);
                }
                double before = Beta * double.CreateTruncating(old[(i * n) + j]);
                value[(i * n) + j] = (Alpha * sum) + before;
                magnitude[(i * n) + j] = (Math.Abs(Alpha) * size) + Math.Abs(before);
            }
        }
        Tolerance.Fraction($"({m}, {n}, {k}), {first}, {second}, {typeof(T).Name}", actual, new Expected(value, magnitude, k + 1));
    }

    private static HostileMatrix<T> Embedded<T>(Arithmetic<T> on, T[] values, int rows, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => HostileMatrix<T>.Input(on, values, rows, columns, Placement.Embedded);

    private static T[] Product<T>(CpuDevice device, int m, int n, int k)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = device.Arithmetic<T>();
        using HostileMatrix<T> a = Embedded(on, Normals<T>(m * k, 1), k, m), b = Embedded(on, Normals<T>(k * n, 2), k, n);
        using DeviceMatrix<T> c = on.Allocate(m, n);
        on.Multiply(T.One, a.Matrix, Orientation.Transposed, b.Matrix, Orientation.Normal, T.Zero, c);
        var product = new T[m * n];
        on.Download(c, product);
        return product;
    }

    private static double[] Inner(CpuDevice device, int rows, int p, int q)
    {
        Arithmetic<float> on = device.Arithmetic<float>();
        using HostileMatrix<float> a = Embedded(on, Normals<float>(rows * p, 1), rows, p), b = Embedded(on, Normals<float>(rows * q, 2), rows, q);
        var c = new double[p * q];
        on.InnerProducts(a.Matrix, b.Matrix, c);
        return c;
    }

    private static void CheckInner<T>(CpuDevice device, int rows, int p, int q)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = device.Arithmetic<T>();
        T[] a = Normals<T>(rows * p, 1), b = Normals<T>(rows * q, 2);
        using HostileMatrix<T> left = Embedded(on, a, rows, p), right = Embedded(on, b, rows, q);
        double[] mixed = new double[p * q], own = new double[p * p];
        on.InnerProducts(left.Matrix, right.Matrix, mixed);
        on.InnerProducts(left.Matrix, left.Matrix, own);
        Near(mixed, a, p, b, q, Tolerance.Epsilon<double>(), rows);
        Near(own, a, p, a, p, Tolerance.Epsilon<double>(), rows);
        on.ProjectionCoefficients(left.Matrix, right.Matrix, mixed);
        Near(mixed, a, p, b, q, Tolerance.Epsilon<T>(), Math.Min(rows, 64));

        void Near(double[] actual, T[] x, int xs, T[] y, int ys, double epsilon, int length)
        {
            double[] value = new double[xs * ys], magnitude = new double[xs * ys];
            for (int l = 0; l < rows; l++)
            {
                for (int i = 0; i < xs; i++)
                {
                    for (int j = 0; j < ys; j++)
                    {
                        double term = double.CreateTruncating(x[(l * xs) + i]) * double.CreateTruncating(y[(l * ys) + j]);
                        value[(i * ys) + j] += term;
                        magnitude[(i * ys) + j] += Math.Abs(term);
                    }
                }
            }
            Tolerance.Fraction($"({rows}, {xs}, {ys})", actual, new Expected(value, magnitude, length), epsilon);
        }
    }

    // Row i has i % 23 entries, and every 97th row is full up to 60.
    private static CompressedRows Sparse(int rows, int columns, uint stream)
    {
        var random = new Philox(20260303, stream);
        long draw = 0;
        var starts = new int[rows + 1];
        List<int> indices = [];
        List<double> values = [];
        for (int i = 0; i < rows; i++)
        {
            int wanted = Math.Min(columns, i % 97 == 5 ? 60 : i % 23);
            var row = new SortedSet<int>();
            while (row.Count < wanted)
                row.Add((int)(random.Uniform(draw++) * columns));
            indices.AddRange(row);
            values.AddRange(row.Select(_ => (2 * random.Uniform(draw++)) - 1));
            starts[i + 1] = indices.Count;
        }
        return new CompressedRows(rows, columns, starts, [.. indices], [.. values]);
    }

    private static void CheckSparse<T>(CpuDevice device, int rows, int columns, int width)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Arithmetic<T> on = device.Arithmetic<T>();
        CompressedRows matrix = Sparse(rows, columns, (uint)width);
        using SparseMatrix<T> sparse = on.CreateSparse(matrix);
        foreach (Orientation orientation in Enum.GetValues<Orientation>())
        {
            (int n, int m) = orientation == Orientation.Normal ? (rows, columns) : (columns, rows);
            T[] x = Normals<T>(m * width, 9), actual = new T[n * width];
            using HostileMatrix<T> input = Embedded(on, x, m, width), output = HostileMatrix<T>.Output(on, n, width, Placement.Embedded);
            on.SparseProduct(sparse, orientation, input.Matrix, output.Matrix);
            on.Download(output.Matrix, actual);
            double[] value = new double[n * width], magnitude = new double[n * width];
            for (int i = 0; i < rows; i++)
            {
                for (int e = matrix.RowStarts[i]; e < matrix.RowStarts[i + 1]; e++)
                {
                    (int to, int from) = orientation == Orientation.Normal ? (i, matrix.ColumnIndices[e]) : (matrix.ColumnIndices[e], i);
                    for (int j = 0; j < width; j++)
                    {
                        double term = matrix.Values[e] * double.CreateTruncating(x[(from * width) + j]);
                        value[(to * width) + j] += term;
                        magnitude[(to * width) + j] += Math.Abs(term);
                    }
                }
            }
            Tolerance.Fraction($"({n}, {m}), width {width}, {orientation}, {typeof(T).Name}", actual, new Expected(value, magnitude, 1 + matrix.NonZeros));
        }
    }
}
