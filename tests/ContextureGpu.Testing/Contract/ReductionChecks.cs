using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Sums over the rows, which are promised in float64 whatever the element type.</summary>
internal static class ReductionChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly (int N, int P, int Q)[] Blocks =
    [
        (0, 2, 3), (4, 0, 3), (4, 3, 0), (1, 1, 1), (1, 5, 7), (2, 1, 1), (3, 2, 2), (17, 16, 15), (64, 32, 33), (65, 9, 8), (129, 1, 64), (255, 3, 5),
        (256, 8, 8), (257, 33, 2), (1031, 5, 3), (4099, 4, 4), (10007, 1, 2),
    ];

    /// <summary>A^T B to the accuracy of float64 sums; exactly symmetric where A is B.</summary>
    public static void InnerProducts(ContractBench<T> bench)
    {
        double epsilon = SumEpsilon(bench);
        foreach ((int n, int p, int q) in Blocks.Where(s => s.N <= 16 * bench.Limit))
        {
            bench.Case($"(n, p, q) = ({n}, {p}, {q})", scene =>
            {
                T[] a = scene.Normals(n * p, 3), b = scene.Normals(n * q, 1, 0.5);
                DeviceMatrix<T> left = scene.Input(a, n, p), right = scene.Input(b, n, q);
                Expected expected = Truth.Product(1, a, Orientation.Transposed, b, Orientation.Normal, 0, null, p, q, n);
                scene.NearWith(Scene<T>.RunOnHost(p * q, c => scene.Arithmetic.InnerProducts(left, right, c)), expected, epsilon);
                double[] gram = Scene<T>.RunOnHost(p * p, c => scene.Arithmetic.InnerProducts(left, left, c));
                scene.NearWith(gram, Truth.Product(1, a, Orientation.Transposed, a, Orientation.Normal, 0, null, p, p, n), epsilon);
                for (int e = 0; e < gram.Length; e++)
                    Assert.True(gram[e].Equals(gram[e % p * p + e / p]), $"A^T A is not symmetric at ({e / p}, {e % p})");
            });
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> a = scene.Input(scene.Normals(6), 3, 2), b = scene.Input(scene.Normals(8), 4, 2);
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.InnerProducts(a, b, new double[4]));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.InnerProducts(a, a, new double[5]));
        });
    }

    /// <summary>Q^T X to the accuracy of short sums in the element type.</summary>
    public static void ProjectionCoefficients(ContractBench<T> bench)
    {
        const int LongestSum = 64;
        foreach ((int n, int p, int q) in Blocks.Where(s => s.N <= 16 * bench.Limit))
        {
            bench.Case($"(n, k, b) = ({n}, {p}, {q})", scene =>
            {
                T[] a = scene.Normals(n * p, 3), b = scene.Normals(n * q, 1, 0.5);
                DeviceMatrix<T> left = scene.Input(a, n, p), right = scene.Input(b, n, q);
                Expected expected = Truth.Product(1, a, Orientation.Transposed, b, Orientation.Normal, 0, null, p, q, n) with { Length = Math.Min(n, LongestSum) };
                scene.NearWith(Scene<T>.RunOnHost(p * q, c => scene.Arithmetic.ProjectionCoefficients(left, right, c)), expected, Tolerance.Epsilon<T>());
            });
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> a = scene.Input(scene.Normals(6), 3, 2), b = scene.Input(scene.Normals(8), 4, 2);
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ProjectionCoefficients(a, b, new double[4]));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ProjectionCoefficients(a, a, new double[5]));
        });
    }

    /// <summary>Means and variances, weighted or not, also of columns that lie far from zero.</summary>
    public static void ColumnMoments(ContractBench<T> bench)
    {
        double epsilon = SumEpsilon(bench);
        foreach ((int n, int b, int _) in Blocks.Where(s => s.N > 0 && s.N <= 16 * bench.Limit))
        {
            foreach (double shift in new[] { 0.0, 4096 })
            {
                bench.Case($"(n, b) = ({n}, {b}), values about {shift}", scene =>
                {
                    T[] x = scene.Normals(n * b, 1, shift);
                    T[] w = Array.ConvertAll(scene.Normals(n), v => v < T.Zero ? T.Zero : v);
                    w[n / 2] = T.One;
                    DeviceMatrix<T> input = scene.Input(x, n, b), weights = scene.Input(w, n, 1);
                    CheckMoments(scene, input, null, Truth.Moments(x, null, n, b, epsilon), epsilon);
                    CheckMoments(scene, input, weights, Truth.Moments(x, w, n, b, epsilon), epsilon);
                });
            }
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), none = scene.Input([], 0, 2), weights = scene.Input(scene.Normals(4), 4, 1);
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ColumnMoments(x, null, new double[2], new double[3]));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ColumnMoments(x, weights, new double[2], new double[2]));
            Assert.ThrowsAny<ArgumentException>(() => scene.Arithmetic.ColumnMoments(none, null, new double[2], new double[2]));
        });
    }

    private static void CheckMoments(Scene<T> scene, DeviceMatrix<T> x, DeviceMatrix<T>? weights, (Expected Mean, Expected Variance) truth, double epsilon)
    {
        int b = x.Columns;
        double[] both = Scene<T>.RunOnHost(2 * b, span => scene.Arithmetic.ColumnMoments(x, weights, span[..b], span[b..]));
        scene.NearWith(both.AsSpan(0, b), truth.Mean, epsilon);
        scene.NearWith(both.AsSpan(b), truth.Variance, epsilon);
    }

    /// <summary>The epsilon of the type that the device forms long sums in.</summary>
    private static double SumEpsilon(ContractBench<T> bench) =>
        bench.Device.Description.SupportsDouble ? Tolerance.Epsilon<double>() : Tolerance.Epsilon<T>();
}
