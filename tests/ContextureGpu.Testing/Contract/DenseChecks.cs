using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Products of dense matrices and the elementwise operations.</summary>
internal static class DenseChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly (double Alpha, double Beta)[] Factors = [(1, 0), (0.5, 1), (-1, 0.5), (1, 1), (2.5, -1), (0, 2), (0, 0)];
    private static readonly Orientation[] Orientations = [Orientation.Normal, Orientation.Transposed];

    /// <summary>All orientations, all factors, all shapes: exactly on small integers, within the tolerance on random numbers.</summary>
    public static void Multiply(ContractBench<T> bench)
    {
        int turn = 0;
        foreach ((int m, int n, int k) in Shapes.Triples(bench.Limit))
        {
            foreach ((Orientation first, Orientation second) in Orientations.SelectMany(_ => Orientations, (a, b) => (a, b)))
            {
                (double alpha, double beta) = Factors[turn++ % Factors.Length];
                bench.Case($"C = {alpha} A({first}) B({second}) + {beta} C, (m, n, k) = ({m}, {n}, {k})", scene =>
                {
                    Check(scene, alpha, scene.SmallIntegers(m * k), first, scene.SmallIntegers(k * n), second, beta, scene.SmallIntegers(m * n), (m, n, k), exactly: true);
                    Check(scene, alpha, scene.Normals(m * k), first, scene.Normals(k * n), second, beta, scene.Normals(m * n), (m, n, k), exactly: false);
                });
            }
        }
        foreach ((double alpha, double beta) in Factors)
        {
            bench.Case($"C = {alpha} A B + {beta} C, (m, n, k) = (17, 19, 23)", scene =>
                Check(scene, alpha, scene.Normals(17 * 23), Orientation.Normal, scene.Normals(23 * 19), Orientation.Normal, beta, scene.Normals(17 * 19), (17, 19, 23), exactly: false));
        }
        foreach ((int m, int k) in new[] { (7, 33), (33, 7), (132, 40), (132, 132), (388, 36) }.Where(s => Math.Max(s.Item1, s.Item2) <= bench.Limit))
        {
            foreach ((Orientation first, double alpha, double beta) in Orientations.SelectMany(_ => new[] { (1.0, 0.0), (0.5, 2) }, (o, f) => (o, f.Item1, f.Item2)))
            {
                Orientation second = first == Orientation.Normal ? Orientation.Transposed : Orientation.Normal;
                bench.Case($"C = {alpha} A({first}) A({second}) + {beta} C of one matrix A, (m, k) = ({m}, {k})", scene =>
                {
                    T[] a = scene.Normals(m * k), old = scene.Normals(m * m);
                    DeviceMatrix<T> input = first == Orientation.Normal ? scene.Input(a, m, k) : scene.Input(a, k, m);
                    T[] c = scene.Run(scene.Output(m, m), beta == 0 ? null : old, y => scene.Arithmetic.Multiply(T.CreateTruncating(alpha), input, first, input, second, T.CreateTruncating(beta), y));
                    scene.Near(c, Truth.Product(alpha, a, first, a, second, beta, old, m, m, k));
                });
            }
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> a = scene.Input(scene.Normals(6), 2, 3), b = scene.Input(scene.Normals(12), 3, 4), c = scene.Output(2, 3).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Multiply(T.One, a, Orientation.Normal, b, Orientation.Normal, T.Zero, c));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Multiply(T.One, a, Orientation.Transposed, b, Orientation.Normal, T.Zero, c));
        });
    }

    /// <summary>A small factor from the host, with and without old contents.</summary>
    public static void MultiplySmall(ContractBench<T> bench)
    {
        foreach ((int n, int p, int q) in new[] { (0, 3, 2), (5, 0, 2), (5, 2, 0), (1, 1, 1), (129, 7, 5), (64, 16, 16), (33, 17, 31) })
        {
            foreach (double beta in new[] { 0.0, 1, -0.5 })
            {
                bench.Case($"Y = X S + {beta} Y, (n, p, q) = ({n}, {p}, {q})", scene =>
                {
                    T[] x = scene.Normals(n * p), old = scene.Normals(n * q);
                    double[] s = Array.ConvertAll(new double[p * q], _ => double.CreateTruncating(scene.Normals(1)[0]));
                    DeviceMatrix<T> input = scene.Input(x, n, p);
                    T[] y = scene.Run(scene.Output(n, q), beta == 0 ? null : old, o => scene.Arithmetic.MultiplySmall(input, s, T.CreateTruncating(beta), o));
                    scene.Near(y, Truth.Product(1, x, Orientation.Normal, Array.ConvertAll(s, T.CreateTruncating), Orientation.Normal, beta, old, n, q, p));
                });
            }
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), y = scene.Output(3, 4).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.MultiplySmall(x, new double[7], T.Zero, y));
        });
    }

    /// <summary>Rows by a column of factors, also in place.</summary>
    public static void ScaleRows(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                T[] s = scene.Normals(rows), x = scene.Normals(rows * columns);
                DeviceMatrix<T> scale = scene.Input(s, rows, 1), input = scene.Input(x, rows, columns);
                Expected expected = Truth.ScaledRows(s, x, columns);
                scene.Near(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.ScaleRows(scale, input, y)), expected);
                scene.Near(scene.Run(scene.Output(rows, columns), x, y => scene.Arithmetic.ScaleRows(scale, y, y)), expected);
            });
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> scale = scene.Input(scene.Normals(3), 3, 1), x = scene.Input(scene.Normals(8), 4, 2), y = scene.Output(4, 2).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ScaleRows(scale, x, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.ScaleRows(x, x, y));
        });
    }

    /// <summary>Rows of length 1, also in place; rows of zeros, and rows whose squares leave the range of the type.</summary>
    public static void NormalizeRows(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            foreach (double size in new[] { 1, 1e30, 1e-30 })
            {
                bench.Case($"({rows}, {columns}), entries about {size}", scene =>
                {
                    T[] x = scene.Normals(rows * columns, size);
                    for (int f = 0; rows > 1 && f < columns; f++)
                        x[columns + f] = T.Zero;
                    DeviceMatrix<T> input = scene.Input(x, rows, columns);
                    Expected expected = Truth.NormalizedRows(x, rows, columns);
                    scene.Near(scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.NormalizeRows(input, y)), expected);
                    scene.Near(scene.Run(scene.Output(rows, columns), x, y => scene.Arithmetic.NormalizeRows(y, y)), expected);
                });
            }
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), y = scene.Output(2, 3).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.NormalizeRows(x, y));
        });
    }

    /// <summary>Sums of two matrices, also of one with itself; what has factor 0 does not matter, NaN included.</summary>
    public static void Combine(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            foreach ((double alpha, double beta) in Factors)
            {
                bench.Case($"Y = {alpha} X + {beta} Y, ({rows}, {columns})", scene =>
                {
                    (T a, T b) = (T.CreateTruncating(alpha), T.CreateTruncating(beta));
                    T[] x = scene.Normals(rows * columns), old = scene.Normals(rows * columns);
                    T[] unread = alpha == 0 ? [.. Enumerable.Repeat(T.NaN, x.Length)] : x;
                    DeviceMatrix<T> input = scene.Input(unread, rows, columns);
                    scene.Near(scene.Run(scene.Output(rows, columns), beta == 0 ? null : old, y => scene.Arithmetic.Combine(a, input, b, y)), Truth.Combination(alpha, x, beta, old));
                    scene.Near(scene.Run(scene.Output(rows, columns), old, y => scene.Arithmetic.Combine(a, y, b, y)), Truth.Combination(alpha, old, beta, old));
                });
            }
        }
        bench.Case("bad shapes", scene =>
        {
            DeviceMatrix<T> x = scene.Input(scene.Normals(6), 3, 2), y = scene.Output(2, 3).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Combine(T.One, x, T.One, y));
        });
    }

    /// <summary>The same values, infinities and NaN included, whatever was there before.</summary>
    public static void Copy(ContractBench<T> bench)
    {
        foreach ((int rows, int columns) in Shapes.Pairs(bench.Limit))
        {
            bench.Case($"({rows}, {columns})", scene =>
            {
                T[] x = scene.Normals(rows * columns);
                for (int i = 0; i < x.Length; i += 5)
                    x[i] = (i / 5 % 3) switch { 0 => T.PositiveInfinity, 1 => T.NegativeInfinity, _ => T.NaN };
                DeviceMatrix<T> input = scene.Input(x, rows, columns);
                Assert.Equal(x, scene.Run(scene.Output(rows, columns), null, y => scene.Arithmetic.Copy(input, y)));
            });
        }
        bench.Case("bad shapes", scene =>
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.Copy(scene.Input(scene.Normals(6), 3, 2), scene.Output(3, 3).Matrix)));
    }

    private static void Check(
        Scene<T> scene, double alpha, T[] a, Orientation first, T[] b, Orientation second, double beta, T[] old, (int M, int N, int K) shape, bool exactly)
    {
        (int m, int n, int k) = shape;
        DeviceMatrix<T> left = first == Orientation.Normal ? scene.Input(a, m, k) : scene.Input(a, k, m);
        DeviceMatrix<T> right = second == Orientation.Normal ? scene.Input(b, k, n) : scene.Input(b, n, k);
        T[] c = scene.Run(scene.Output(m, n), beta == 0 ? null : old, y =>
            scene.Arithmetic.Multiply(T.CreateTruncating(alpha), left, first, right, second, T.CreateTruncating(beta), y));
        Expected expected = Truth.Product(alpha, a, first, b, second, beta, old, m, n, k);
        if (exactly)
            Scene<T>.Exactly(c, expected);
        else
            scene.Near(c, expected);
    }
}
