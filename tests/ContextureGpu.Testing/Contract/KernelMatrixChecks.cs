using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Products with kernel matrices that are never stored, and their logarithmic row sums.</summary>
internal static class KernelMatrixChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly (int N, int M, int D, int P)[] Sizes =
    [
        (0, 3, 2, 2), (3, 0, 2, 2), (3, 4, 2, 0), (3, 4, 0, 2), (1, 1, 1, 1), (1, 7, 3, 2), (7, 1, 3, 2), (2, 3, 5, 1), (16, 17, 4, 3), (17, 16, 8, 4),
        (31, 33, 7, 5), (32, 32, 16, 8), (33, 31, 9, 7), (63, 65, 3, 17), (64, 64, 2, 16), (65, 63, 1, 15), (5, 128, 33, 1), (128, 5, 32, 33),
        (129, 127, 2, 2), (11, 257, 10, 32), (257, 11, 129, 3),
    ];

    private static readonly RadialKernelKind[] Kinds = Enum.GetValues<RadialKernelKind>();

    /// <summary>All shapes and kernels, each offset given or not, exponents far outside the range of exp.</summary>
    public static void KernelProduct(ContractBench<T> bench)
    {
        foreach ((int n, int m, int d, int p) in Sizes.Where(s => Math.Max(Math.Max(s.N, s.M), Math.Max(s.D, s.P)) <= bench.Limit))
        {
            foreach (RadialKernelKind kind in Kinds)
            {
                for (int offsets = 0; offsets < 4; offsets++)
                {
                    (bool rows, bool columns) = ((offsets & 1) != 0, (offsets & 2) != 0);
                    bench.Case($"{kind}, (n, m, d, p) = ({n}, {m}, {d}, {p}), offsets {(rows ? "a" : "-")} {(columns ? "b" : "-")}", scene =>
                        Product(scene, new RadialKernel(kind, 0.7 / Math.Max(1, d)), scene.Normals(n * d), rows ? scene.Normals(n) : null, scene.Normals(m * d), columns ? scene.Normals(m) : null, (n, m, d, p)));
                }
            }
        }
        foreach (RadialKernelKind kind in Kinds)
        {
            bench.Case($"{kind}, exponents that only their sum brings back into range", scene =>
                Product(scene, new RadialKernel(kind, 1), scene.Normals(19 * 3), scene.Normals(19, 1, -900), scene.Normals(23 * 3), scene.Normals(23, 1, 900), (19, 23, 3, 2)));
            bench.Case($"{kind}, far apart, rows normalised", scene =>
            {
                (T[] x, T[] y, var kernel) = (scene.Normals(19 * 3, 30), scene.Normals(23 * 3, 30), new RadialKernel(kind, 5));
                T[] logSum = Array.ConvertAll(Truth.KernelLogSum(kernel, x, y, null, 19, 23, 3).Value, T.CreateTruncating);
                Product(scene, kernel, x, logSum, y, null, (19, 23, 3, 2));
            });
            bench.Case($"{kind}, columns excluded by their offset", scene =>
                Product(scene, new RadialKernel(kind, 1), scene.Normals(9 * 3), null, scene.Normals(21 * 3), Excluding(scene.Normals(21)), (9, 21, 3, 2)));
            bench.Case($"{kind}, close together and far from zero", scene =>
                Product(scene, Sharp(kind), scene.Normals(18 * 4, Close, 100), null, scene.Normals(35 * 4, Close, 100), null, (18, 35, 4, 3)));
            bench.Case($"{kind}, the same matrix twice", scene =>
            {
                T[] x = scene.Normals(37 * 2), v = scene.Normals(37 * 3);
                (DeviceMatrix<T> points, DeviceMatrix<T> block) = (scene.Input(x, 37, 2), scene.Input(v, 37, 3));
                T[] read = scene.Run(scene.Output(37, 3), null, o => scene.Arithmetic.KernelProduct(new RadialKernel(kind, 2), points, null, points, null, block, o));
                scene.Near(read, Truth.KernelProduct(new RadialKernel(kind, 2), x, null, x, null, v, 37, 37, 2, 3));
            });
            bench.Case($"{kind}, gamma beyond the range of the element type or so small that all points are one", scene =>
            {
                foreach (double gamma in new[] { 1e300, 1e-300 })
                    Product(scene, new RadialKernel(kind, gamma), scene.SmallIntegers(13 * 2), null, scene.SmallIntegers(29 * 2), null, (13, 29, 2, 3));
            });
        }
        BadShapes(bench);
    }

    /// <summary>All shapes and kernels of the inner product; values of either sign and zero.</summary>
    public static void DotProductKernels(ContractBench<T> bench)
    {
        foreach ((int n, int m, int d, int p) in Sizes.Where(s => Math.Max(Math.Max(s.N, s.M), Math.Max(s.D, s.P)) <= bench.Limit))
        {
            foreach (DotProductKernel kernel in DotProducts(d))
            {
                bench.Case($"{kernel}, (n, m, d, p) = ({n}, {m}, {d}, {p})", scene =>
                {
                    T[] x = scene.Normals(n * d), y = scene.Normals(m * d), v = scene.Normals(m * p);
                    for (int f = 0; m > 2 && f < d; f++)
                        y[2 * d + f] = T.Zero;
                    DeviceMatrix<T> points = scene.Input(x, n, d), others = scene.Input(y, m, d), block = scene.Input(v, m, p);
                    T[] read = scene.Run(scene.Output(n, p), null, o => scene.Arithmetic.KernelProduct(kernel, points, others, block, o));
                    scene.Near(read, Truth.KernelProduct(kernel, x, y, v, n, m, d, p));
                });
            }
        }
        foreach (DotProductKernel kernel in DotProducts(2))
        {
            bench.Case($"{kernel}, the same matrix twice", scene =>
            {
                T[] x = scene.Normals(37 * 2), v = scene.Normals(37 * 3);
                (DeviceMatrix<T> points, DeviceMatrix<T> block) = (scene.Input(x, 37, 2), scene.Input(v, 37, 3));
                T[] read = scene.Run(scene.Output(37, 3), null, o => scene.Arithmetic.KernelProduct(kernel, points, points, block, o));
                scene.Near(read, Truth.KernelProduct(kernel, x, x, v, 37, 37, 2, 3));
            });
        }
        bench.Case("bad shapes and parameters", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), y = scene.Input(scene.Normals(12), 4, 3), v = scene.Input(scene.Normals(4), 4, 1), output = scene.Output(3, 1).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.KernelProduct(DotProductKernel.Linear, x, y, v, output));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.KernelProduct(DotProductKernel.Linear, x, x, v, output));
            foreach (double bad in new[] { 0, -1, double.NaN, double.PositiveInfinity })
                Assert.Throws<ArgumentOutOfRangeException>(() => DotProductKernel.Polynomial(bad, 1, 2));
            Assert.Throws<ArgumentOutOfRangeException>(() => DotProductKernel.Polynomial(1, double.NaN, 2));
            Assert.Throws<ArgumentOutOfRangeException>(() => DotProductKernel.Polynomial(1, 1, 0));
        });
    }

    private static DotProductKernel[] DotProducts(int d) =>
    [
        DotProductKernel.Linear, DotProductKernel.Cosine, DotProductKernel.Polynomial(0.5, -0.25, 1), DotProductKernel.Polynomial(1.0 / Math.Max(1, d), 1, 2),
        DotProductKernel.Polynomial(2.0 / Math.Max(1, d), -0.5, 3), DotProductKernel.Polynomial(0.5 / Math.Max(1, d), 0.75, 6),
    ];

    /// <summary>All shapes and kernels; shifted, so that no exponent is out of range.</summary>
    public static void KernelLogSum(ContractBench<T> bench)
    {
        foreach ((int n, int m, int d, int _) in Sizes.Where(s => s.M > 0 && Math.Max(s.N, Math.Max(s.M, s.D)) <= bench.Limit))
        {
            foreach (RadialKernelKind kind in Kinds)
            {
                bench.Case($"{kind}, (n, m, d) = ({n}, {m}, {d})", scene =>
                    LogSum(scene, new RadialKernel(kind, 0.7 / Math.Max(1, d)), scene.Normals(n * d), scene.Normals(m * d), null, (n, m, d)));
                bench.Case($"{kind}, (n, m, d) = ({n}, {m}, {d}), offsets", scene =>
                    LogSum(scene, new RadialKernel(kind, 0.7 / Math.Max(1, d)), scene.Normals(n * d), scene.Normals(m * d), scene.Normals(m), (n, m, d)));
            }
        }
        foreach (RadialKernelKind kind in Kinds)
        {
            foreach (double shift in new[] { -20000.0, 20000 })
            {
                bench.Case($"{kind}, offsets about {shift}", scene =>
                    LogSum(scene, new RadialKernel(kind, 1), scene.Normals(19 * 3), scene.Normals(23 * 3), scene.Normals(23, 1, shift), (19, 23, 3)));
            }
            bench.Case($"{kind}, far apart", scene => LogSum(scene, new RadialKernel(kind, 9), scene.Normals(19 * 3, 100), scene.Normals(23 * 3, 100), null, (19, 23, 3)));
            bench.Case($"{kind}, columns excluded by their offset", scene =>
                LogSum(scene, new RadialKernel(kind, 1), scene.Normals(9 * 3), scene.Normals(21 * 3), Excluding(scene.Normals(21)), (9, 21, 3)));
            bench.Case($"{kind}, close together and far from zero", scene =>
                LogSum(scene, Sharp(kind), scene.Normals(18 * 4, Close, 100), scene.Normals(35 * 4, Close, 100), null, (18, 35, 4)));
        }
        bench.Case("no column", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), y = scene.Input([], 0, 2), output = scene.Output(3, 1).Matrix;
            Assert.ThrowsAny<ArgumentException>(() => scene.Arithmetic.KernelLogSum(new RadialKernel(Kinds[0], 1), x, y, null, output));
        });
    }

    /// <summary>The spread of points that lie close together; 100 + 0.01 z has about nine bits of z left in float32.</summary>
    private const double Close = 0.01;

    /// <summary>A kernel that changes over distances of <see cref="Close"/>.</summary>
    private static RadialKernel Sharp(RadialKernelKind kind) => new(kind, kind == RadialKernelKind.Gaussian ? 0.5 / (Close * Close) : 1 / Close);

    private static T[] Excluding(T[] offset)
    {
        for (int j = 0; j < offset.Length; j += 2)
            offset[j] = T.CreateTruncating(1e30);
        return offset;
    }

    private static void Product(Scene<T> scene, RadialKernel kernel, T[] x, T[]? a, T[] y, T[]? b, (int N, int M, int D, int P) size)
    {
        (int n, int m, int d, int p) = size;
        T[] v = scene.Normals(m * p);
        DeviceMatrix<T> points = scene.Input(x, n, d), others = scene.Input(y, m, d), block = scene.Input(v, m, p);
        (DeviceMatrix<T>? rowOffset, DeviceMatrix<T>? columnOffset) = (scene.Column(a), scene.Column(b));
        T[] read = scene.Run(scene.Output(n, p), null, o => scene.Arithmetic.KernelProduct(kernel, points, rowOffset, others, columnOffset, block, o));
        scene.Near(read, Truth.KernelProduct(kernel, x, a, y, b, v, n, m, d, p));
    }

    private static void LogSum(Scene<T> scene, RadialKernel kernel, T[] x, T[] y, T[]? b, (int N, int M, int D) size)
    {
        (int n, int m, int d) = size;
        DeviceMatrix<T> points = scene.Input(x, n, d), others = scene.Input(y, m, d);
        DeviceMatrix<T>? offset = scene.Column(b);
        T[] read = scene.Run(scene.Output(n, 1), null, o => scene.Arithmetic.KernelLogSum(kernel, points, others, offset, o));
        scene.Near(read, Truth.KernelLogSum(kernel, x, y, b, n, m, d));
    }

    private static void BadShapes(ContractBench<T> bench) => bench.Case("bad shapes", scene =>
    {
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, 1);
        DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), y = scene.Input(scene.Normals(8), 4, 2), wide = scene.Input(scene.Normals(9), 3, 3);
        DeviceMatrix<T> v = scene.Input(scene.Normals(4), 4, 1), output = scene.Output(3, 1).Matrix, wrong = scene.Output(4, 1).Matrix;
        Arithmetic<T> arithmetic = scene.Arithmetic;
        Assert.Throws<ArgumentException>(() => arithmetic.KernelProduct(kernel, wide, null, y, null, v, output));
        Assert.Throws<ArgumentException>(() => arithmetic.KernelProduct(kernel, x, v, y, null, v, output));
        Assert.Throws<ArgumentException>(() => arithmetic.KernelProduct(kernel, x, null, y, null, v, wrong));
        Assert.Throws<ArgumentException>(() => arithmetic.KernelLogSum(kernel, x, y, null, wrong));
        foreach (double gamma in new[] { 0, -1, double.NaN, double.PositiveInfinity })
            Assert.Throws<ArgumentException>(() => arithmetic.KernelProduct(new RadialKernel(RadialKernelKind.Gaussian, gamma), x, null, y, null, v, output));
    });
}
