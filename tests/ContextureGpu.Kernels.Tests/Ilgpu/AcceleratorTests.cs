using System.Numerics;
using System.Runtime.CompilerServices;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The kernels against plain float64 loops, on odd shapes, in hostile memory. The same body runs on every accelerator.</summary>
public abstract class AcceleratorTests<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly BackendKind _backend;

    protected AcceleratorTests(BackendKind backend) => _backend = backend;

    private ComputeDevice Device => TestAccelerators.Get(_backend);

    private Arithmetic<T> On => Device.Arithmetic<T>();

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 65, 17)]
    [InlineData(67, 2, 33)]
    public void Product(int m, int n, int k)
    {
        Arithmetic<T> on = On;
        double[] a = Reference.Sample(1, m * k), b = Reference.Sample(2, k * n), c = Reference.Sample(3, m * n);
        foreach (Orientation oa in Enum.GetValues<Orientation>())
        {
            foreach (Orientation ob in Enum.GetValues<Orientation>())
            {
                using HostileMatrix<T> left = oa == Orientation.Normal ? new(Device, m, k, a) : new(Device, k, m, Transpose(a, m, k));
                using HostileMatrix<T> right = ob == Orientation.Normal ? new(Device, k, n, b) : new(Device, n, k, Transpose(b, k, n));
                using HostileMatrix<T> fresh = new(Device, m, n, null), old = new(Device, m, n, c);
                on.Multiply(T.One, left.Matrix, oa, right.Matrix, ob, T.Zero, fresh.Matrix);
                on.Multiply(T.CreateTruncating(-0.5), left.Matrix, oa, right.Matrix, ob, T.CreateTruncating(2), old.Matrix);
                Reference.Near<T>(fresh.Read(), n, k, (i, j) => Reference.Sum(k, t => a[i * k + t] * b[t * n + j]));
                Reference.Near<T>(old.Read(), n, k, (i, j) => Reference.Sum(k + 1, t => t == k ? 2 * c[i * n + j] : -0.5 * a[i * k + t] * b[t * n + j]));
            }
        }
    }

    /// <summary>X^T X and X X^T by half where X fits whole tiles; with old contents of C, and X X, which are not symmetric, whole.</summary>
    [Theory]
    [InlineData(3, 5)]
    [InlineData(40, 128)]
    [InlineData(260, 260)]
    [InlineData(36, 388)]
    public void Products_of_a_matrix_with_itself(int n, int m)
    {
        if (_backend == BackendKind.IlgpuCpu)
            Assert.Skip("groups of 256 threads take minutes there; its other tests run the small tile");
        double[] x = Reference.Sample(34, n * m), old = Reference.Sample(35, m * m);
        double[] turned = Transpose(x, n, m);
        foreach (bool transposed in new[] { true, false })
        {
            // X is (n, m) and enters as X^T X, or (m, n) and enters as X X^T: the same product.
            using HostileMatrix<T> matrix = transposed ? new(Device, n, m, x) : new(Device, m, n, turned);
            using HostileMatrix<T> fresh = new(Device, m, m, null), added = new(Device, m, m, old), square = new(Device, m, m, null);
            (Orientation first, Orientation second) = transposed ? (Orientation.Transposed, Orientation.Normal) : (Orientation.Normal, Orientation.Transposed);
            On.Multiply(T.CreateTruncating(0.5), matrix.Matrix, first, matrix.Matrix, second, T.Zero, fresh.Matrix);
            On.Multiply(T.One, matrix.Matrix, first, matrix.Matrix, second, T.CreateTruncating(0.5), added.Matrix);
            double[] gram = fresh.Read();
            Reference.Near<T>(gram, m, n, (i, j) => Reference.Sum(n, t => 0.5 * x[t * m + i] * x[t * m + j]));
            Assert.All(Enumerable.Range(0, gram.Length), e => Assert.Equal(gram[e], gram[e % m * m + e / m]));
            Reference.Near<T>(added.Read(), m, n + 1, (i, j) => Reference.Sum(n + 1, t => t == n ? 0.5 * old[i * m + j] : x[t * m + i] * x[t * m + j]));
            if (n == m)
            {
                double[] own = transposed ? x : turned;
                On.Multiply(T.One, matrix.Matrix, first, matrix.Matrix, first, T.Zero, square.Matrix);
                Reference.Near<T>(square.Read(), m, n, (i, j) => Reference.Sum(n, t => transposed ? own[t * m + i] * own[j * m + t] : own[i * m + t] * own[t * m + j]));
            }
        }
    }

    /// <summary>Whole tiles, tiles with edges on each side, a rest of the inner dimension; views whose rows start on 16 bytes and views whose rows do not.</summary>
    [Theory]
    [InlineData(128, 128, 32, 0)]
    [InlineData(256, 132, 40, 4)]
    [InlineData(131, 384, 37, 8)]
    [InlineData(260, 269, 71, 4)]
    [InlineData(128, 256, 64, 3)]
    public void Large_products(int m, int n, int k, int margin)
    {
        if (_backend == BackendKind.IlgpuCpu)
            Assert.Skip("groups of 256 threads take minutes there; its other tests run the small tile");
        Arithmetic<T> on = On;
        double[] a = Reference.Sample(31, m * k), b = Reference.Sample(32, k * n), c = Reference.Sample(33, m * n);
        foreach (Orientation oa in Enum.GetValues<Orientation>())
        {
            foreach (Orientation ob in Enum.GetValues<Orientation>())
            {
                using DeviceMatrix<T> wideA = Put(oa == Orientation.Normal ? a : Transpose(a, m, k), oa == Orientation.Normal ? m : k, oa == Orientation.Normal ? k : m, margin, out DeviceMatrix<T> left);
                using DeviceMatrix<T> wideB = Put(ob == Orientation.Normal ? b : Transpose(b, k, n), ob == Orientation.Normal ? k : n, ob == Orientation.Normal ? n : k, margin, out DeviceMatrix<T> right);
                using DeviceMatrix<T> wideFresh = Put(null, m, n, margin, out DeviceMatrix<T> fresh), wideOld = Put(c, m, n, margin, out DeviceMatrix<T> old);
                on.Multiply(T.One, left, oa, right, ob, T.Zero, fresh);
                on.Multiply(T.CreateTruncating(-0.5), left, oa, right, ob, T.CreateTruncating(2), old);
                Reference.Near<T>(Read(fresh), n, k, (i, j) => Reference.Sum(k, t => a[i * k + t] * b[t * n + j]));
                Reference.Near<T>(Read(old), n, k, (i, j) => Reference.Sum(k + 1, t => t == k ? 2 * c[i * n + j] : -0.5 * a[i * k + t] * b[t * n + j]));
                Assert.All(Margins(wideFresh, m, n, margin), value => Assert.Equal(7, value));
            }
        }

        // The values, or NaN, within a wider matrix of sevens whose rows have a multiple of four elements.
        DeviceMatrix<T> Put(double[]? values, int rows, int columns, int margin, out DeviceMatrix<T> view)
        {
            DeviceMatrix<T> wide = on.Allocate(rows + 1, (columns + (2 * margin) + 3) / 4 * 4);
            on.Fill(wide, T.CreateTruncating(7));
            view = wide.RowRange(1, rows).ColumnRange(margin, columns);
            if (values is null)
                on.Fill(view, T.NaN);
            else
                on.Upload(Array.ConvertAll(values, T.CreateTruncating), view);
            return wide;
        }

        double[] Read(DeviceMatrix<T> matrix)
        {
            var values = new T[matrix.Rows * matrix.Columns];
            on.Download(matrix, values);
            return Array.ConvertAll(values, double.CreateTruncating);
        }

        IEnumerable<double> Margins(DeviceMatrix<T> wide, int rows, int columns, int margin)
        {
            double[] all = Read(wide);
            return Enumerable.Range(0, all.Length).Where(e => e / wide.Columns == 0 || e % wide.Columns < margin || e % wide.Columns >= margin + columns).Select(e => all[e]);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(259, 3, 66)]
    public void InnerProducts(int n, int p, int q)
    {
        double[] a = Reference.Sample(4, n * p), b = Reference.Sample(5, n * q);
        using HostileMatrix<T> left = new(Device, n, p, a), right = new(Device, n, q, b);
        var c = new double[p * q];
        Array.Fill(c, double.NaN);
        On.InnerProducts(left.Matrix, right.Matrix, c);
        // Float32 is summed in float64 on devices that have it: only the rounding of the sum remains.
        Reference.Near<double>(c, q, n, (i, j) => Reference.Sum(n, t => a[t * p + i] * b[t * q + j]));
        var gram = new double[q * q];
        On.InnerProducts(right.Matrix, right.Matrix, gram);
        Reference.Near<double>(gram, q, n, (i, j) => Reference.Sum(n, t => b[t * q + i] * b[t * q + j]));
        for (int i = 0; i < q; i++)
        {
            for (int j = 0; j < q; j++)
                Assert.Equal(gram[i * q + j], gram[j * q + i]);
        }
    }

    [Fact]
    public void InnerProducts_of_many_rows_do_not_drift()
    {
        // The square needs 25 bits: a float32 sum is wrong from the first term on, a float64 sum is exact to the last.
        int n = _backend == BackendKind.IlgpuCpu ? 600 : 70_001;
        const double value = 1 + 1.0 / 4096;
        using DeviceMatrix<T> x = On.Allocate(n, 1);
        On.Fill(x, T.CreateTruncating(value));
        var c = new double[1];
        On.InnerProducts(x, x, c);
        if (Device.Description.SupportsDouble)
            Assert.Equal(value * value * n, c[0]);
        else
            Reference.Near<T>(c, 1, 256, (_, _) => (value * value * n, value * value * n));
    }

    [Fact]
    public void ElementwiseOperations()
    {
        Arithmetic<T> on = On;
        foreach ((int n, int b) in new[] { (1, 1), (300, 3), (2, 67) })
        {
            double[] s = Reference.Sample(6, n), x = Reference.Sample(7, n * b), y = Reference.Sample(8, n * b);
            using HostileMatrix<T> scale = new(Device, n, 1, s), from = new(Device, n, b, x), to = new(Device, n, b, y), fresh = new(Device, n, b, null), poison = new(Device, n, b, null);
            on.ScaleRows(scale.Matrix, from.Matrix, fresh.Matrix);
            Reference.Near<T>(fresh.Read(), b, 1, (i, j) => Reference.Sum(1, _ => s[i] * x[i * b + j]));
            on.Combine(T.CreateTruncating(3), from.Matrix, T.CreateTruncating(-2), to.Matrix);
            Reference.Near<T>(to.Read(), b, 2, (i, j) => Reference.Sum(2, t => t == 0 ? 3 * x[i * b + j] : -2 * y[i * b + j]));
            on.Combine(T.One, from.Matrix, T.Zero, fresh.Matrix);
            Assert.Equal(x, fresh.Read());
            on.Combine(T.Zero, poison.Matrix, T.One, from.Matrix);
            Assert.Equal(x, from.Read());
            on.ScaleRows(scale.Matrix, from.Matrix, from.Matrix);
            Reference.Near<T>(from.Read(), b, 1, (i, j) => Reference.Sum(1, _ => s[i] * x[i * b + j]));
            on.Fill(poison.Matrix, T.CreateTruncating(0.25));
            Assert.All(poison.Read(), value => Assert.Equal(0.25, value));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(521, 35)]
    public void ColumnMoments(int n, int b)
    {
        // Far from 0 compared with their spread: one pass about 0 would lose the variance.
        double[] x = [.. Reference.Sample(9, n * b).Select(v => 64 + Math.Round(v * 256) / 256)], w = [.. Reference.Sample(10, n).Select(v => 1.5 + v)];
        using HostileMatrix<T> matrix = new(Device, n, b, x), weights = new(Device, n, 1, w);
        foreach (bool weighted in new[] { false, true })
        {
            double[] mean = new double[b], variance = new double[b];
            On.ColumnMoments(matrix.Matrix, weighted ? weights.Matrix : null, mean, variance);
            double W(int i) => weighted ? w[i] : 1;
            double total = Reference.Sum(n, W).Value;
            Reference.Near<double>(mean, b, n, (_, j) => Reference.Sum(n, i => W(i) * x[i * b + j] / total));
            Reference.Near<double>(variance, b, n, (_, j) => Reference.Sum(n, i => W(i) * Math.Pow(x[i * b + j] - mean[j], 2) / total));
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(67, 33, 17, 65)]
    [InlineData(2, 70, 0, 3)]
    public void KernelMatrix(int n, int m, int d, int p)
    {
        Arithmetic<T> on = On;
        double[] x = Reference.Sample(11, n * d), y = Reference.Sample(12, m * d), v = Reference.Sample(13, m * p), a = Reference.Sample(14, n), b = Reference.Sample(15, m);
        using HostileMatrix<T> left = new(Device, n, d, x), right = new(Device, m, d, y), block = new(Device, m, p, v), rows = new(Device, n, 1, a), columns = new(Device, m, 1, b);
        foreach (RadialKernel kernel in new RadialKernel[] { new(RadialKernelKind.Gaussian, 0.25), new(RadialKernelKind.Exponential, 1.5), new(RadialKernelKind.Laplacian, 0.75) })
        {
            foreach (bool offsets in new[] { false, true })
            {
                using HostileMatrix<T> product = new(Device, n, p, null), logSum = new(Device, n, 1, null);
                double Exponent(int i, int j) => Reference.LogKernel(kernel, x, i, y, j, d) - (offsets ? b[j] : 0);
                on.KernelProduct(kernel, left.Matrix, offsets ? rows.Matrix : null, right.Matrix, offsets ? columns.Matrix : null, block.Matrix, product.Matrix);
                Reference.Near<T>(product.Read(), p, d + 32, (i, c) => Reference.Sum(m, j => Math.Exp(Exponent(i, j) - (offsets ? a[i] : 0)) * v[j * p + c]));
                on.KernelLogSum(kernel, left.Matrix, right.Matrix, offsets ? columns.Matrix : null, logSum.Matrix);
                Reference.Near<T>(logSum.Read(), 1, d + 16, (i, _) => (Math.Log(Reference.Sum(m, j => Math.Exp(Exponent(i, j))).Value), 4));
            }
        }
    }

    /// <summary>Whole tiles and edges on each side, several parts of Y, more features than fit in a slab; rows that start on 16 bytes and rows that do not.</summary>
    [Theory]
    [InlineData(128, 256, 16, 64)]
    [InlineData(131, 301, 32, 68)]
    [InlineData(129, 130, 68, 4)]
    [InlineData(5, 261, 35, 70)]
    public void KernelMatrix_of_several_tiles(int n, int m, int d, int p)
    {
        if (_backend == BackendKind.IlgpuCpu)
            Assert.Skip("so many groups take minutes there");
        Arithmetic<T> on = On;
        double[] x = Reference.Sample(51, n * d), y = Reference.Sample(52, m * d), v = Reference.Sample(53, m * p), a = Reference.Sample(54, n), b = Reference.Sample(55, m);
        using DeviceMatrix<T> packedX = on.Allocate(n, d), packedY = on.Allocate(m, d), packedV = on.Allocate(m, p), packed = on.Allocate(n, p);
        on.Upload(Array.ConvertAll(x, T.CreateTruncating), packedX);
        on.Upload(Array.ConvertAll(y, T.CreateTruncating), packedY);
        on.Upload(Array.ConvertAll(v, T.CreateTruncating), packedV);
        using HostileMatrix<T> left = new(Device, n, d, x), right = new(Device, m, d, y), block = new(Device, m, p, v), rows = new(Device, n, 1, a), columns = new(Device, m, 1, b);
        var values = new T[n * p];
        foreach (RadialKernel kernel in new RadialKernel[] { new(RadialKernelKind.Gaussian, 0.05), new(RadialKernelKind.Exponential, 0.5), new(RadialKernelKind.Laplacian, 0.1) })
        {
            double[] weights = new double[n * m];
            for (int e = 0; e < weights.Length; e++)
                weights[e] = Math.Exp(Reference.LogKernel(kernel, x, e / m, y, e % m, d) - a[e / m] - b[e % m]);
            using HostileMatrix<T> product = new(Device, n, p, null), logSum = new(Device, n, 1, null);
            on.KernelProduct(kernel, left.Matrix, rows.Matrix, right.Matrix, columns.Matrix, block.Matrix, product.Matrix);
            Reference.Near<T>(product.Read(), p, d + 32, (i, c) => Reference.Sum(m, j => weights[i * m + j] * v[j * p + c]));
            on.KernelProduct(kernel, packedX, rows.Matrix, packedY, columns.Matrix, packedV, packed);
            on.Download(packed, values);
            Assert.Equal(product.Read(), Array.ConvertAll(values, double.CreateTruncating));
            on.KernelLogSum(kernel, left.Matrix, right.Matrix, columns.Matrix, logSum.Matrix);
            Reference.Near<T>(logSum.Read(), 1, d + 16, (i, _) => (Math.Log(Reference.Sum(m, j => weights[i * m + j]).Value) + a[i], 4));
        }
        on.KernelProduct(DotProductKernel.Polynomial(0.1, 1, 3), packedX, packedY, packedV, packed);
        on.Download(packed, values);
        Reference.Near<T>(Array.ConvertAll(values, double.CreateTruncating), p, d + 32, (i, c) => Reference.Sum(m, j => Math.Pow(1 + (0.1 * Reference.Sum(d, f => x[i * d + f] * y[j * d + f]).Value), 3) * v[j * p + c]));
    }

    [Fact]
    public void Exponential_is_accurate_over_its_whole_range()
    {
        // Without features the kernel is 1 and the product exp(-a_i - b_0): the device's exponential, bare.
        double lowest = typeof(T) == typeof(double) ? -745 : -103, highest = typeof(T) == typeof(double) ? 709 : 88;
        double[] arguments = [.. Enumerable.Range(0, 500).Select(i => double.CreateTruncating(T.CreateTruncating(lowest + (highest - lowest) * i / 499))), 0, -0.0, 1e-30, -1e-30];
        double[] results = Exponentials(arguments);
        double normal = typeof(T) == typeof(double) ? 2.2250738585072014E-308 : 1.1754943508222875E-38;
        for (int i = 0; i < arguments.Length; i++)
        {
            double right = Math.Exp(arguments[i]);
            if (right < normal)
                Assert.InRange(results[i], 0, normal);      // hardware may flush what lies below the normal range
            else
                Assert.True(Math.Abs(results[i] - right) <= 4 * Reference.Unit<T>() * right, $"exp({arguments[i]:R}) = {results[i]:R}, expected {right:R}");
        }
    }

    [Fact]
    public void Exponential_of_extreme_arguments_is_no_NaN()
    {
        double largest = typeof(T) == typeof(double) ? double.MaxValue : float.MaxValue;
        Assert.Equal([0, 0, 0, double.PositiveInfinity, double.PositiveInfinity], Exponentials([double.NegativeInfinity, -largest, -1e5, 1e5, double.PositiveInfinity]));
    }

    [Fact]
    public void KernelLogSum_is_shifted_by_the_maximum()
    {
        // Distances so large that every kernel value underflows; and one column of weight zero.
        double[] x = [0, 100], y = [1000, 1001, 2000], b = [0, double.PositiveInfinity, 3];
        using HostileMatrix<T> left = new(Device, 2, 1, x), right = new(Device, 3, 1, y), offsets = new(Device, 3, 1, b), result = new(Device, 2, 1, null);
        On.KernelLogSum(new RadialKernel(RadialKernelKind.Exponential, 2), left.Matrix, right.Matrix, offsets.Matrix, result.Matrix);
        Reference.Near<T>(result.Read(), 1, 1, (i, _) => (-2 * (1000 - x[i]), 2000));
    }

    [Fact]
    public void SparseProduct()
    {
        Arithmetic<T> on = On;
        const int n = 37, m = 41, b = 5;
        var starts = new int[n + 1];
        var columns = new List<int>();
        for (int i = 0; i < n; i++)
        {
            for (int j = i % 3; i % 5 != 0 && j < m; j += 1 + i % 7)        // some rows are empty, some full
                columns.Add(j);
            starts[i + 1] = columns.Count;
        }
        double[] values = Reference.Sample(16, columns.Count), dense = new double[n * m];
        for (int i = 0; i < n; i++)
        {
            for (int e = starts[i]; e < starts[i + 1]; e++)
                dense[i * m + columns[e]] = values[e];
        }
        double[] x = Reference.Sample(17, m * b), z = Reference.Sample(18, n * b);
        using SparseMatrix<T> s = on.CreateSparse(new CompressedRows(n, m, starts, [.. columns], values)), zero = on.CreateSparse(new CompressedRows(n, m, new int[n + 1], [], []));
        using HostileMatrix<T> right = new(Device, m, b, x), left = new(Device, n, b, z), product = new(Device, n, b, null), adjoint = new(Device, m, b, null), empty = new(Device, n, b, null);
        on.SparseProduct(s, Orientation.Normal, right.Matrix, product.Matrix);
        on.SparseProduct(s, Orientation.Transposed, left.Matrix, adjoint.Matrix);
        on.SparseProduct(zero, Orientation.Normal, right.Matrix, empty.Matrix);
        Reference.Near<T>(product.Read(), b, m, (i, c) => Reference.Sum(m, j => dense[i * m + j] * x[j * b + c]));
        Reference.Near<T>(adjoint.Read(), b, n, (j, c) => Reference.Sum(n, i => dense[i * m + j] * z[i * b + c]));
        Assert.All(empty.Read(), value => Assert.Equal(0, value));
    }

    /// <summary>One column and many, rows that start on 16 bytes, rows long enough for several lanes, an empty one, a long one.</summary>
    [Theory]
    [InlineData(1, 40)]
    [InlineData(4, 9)]
    [InlineData(64, 9)]
    [InlineData(132, 3)]
    public void SparseProduct_of_packed_blocks(int b, int length)
    {
        Arithmetic<T> on = On;
        const int n = 35, m = 257;
        var starts = new int[n + 1];
        var columns = new List<int>();
        for (int i = 0; i < n; i++)
        {
            int count = i == 3 ? 0 : i == 5 ? m : length + (i % 4);
            for (int e = 0; e < count; e++)
                columns.Add(count == m ? e : (e * (m / count)) + (i % (m / count)));
            starts[i + 1] = columns.Count;
        }
        double[] values = Reference.Sample(61, columns.Count), x = Reference.Sample(62, m * b);
        using SparseMatrix<T> s = on.CreateSparse(new CompressedRows(n, m, starts, [.. columns], values));
        using DeviceMatrix<T> right = on.Allocate(m, b), product = on.Allocate(n, b), again = on.Allocate(n, b);
        on.Upload(Array.ConvertAll(x, T.CreateTruncating), right);
        on.SparseProduct(s, Orientation.Normal, right, product);
        on.SparseProduct(s, Orientation.Normal, right, again);
        T[] first = new T[n * b], second = new T[n * b];
        on.Download(product, first);
        on.Download(again, second);
        Assert.Equal(first, second);
        Reference.Near<T>(
            Array.ConvertAll(first, double.CreateTruncating), b, m, (i, c) => Reference.Sum(starts[i + 1] - starts[i], e => values[starts[i] + e] * x[(columns[starts[i] + e] * b) + c]));
    }

    /// <summary>Rows of one column and of more than a warp, in place and elsewhere; a row of zeros, and one whose squares leave the range.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(70)]
    public void Rows_are_normalised(int d)
    {
        const int n = 67;
        double[] x = Reference.Sample(63, n * d);
        Array.Clear(x, 2 * d, d);
        for (int f = 0; f < d; f++)
            x[(5 * d) + f] *= Math.ScaleB(1, typeof(T) == typeof(float) ? 100 : 900);
        using HostileMatrix<T> from = new(Device, n, d, x), to = new(Device, n, d, null);
        On.NormalizeRows(from.Matrix, to.Matrix);
        On.NormalizeRows(from.Matrix, from.Matrix);
        double[] found = to.Read();
        Assert.Equal(found, from.Read());
        Reference.Near<T>(found, d, d, (i, f) =>
        {
            double largest = Enumerable.Range(0, d).Max(g => Math.Abs(x[(i * d) + g]));
            if (largest == 0)
                return (0, 0);
            double value = x[(i * d) + f] / largest / Math.Sqrt(Reference.Sum(d, g => Math.Pow(x[(i * d) + g] / largest, 2)).Value);
            return (value, Math.Abs(value));
        });
    }

    [Fact]
    public void ColumnViews_are_uploaded_and_downloaded_without_touching_their_neighbours()
    {
        Arithmetic<T> on = On;
        T[] values = [.. Reference.Sample(19, 7 * 3).Select(T.CreateTruncating)], read = new T[values.Length];
        using HostileMatrix<T> whole = new(Device, 7, 9, Reference.Sample(20, 7 * 9));
        double[] before = whole.Read();
        DeviceMatrix<T> view = whole.Matrix.ColumnRange(4, 3);
        on.Upload(values, view);
        on.Download(view, read);
        Assert.Equal(values, read);
        double[] after = whole.Read();
        for (int e = 0; e < after.Length; e++)
            Assert.Equal(e % 9 is >= 4 and < 7 ? double.CreateTruncating(values[e / 9 * 3 + e % 9 - 4]) : before[e], after[e]);
    }

    [Fact]
    public void Same_bits_every_time()
    {
        Arithmetic<T> on = On;
        const int n = 130, b = 3;
        using HostileMatrix<T> x = new(Device, n, b, Reference.Sample(25, n * b)), first = new(Device, n, b, null), second = new(Device, n, b, null);
        double[] c = new double[b * b], again = new double[b * b];
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, 1);
        on.KernelProduct(kernel, x.Matrix, null, x.Matrix, null, x.Matrix, first.Matrix);
        on.KernelProduct(kernel, x.Matrix, null, x.Matrix, null, x.Matrix, second.Matrix);
        Assert.Equal(first.Read(), second.Read());
        on.InnerProducts(x.Matrix, first.Matrix, c);
        on.InnerProducts(x.Matrix, second.Matrix, again);
        Assert.Equal(c, again);
    }

    [Fact]
    public void KernelProduct_does_not_lose_small_terms_in_a_large_sum()
    {
        // 1 followed by terms of which even 32, a tile, make a quarter of the unit roundoff: without compensation every tile would be lost.
        int m = _backend == BackendKind.IlgpuCpu ? 513 : 32_001;
        double small = Reference.Unit<T>() / 128;
        using HostileMatrix<T> x = new(Device, 1, 0, []), y = new(Device, m, 0, []), v = new(Device, m, 1, [1, .. Enumerable.Repeat(small, m - 1)]), result = new(Device, 1, 1, null);
        On.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, 1), x.Matrix, null, y.Matrix, null, v.Matrix, result.Matrix);
        double lost = 31 * small;       // those of the first tile
        Assert.InRange(result.Read()[0], 1 + (m - 1) * small - lost - 2 * Reference.Unit<T>(), 1 + (m - 1) * small + 2 * Reference.Unit<T>());
    }

    [Fact]
    public void Memory_is_accounted_for_and_use_after_disposal_refused()
    {
        Arithmetic<T> on = On;
        long before = Device.Memory.LiveBytes;
        DeviceMatrix<T> matrix = on.Allocate(10, 3);
        Assert.Equal(before + 30 * Unsafe.SizeOf<T>(), Device.Memory.LiveBytes);
        on.InnerProducts(FillWithOne(on, matrix), matrix, new double[9]);
        matrix.Dispose();
        matrix.Dispose();
        Assert.Equal(before, Device.Memory.LiveBytes);
        Assert.Throws<ObjectDisposedException>(() => on.Fill(matrix, T.One));
        using DeviceMatrix<T> still = on.Allocate(1, 1);
        on.Fill(still, T.One);
    }

    private double[] Exponentials(double[] arguments)
    {
        int n = arguments.Length;
        using HostileMatrix<T> none = new(Device, n, 0, []), point = new(Device, 1, 0, []), offsets = new(Device, n, 1, [.. arguments.Select(x => -x)]);
        using HostileMatrix<T> one = new(Device, 1, 1, [1]), result = new(Device, n, 1, null);
        On.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, 1), none.Matrix, offsets.Matrix, point.Matrix, null, one.Matrix, result.Matrix);
        return result.Read();
    }

    private static DeviceMatrix<T> FillWithOne(Arithmetic<T> on, DeviceMatrix<T> matrix)
    {
        on.Fill(matrix, T.One);
        return matrix;
    }

    private static double[] Transpose(double[] a, int rows, int columns)
    {
        var t = new double[a.Length];
        for (int e = 0; e < a.Length; e++)
            t[e % columns * rows + e / columns] = a[e];
        return t;
    }
}
