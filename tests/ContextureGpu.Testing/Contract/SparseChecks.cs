using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Products with sparse matrices, as they are and transposed.</summary>
internal static class SparseChecks<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>All shapes and densities: no entry at all, empty rows and columns, full rows; exactly on small integers.</summary>
    public static void SparseProduct(ContractBench<T> bench)
    {
        foreach ((int n, int m) in Shapes.Pairs(bench.Limit))
        {
            foreach (double density in new[] { 0, 0.1, 1 })
            {
                int width = (n + m) % 4 switch { 0 => 1, 1 => 5, 2 => 16, _ => 33 };
                bench.Case($"S ({n}, {m}) of density {density}, {width} columns", scene =>
                {
                    CheckBoth(scene, Random(scene, n, m, density, exactly: true), width, exactly: true);
                    CheckBoth(scene, Random(scene, n, m, density, exactly: false), width, exactly: false);
                });
            }
        }
        bench.Case("no columns", scene => CheckBoth(scene, Random(scene, 5, 6, 0.5, exactly: false), 0, exactly: false));
        bench.Case("bad shapes", scene =>
        {
            using SparseMatrix<T> s = scene.Arithmetic.CreateSparse(Random(scene, 3, 4, 0.5, exactly: false));
            DeviceMatrix<T> x = scene.Input(scene.Normals(8), 4, 2), y = scene.Output(3, 2).Matrix;
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.SparseProduct(s, Orientation.Transposed, x, y));
            Assert.Throws<ArgumentException>(() => scene.Arithmetic.SparseProduct(s, Orientation.Normal, y, x));
        });
    }

    private static void CheckBoth(Scene<T> scene, CompressedRows s, int width, bool exactly)
    {
        using SparseMatrix<T> sparse = scene.Arithmetic.CreateSparse(s);
        Assert.Equal((s.Rows, s.Columns, s.NonZeros), (sparse.Rows, sparse.Columns, sparse.NonZeros));
        foreach (Orientation orientation in Enum.GetValues<Orientation>())
        {
            (int rows, int inner) = orientation == Orientation.Normal ? (s.Rows, s.Columns) : (s.Columns, s.Rows);
            T[] x = exactly ? scene.SmallIntegers(inner * width) : scene.Normals(inner * width);
            DeviceMatrix<T> input = scene.Input(x, inner, width);
            T[] read = scene.Run(scene.Output(rows, width), null, y => scene.Arithmetic.SparseProduct(sparse, orientation, input, y));
            Expected expected = Truth.SparseProduct(s, orientation, x, rows, width);
            if (exactly)
                Scene<T>.Exactly(read, expected);
            else
                scene.Near(read, expected);
        }
    }

    /// <summary>Every fourth row is empty, every seventh full; the rest has the density asked for.</summary>
    private static CompressedRows Random(Scene<T> scene, int rows, int columns, double density, bool exactly)
    {
        var starts = new int[rows + 1];
        var indices = new List<int>();
        T[] coins = scene.Normals(rows * columns);
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns && (i % 4 != 3 || density == 1) && density > 0; j++)
            {
                bool kept = i % 7 == 5 || density == 1 || Math.Abs(double.CreateTruncating(coins[i * columns + j])) < density;
                if (kept)
                    indices.Add(j);
            }
            starts[i + 1] = indices.Count;
        }
        T[] values = exactly ? scene.SmallIntegers(indices.Count) : scene.Normals(indices.Count);
        return new CompressedRows(rows, columns, starts, [.. indices], Array.ConvertAll(values, double.CreateTruncating));
    }
}
