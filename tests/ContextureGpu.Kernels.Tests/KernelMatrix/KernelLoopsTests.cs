using System.Numerics;
using System.Runtime.Intrinsics;
using ContextureGpu.Kernels.Cpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.KernelMatrix;

/// <summary>The loops of kernel matrices on the processor, at every width of vectors, on random shapes and hard points, against plain float64 loops.</summary>
public sealed unsafe class KernelLoopsTests
{
    /// <summary>The width in bits that <see cref="KernelLoops{T}.Widest"/> must have in this process; set by <see cref="VectorWidthTests"/>.</summary>
    internal const string WidthVariable = "CONTEXTURE_TEST_VECTOR_BITS";

    private static readonly RadialKernelKind[] Kinds = Enum.GetValues<RadialKernelKind>();

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 24).Select(seed => (ulong)seed)];

    [Fact]
    public void The_widest_vectors_are_used()
    {
        int expected = Environment.GetEnvironmentVariable(WidthVariable) is { } bits ? int.Parse(bits)
            : Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;
        Assert.Equal(expected switch { 512 => typeof(KernelLoops<float, Lanes512<float>, Vector512<float>>), 256 => typeof(KernelLoops<float, Lanes256<float>, Vector256<float>>), _ => typeof(KernelLoops<float, Lanes128<float>, Vector128<float>>) }, KernelLoops<float>.Widest.GetType());
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_shapes(ulong seed)
    {
        Run<float>(seed);
        Run<double>(seed);

        static void Run<T>(ulong seed)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            var random = new Philox(seed, 1);
            int[] counts = [0, 1, 2, 31, 71, 73, 97, 144, 257, 331];
            (int n, int m) = (counts[(int)(random.Uniform(0) * counts.Length)], counts[(int)(random.Uniform(1) * counts.Length)]);
            (int d, int p) = ((int)(random.Uniform(2) * 41), (int)(random.Uniform(3) * 71));
            double gamma = Math.Pow(10, -3 + (4 * random.Uniform(4))) / Math.Max(1, d);
            Check<T>(seed, n, m, d, p, gamma, 1, 0, Kinds[seed % (ulong)Kinds.Length], (Fraction: random.Uniform(5), Separation: 0));
        }
    }

    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e-7)]
    public void Near_duplicates(double separation)
    {
        foreach (RadialKernelKind kind in Kinds)
        {
            // A kernel that tells the duplicates apart: a distance of nothing but rounding errors would show.
            double gamma = kind == RadialKernelKind.Gaussian ? 0.3 / (separation * separation) : 0.3 / separation;
            Check<double>(5, 40, 83, 7, 3, gamma, 1, 0, kind, (1, separation));
            if (separation > 1e-5)
                Check<float>(5, 40, 83, 7, 3, gamma, 1, 0, kind, (1, separation));
        }
    }

    [Theory]
    [InlineData(1e4, 0.5)]
    [InlineData(-1e4, 0.01)]
    public void Points_far_from_the_origin(double shift, double scale)
    {
        foreach (RadialKernelKind kind in Kinds)
        {
            double gamma = kind == RadialKernelKind.Gaussian ? 0.1 / (scale * scale) : 0.1 / scale;
            Check<float>(6, 35, 101, 5, 2, gamma, scale, shift, kind, (0.3, 0));
            Check<double>(6, 35, 101, 5, 2, gamma, scale, shift, kind, (0.3, 0));
        }
    }

    [Theory]
    [InlineData(1e30)]
    [InlineData(1e-30)]
    public void Gammas_far_from_one(double gamma)
    {
        foreach (RadialKernelKind kind in Kinds)
        {
            Check<float>(7, 20, 75, 3, 4, gamma, 1, 0, kind, (0.5, 0));
            Check<double>(7, 20, 75, 3, 4, gamma, 1, 0, kind, (0.5, 0));
        }
    }

    [Fact]
    public void Features_and_columns_beyond_one_pass()
    {
        foreach (RadialKernelKind kind in Kinds)
        {
            Check<float>(8, 33, 74, 300, 131, 0.001, 1, 0, kind, (0.1, 0));
            Check<double>(8, 33, 74, 257, 7, 0.001, 1, 0, kind, (0.1, 0));
        }
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        float[] x = Points<float>(9, 1500 * 9, 1, 0), v = Points<float>(10, 1500 * 13, 1, 0);
        float[][] results = [.. new[] { 1, 2, 5 }.Select(threads =>
        {
            using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None, Threads = threads });
            Arithmetic<float> on = device.Arithmetic<float>();
            using DeviceMatrix<float> points = Put(on, x, 1500, 9), block = Put(on, v, 1500, 13), product = on.Allocate(1500, 13), sums = on.Allocate(1500, 1);
            on.KernelLogSum(new RadialKernel(RadialKernelKind.Gaussian, 0.2), points, points, null, sums);
            on.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, 0.2), points, sums, points, null, block, product);
            return (float[])[.. Get(on, product), .. Get(on, sums)];
        })];
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Points_with_themselves(ulong seed)
    {
        Run<float>(seed);
        Run<double>(seed);

        static void Run<T>(ulong seed)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            // One point, one block with a tail, two to five blocks; the device takes the symmetric form from 1152 points on.
            var random = new Philox(seed, 2);
            int[] counts = [1, 101, 288, 301, 577, 1151, 1152, 1165, 1303];
            int n = counts[seed % (ulong)counts.Length], d = (int)(random.Uniform(2) * 20), p = 1 + (int)(random.Uniform(3) * 40);
            var kernel = new RadialKernel(Kinds[seed % (ulong)Kinds.Length], Math.Pow(10, -2 + (3 * random.Uniform(4))) / Math.Max(1, d));
            bool offsets = (seed & 1) == 0;
            T[] x = Points<T>(seed + 500, n * d, 1, 0), v = Points<T>(seed + 600, n * p, 1, 0);
            T[] a = Array.ConvertAll(Points<T>(seed + 700, n, 2, 0), value => offsets ? T.Abs(value) : T.Zero), b = Array.ConvertAll(Points<T>(seed + 800, n, 1, 0), value => offsets ? T.Abs(value) : T.Zero);
            Expected expected = Truth.KernelProduct(kernel, x, a, x, b, v, n, n, d, p);
            string what = $"{kernel.Kind}, {typeof(T).Name}, (n, d, p) = ({n}, {d}, {p})";
            using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
            Arithmetic<T> on = device.Arithmetic<T>();
            using DeviceMatrix<T> points = Put(on, x, n, d), block = Put(on, v, n, p), output = on.Allocate(n, p), rows = Put(on, a, n, 1), columns = Put(on, b, n, 1);
            on.Fill(output, T.NaN);
            on.KernelProduct(kernel, points, offsets ? rows : null, points, offsets ? columns : null, block, output);
            Tolerance.Report(what, Tolerance.Fraction<T>(what, Get(on, output), expected));
            T[] left = Array.ConvertAll(a, value => T.Exp(-value)), right = Array.ConvertAll(b, value => T.Exp(-value)), zeros = new T[n];
            AtEveryWidth((KernelLoops<T> loops) =>
            {
                on.Fill(output, T.NaN);
                T s = T.CreateTruncating(kernel.Gamma / Math.Log(2));
                (CpuMatrix<T> from, CpuMatrix<T> values, CpuMatrix<T> to) = ((CpuMatrix<T>)points, (CpuMatrix<T>)block, (CpuMatrix<T>)output);
                var workers = new Workers(2);
                fixed (T* zero = zeros, l = left, r = right)
                {
                    var set = new PointSet<T>(from.Pointer, d, n, zero);
                    if (kernel.Kind == RadialKernelKind.Gaussian)
                        loops.SymmetricProduct(workers, new GaussianOfDifferences<T>(s), set, d, l, r, values, to);
                    else if (kernel.Kind == RadialKernelKind.Exponential)
                        loops.SymmetricProduct(workers, new ExponentialOfDistance<T>(s), set, d, l, r, values, to);
                    else
                        loops.SymmetricProduct(workers, new LaplacianOfDifferences<T>(s), set, d, l, r, values, to);
                }
                Tolerance.Fraction<T>($"{what}, {loops.GetType().GenericTypeArguments[^1].Name}", Get(on, output), expected);
            });
        }
    }

    [Fact]
    public void A_product_ends_between_two_pieces_when_it_is_called_off()
    {
        const int N = 3000;
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None, Threads = 2 });
        using var source = new CancellationTokenSource();
        Arithmetic<float> on = device.CancellableArithmetic<float>(source.Token);
        float[] x = Points<float>(22, N * 3, 1, 0);
        using DeviceMatrix<float> points = Put(on, x, N, 3), others = Put(on, x, N, 3), block = Put(on, x, N, 3), output = on.Allocate(N, 3);
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, 1);
        on.KernelProduct(kernel, points, null, points, null, block, output);
        float[] before = Get(on, output);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => on.KernelProduct(kernel, points, null, points, null, block, output));
        Assert.Throws<OperationCanceledException>(() => on.KernelProduct(kernel, points, null, others, null, block, output));

        // Others on the device go on.
        device.Arithmetic<float>().KernelProduct(kernel, points, null, points, null, block, output);
        Assert.Equal(before, Get(device.Arithmetic<float>(), output));
    }

    [Fact]
    public void A_polynomial_of_points_with_themselves()
    {
        const int N = 1201, D = 4, P = 19;
        double[] x = Points<double>(20, N * D, 0.5, 0), v = Points<double>(21, N * P, 1, 0);
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<double> on = device.Arithmetic<double>();
        using DeviceMatrix<double> points = Put(on, x, N, D), block = Put(on, v, N, P), output = on.Allocate(N, P);
        DotProductKernel kernel = DotProductKernel.Polynomial(0.7, 1, 3);
        on.KernelProduct(kernel, points, points, block, output);
        Tolerance.Fraction<double>("polynomial", Get(on, output), Truth.KernelProduct(kernel, x, x, v, N, N, D, P));
    }

    /// <summary>A share of the points y equals points x, up to the separation.</summary>
    private static void Check<T>(ulong seed, int n, int m, int d, int p, double gamma, double scale, double shift, RadialKernelKind kind, (double Fraction, double Separation) duplicates)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[] x = Points<T>(seed + 100, n * d, scale, shift), y = Points<T>(seed + 200, m * d, scale, shift), v = Points<T>(seed + 300, m * p, 1, 0), noise = Points<T>(seed + 400, m * d, duplicates.Separation, 0);
        for (int j = 0; n > 0 && j < m * duplicates.Fraction; j++)
        {
            for (int f = 0; f < d; f++)
                y[j * d + f] = x[j % n * d + f] + noise[j * d + f];
        }
        var kernel = new RadialKernel(kind, gamma);
        Expected product = Truth.KernelProduct(kernel, x, null, y, null, v, n, m, d, p);
        Expected? logSum = m == 0 ? null : Truth.KernelLogSum(kernel, x, y, null, n, m, d);
        string what = $"{kind}, {typeof(T).Name}, (n, m, d, p) = ({n}, {m}, {d}, {p})";
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<T> on = device.Arithmetic<T>();
        using DeviceMatrix<T> points = Put(on, x, n, d), others = Put(on, y, m, d), block = Put(on, v, m, p), output = on.Allocate(n, p), sums = on.Allocate(n, 1);
        on.Fill(output, T.NaN);
        on.KernelProduct(kernel, points, null, others, null, block, output);
        Tolerance.Report(what, Tolerance.Fraction<T>(what, Get(on, output), product));
        if (logSum is not null)
        {
            on.KernelLogSum(kernel, points, others, null, sums);
            Tolerance.Report($"{what}, log-sum", Tolerance.Fraction<T>($"{what}, log-sum", Get(on, sums), logSum));
        }
        if (n == 0 || m == 0 || p == 0)
            return;
        AtEveryWidth((KernelLoops<T> loops) =>
        {
            on.Fill(output, T.NaN);
            T s = T.CreateTruncating(gamma / Math.Log(2));
            T[] zeros = new T[n + m];
            fixed (T* offsets = zeros)
            {
                CpuMatrix<T> left = (CpuMatrix<T>)points, right = (CpuMatrix<T>)others;
                PointSet<T> from = new(left.Pointer, d, n, offsets), to = new(right.Pointer, d, m, offsets + n);
                var workers = new Workers(2);
                switch (kind)
                {
                    case RadialKernelKind.Gaussian:
                        loops.Product(workers, new GaussianOfDifferences<T>(s), from, to, d, (CpuMatrix<T>)block, (CpuMatrix<T>)output);
                        break;
                    case RadialKernelKind.Exponential:
                        loops.Product(workers, new ExponentialOfDistance<T>(s), from, to, d, (CpuMatrix<T>)block, (CpuMatrix<T>)output);
                        break;
                    default:
                        loops.Product(workers, new LaplacianOfDifferences<T>(s), from, to, d, (CpuMatrix<T>)block, (CpuMatrix<T>)output);
                        break;
                }
            }
            Tolerance.Fraction<T>($"{what}, {loops.GetType().GenericTypeArguments[^1].Name}", Get(on, output), product);
        });
    }

    private static void AtEveryWidth<T>(Action<KernelLoops<T>> check)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        check(new KernelLoops<T, Lanes128<T>, Vector128<T>>());
        check(new KernelLoops<T, Lanes256<T>, Vector256<T>>());
        check(new KernelLoops<T, Lanes512<T>, Vector512<T>>());
    }

    private static T[] Points<T>(ulong stream, int count, double scale, double shift)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var values = new double[count];
        new Philox(3, stream).Normals<double>(0, values);
        return Array.ConvertAll(values, value => T.CreateTruncating(shift + (scale * value)));
    }

    private static DeviceMatrix<T> Put<T>(Arithmetic<T> on, T[] values, int rows, int columns)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        DeviceMatrix<T> matrix = on.Allocate(rows, columns);
        on.Upload(values, matrix);
        return matrix;
    }

    private static T[] Get<T>(Arithmetic<T> on, DeviceMatrix<T> matrix)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var values = new T[matrix.Rows * matrix.Columns];
        on.Download(matrix, values);
        return values;
    }
}
