using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>The neighbour graph times a block, both orientations, beside SciPy.</summary>
internal static class SparseComparison
{
    /// <summary>n rows of k entries, p right-hand sides.</summary>
    public static Comparison Create(Bench bench, int n, int k, int p, Orientation orientation)
    {
        CompressedRows graph = Graph(bench, n, 16, k);
        float[] x = Bench.Normals<float>((long)n * p, 8);
        Arithmetic<float> on = bench.Device.Arithmetic<float>();
        SparseMatrix<float> sparse = on.CreateSparse(graph);
        DeviceMatrix<float> dx = on.Allocate(n, p), dy = on.Allocate(n, p);
        on.Upload(x, dx);
        CompressedRows used = orientation == Orientation.Normal ? graph : graph.Transpose();
        var result = new float[n * p];
        var arguments = new Dictionary<string, object>
        {
            ["starts"] = bench.Save([.. used.RowStarts.Select(i => (double)i)], 1),
            ["columns"] = bench.Save([.. used.ColumnIndices.Select(i => (double)i)], 1),
            ["values"] = bench.Save(used.Values, 1),
            ["atoms"] = n,
            ["x"] = bench.Save(x, p),
        };
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"neighbour graph {n} x {k} {(orientation == Orientation.Normal ? "" : "transposed ")}times {p} right-hand sides, float32"),
            new LocalContestant("ours", () => on.SparseProduct(sparse, orientation, dx, dy), () =>
            {
                on.Download(dy, result);
                return Array.ConvertAll(result, v => (double)v);
            }),
            [new PeerContestant("SciPy, one thread", "scipy_peer.py", bench, "sparse_product", arguments)],
            (who, values) =>
            {
                for (int sample = 0; sample < 500; sample++)
                {
                    int i = (int)(sample * 7919L % n), c = sample % p;
                    double sum = 0;
                    for (int e = used.RowStarts[i]; e < used.RowStarts[i + 1]; e++)
                        sum += used.Values[e] * x[(used.ColumnIndices[e] * p) + c];
                    Checks.Near(who, $"row {i}, column {c}", sum, values[((long)i * p) + c], 1e-4);
                }
            })
        {
            Floor = (((8.0 * n * k) + (8.0 * n * p)) / bench.CopyRate, "(8 nnz + 8 n p) bytes / copy rate, the block read once"),
            Resources = new Bundle([sparse, dx, dy]),
        };
    }

    /// <summary>The law of a neighbour context on a mixture of Gaussians.</summary>
    public static CompressedRows Graph(Bench bench, int n, int d, int k)
    {
        int[] found = new int[n * k], starts = new int[n + 1];
        double[] distances = new double[n * k], values = new double[n * k];
        double[] points = Bench.Mixture(n, d, 7);
        bench.Device.NearestNeighbors(points, points, d, k, found, distances);
        for (int i = 0; i < n; i++)
        {
            found.AsSpan(i * k, k).Sort();
            starts[i + 1] = (i + 1) * k;
        }
        Array.Fill(values, 1.0 / k);
        return new CompressedRows(n, n, starts, found, values);
    }
}
