using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Products with kernel matrices of points that have a scale each, and their logarithmic row sums.</summary>
internal static class ScaledKernelChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly (int N, int M, int D, int P)[] Sizes =
    [
        (0, 3, 2, 2), (3, 0, 2, 2), (3, 4, 2, 0), (3, 4, 0, 2), (1, 1, 1, 1), (7, 1, 3, 2), (2, 3, 5, 1), (17, 16, 8, 4), (31, 33, 7, 5), (64, 64, 2, 16), (65, 63, 1, 15),
        (5, 128, 33, 1), (129, 127, 2, 2), (11, 257, 10, 32), (257, 11, 129, 3), (70, 1031, 3, 2),
    ];

    private static readonly RadialKernelKind[] Kinds = Enum.GetValues<RadialKernelKind>();

    /// <summary>All shapes and kernels, offsets given or not, scales of many magnitudes.</summary>
    public static void Product(ContractBench<T> bench)
    {
        foreach ((int n, int m, int d, int p) in Sizes.Where(s => Math.Max(Math.Max(s.N, s.M), Math.Max(s.D, s.P)) <= bench.Limit))
        {
            foreach (RadialKernelKind kind in Kinds)
            {
                for (int offsets = 0; offsets < 4; offsets++)
                {
                    (bool rows, bool columns) = ((offsets & 1) != 0, (offsets & 2) != 0);
                    bench.Case($"{kind}, (n, m, d, p) = ({n}, {m}, {d}, {p}), offsets {(rows ? "a" : "-")} {(columns ? "b" : "-")}", scene =>
                        Product(scene, new RadialKernel(kind, 0.7 / Math.Max(1, d)), Points(scene, n, d, rows), Points(scene, m, d, columns), d, p));
                }
            }
        }
        foreach (RadialKernelKind kind in Kinds)
        {
            bench.Case($"{kind}, far apart, rows normalised", scene =>
            {
                ScaledValues<T> x = new(scene.Normals(19 * 3, 30), Scales(scene, 19)), y = new(scene.Normals(23 * 3, 30), Scales(scene, 23));
                var kernel = new RadialKernel(kind, 5);
                T[] logSum = Array.ConvertAll(ScaledKernelTruth.LogSum(kernel, x, y, 3).Value, T.CreateTruncating);
                Product(scene, kernel, x with { Offset = logSum }, y, 3, 2);
            });
            bench.Case($"{kind}, close together and far from zero", scene =>
            {
                T[] sharp = Filled(35, kind == RadialKernelKind.Laplacian ? 10 : 100);
                Product(scene, new RadialKernel(kind, 1), new(scene.Normals(18 * 4, 0.01, 100), sharp[..18]), new(scene.Normals(35 * 4, 0.01, 100), sharp), 4, 3);
            });
            bench.Case($"{kind}, the same points twice", scene =>
            {
                foreach (int n in new[] { 37, 1153 }.Where(n => n <= bench.Limit))
                {
                    ScaledValues<T> x = new(scene.Normals(n * 2), Scales(scene, n));
                    T[] v = scene.Normals(n * 3);
                    (ScaledPoints<T> points, DeviceMatrix<T> block, var kernel) = (Upload(scene, x, 2), scene.Input(v, n, 3), new RadialKernel(kind, 2));
                    T[] read = scene.Run(scene.Output(n, 3), null, o => scene.Arithmetic.ScaledKernelProduct(kernel, points, points, block, o));
                    scene.Near(read, ScaledKernelTruth.Product(kernel, x, x, v, 2, 3));
                }
            });
            bench.Case($"{kind}, scales whose product is beyond the range of the element type, between points that are alike and that are not", scene =>
            {
                T[] huge = Filled(29, typeof(T) == typeof(float) ? 1e30 : 1e200);
                Product(scene, new RadialKernel(kind, 1), new(scene.SmallIntegers(13 * 2), huge[..13]), new(scene.SmallIntegers(29 * 2), huge), 2, 3);
            });
            bench.Case($"{kind}, scales of 0: all points are one", scene =>
                Product(scene, new RadialKernel(kind, 1), new(scene.Normals(9 * 2), new T[9]), new(scene.Normals(21 * 2), Scales(scene, 21)), 2, 3));
        }
        BadShapes(bench);
    }

    /// <summary>All shapes and kernels; shifted, so that no exponent is out of range.</summary>
    public static void LogSum(ContractBench<T> bench)
    {
        foreach ((int n, int m, int d, int _) in Sizes.Where(s => s.M > 0 && Math.Max(s.N, Math.Max(s.M, s.D)) <= bench.Limit))
        {
            foreach (RadialKernelKind kind in Kinds)
            {
                foreach (bool offsets in new[] { false, true })
                {
                    bench.Case($"{kind}, (n, m, d) = ({n}, {m}, {d}), {(offsets ? "offsets" : "no offsets")}", scene =>
                        LogSum(scene, new RadialKernel(kind, 0.7 / Math.Max(1, d)), Points(scene, n, d, false), Points(scene, m, d, offsets), d));
                }
            }
        }
        foreach (RadialKernelKind kind in Kinds)
        {
            bench.Case($"{kind}, far apart", scene =>
                LogSum(scene, new RadialKernel(kind, 9), new(scene.Normals(19 * 3, 100), Scales(scene, 19)), new(scene.Normals(23 * 3, 100), Scales(scene, 23)), 3));
            bench.Case($"{kind}, offsets about 20000", scene =>
                LogSum(scene, new RadialKernel(kind, 1), Points(scene, 19, 3, false), new(scene.Normals(23 * 3), Scales(scene, 23), scene.Normals(23, 1, 20000)), 3));
        }
        bench.Case("no column", scene =>
        {
            (ScaledPoints<T> x, ScaledPoints<T> y) = (Upload(scene, Points(scene, 3, 2, false), 2), Upload(scene, Points(scene, 0, 2, false), 2));
            Assert.ThrowsAny<ArgumentException>(() => scene.Arithmetic.ScaledKernelLogSum(new RadialKernel(Kinds[0], 1), x, y, scene.Output(3, 1).Matrix));
        });
    }

    // Scales from 1/8 to 8.
    private static T[] Scales(Scene<T> scene, int count) => Array.ConvertAll(scene.Normals(count), z => T.CreateTruncating(Math.Pow(2, Math.Clamp(double.CreateTruncating(z), -3, 3))));

    private static T[] Filled(int count, double value)
    {
        var values = new T[count];
        Array.Fill(values, T.CreateTruncating(value));
        return values;
    }

    private static ScaledValues<T> Points(Scene<T> scene, int n, int d, bool offset) => new(scene.Normals(n * d), Scales(scene, n), offset ? scene.Normals(n) : null);

    private static ScaledPoints<T> Upload(Scene<T> scene, ScaledValues<T> values, int d) =>
        new(scene.Input(values.Values, values.Rows, d), scene.Input(values.Scale, values.Rows, 1), scene.Column(values.Offset));

    private static void Product(Scene<T> scene, RadialKernel kernel, ScaledValues<T> x, ScaledValues<T> y, int d, int p)
    {
        T[] v = scene.Normals(y.Rows * p);
        (ScaledPoints<T> points, ScaledPoints<T> others, DeviceMatrix<T> block) = (Upload(scene, x, d), Upload(scene, y, d), scene.Input(v, y.Rows, p));
        T[] read = scene.Run(scene.Output(x.Rows, p), null, o => scene.Arithmetic.ScaledKernelProduct(kernel, points, others, block, o));
        scene.Near(read, ScaledKernelTruth.Product(kernel, x, y, v, d, p));
    }

    private static void LogSum(Scene<T> scene, RadialKernel kernel, ScaledValues<T> x, ScaledValues<T> y, int d)
    {
        (ScaledPoints<T> points, ScaledPoints<T> others) = (Upload(scene, x, d), Upload(scene, y, d));
        T[] read = scene.Run(scene.Output(x.Rows, 1), null, o => scene.Arithmetic.ScaledKernelLogSum(kernel, points, others, o));
        scene.Near(read, ScaledKernelTruth.LogSum(kernel, x, y, d));
    }

    private static void BadShapes(ContractBench<T> bench) => bench.Case("bad shapes", scene =>
    {
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, 1);
        (ScaledPoints<T> x, ScaledPoints<T> y, ScaledPoints<T> wide) = (Upload(scene, Points(scene, 3, 2, true), 2), Upload(scene, Points(scene, 4, 2, true), 2), Upload(scene, Points(scene, 3, 3, false), 3));
        DeviceMatrix<T> v = scene.Input(scene.Normals(4), 4, 1), output = scene.Output(3, 1).Matrix, wrong = scene.Output(4, 1).Matrix;
        Arithmetic<T> arithmetic = scene.Arithmetic;
        Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelProduct(kernel, wide, y, v, output));
        Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelProduct(kernel, x with { Scale = v }, y, v, output));
        Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelProduct(kernel, x with { Offset = v }, y, v, output));
        Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelProduct(kernel, x, y with { Scale = x.Scale }, v, output));
        Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelProduct(kernel, x, y with { Offset = x.Scale }, v, output));
        Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelProduct(kernel, x, y, v, wrong));
        Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelLogSum(kernel, x, y, wrong));
        foreach (double gamma in new[] { 0, -1, double.NaN, double.PositiveInfinity })
            Assert.Throws<ArgumentException>(() => arithmetic.ScaledKernelProduct(new RadialKernel(RadialKernelKind.Gaussian, gamma), x, y, v, output));
    });
}
