using System.Globalization;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>The randomised decomposition of a stored matrix beside scikit-learn's and ML.NET's.</summary>
internal static class RandomizedComparison
{
    private const int PowerIterations = 4;

    /// <summary>(n, m) with singular values that fall like 1 / (1 + i / 10), the top <paramref name="dimension"/> wanted.</summary>
    public static Comparison Create(Bench bench, int n, int m, int dimension)
    {
        float[] a = Matrix(bench, n, m);
        Arithmetic<float> on = bench.Device.Arithmetic<float>();
        DeviceMatrix<float> da = on.Allocate(n, m);
        on.Upload(a, da);
        var matrix = new DenseOperator<float>(on, da, OperatorStructure.None);
        HostLinearAlgebra host = bench.Device.LinearAlgebra;
        double[] values = [];
        string file = bench.Save(a, m);
        var ml = new MLContext(seed: 1);
        IDataView view = ml.Data.LoadFromEnumerable(
            Enumerable.Range(0, n).Select(i => new Row { Features = a.AsSpan(i * m, m).ToArray() }), Schema(m));
        var options = new RandomizedSolverOptions { PowerIterations = PowerIterations, Oversampling = 10 };
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"randomised SVD, float32, {n} x {m}, top {dimension}, {PowerIterations} power iterations"),
            new LocalContestant("ours, with residuals", Solve, () => values),
            [
                new PeerContestant(
                    "scikit-learn randomized_svd", "scikit.py", bench, "randomized_svd",
                    new Dictionary<string, object> { ["a"] = file, ["dim"] = dimension, ["iterations"] = PowerIterations }),
                new LocalContestant(
                    "ML.NET randomised PCA (no power iterations, no values)",
                    () => ml.Transforms.ProjectToPrincipalComponents("Out", "Features", rank: dimension, overSampling: 10, ensureZeroMean: false, seed: 1).Fit(view), () => []),
            ],
            (who, s) =>
            {
                for (int i = 0; i < s.Length / 2; i++)
                    Checks.Near(who, $"singular value {i}", values[i], s[i], 2e-3 * values[0]);
            })
        {
            Rounds = 3,
            Floor = (2.0 * n * m * (dimension + 10) * (2 + (2 * PowerIterations)) / bench.ProductRate, "passes over the matrix by a block of d + 10 / product rate"),
            Resources = new Bundle([matrix]),
        };

        void Solve()
        {
            using SingularTriplets<float> found = RandomizedSolver.Solve(matrix, dimension, host, options, CancellationToken.None);
            values = found.Values;
        }
    }

    private static float[] Matrix(Bench bench, int n, int m)
    {
        Arithmetic<float> on = bench.Device.Arithmetic<float>();
        using DeviceMatrix<float> left = on.Allocate(n, m), right = on.Allocate(m, m), product = on.Allocate(n, m);
        on.Upload(Bench.Normals<float>((long)n * m, 11), left);
        float[] draws = Bench.Normals<float>((long)m * m, 12);
        for (int e = 0; e < draws.Length; e++)
            draws[e] /= (1 + (e / m / 10f)) * MathF.Sqrt((float)n * m);
        on.Upload(draws, right);
        on.Multiply(1, left, Orientation.Normal, right, Orientation.Normal, 0, product);
        var values = new float[n * m];
        on.Download(product, values);
        return values;
    }

    private static SchemaDefinition Schema(int m)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, m);
        return schema;
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
