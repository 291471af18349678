using System.Globalization;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>The exact graph of nearest neighbours beside scikit-learn.</summary>
internal static class NeighborComparison
{
    /// <summary>n points of d features, k neighbours, the point itself among them.</summary>
    public static Comparison Create(Bench bench, string what, double[] points, int d, int k, IReadOnlyList<(string Algorithm, double? Required)> algorithms, double? floorFactor)
    {
        string single = bench.Save(Array.ConvertAll(points, v => (float)v), d);
        return Between(
            bench, what, points, d, k,
            [
                .. algorithms.Select(a => new PeerContestant(
                    $"scikit-learn, {a.Algorithm}, float32", "scikit.py", bench, "neighbors",
                    new Dictionary<string, object> { ["x"] = single, ["k"] = k, ["algorithm"] = a.Algorithm }, a.Required)),
            ],
            floorFactor);
    }

    /// <summary>As <see cref="Create"/> on an accelerator, the points coming from the host and the neighbours going back, beside a script that keeps both on its device.</summary>
    public static Comparison CreateOnAccelerator(Bench bench, double[] points, int d, int k, double required, string script)
    {
        string single = bench.Save(Array.ConvertAll(points, v => (float)v), d);
        return Between(
            bench, "Gaussian mixture", points, d, k,
            [new PeerContestant("PyTorch, cdist and topk, best tile", script, bench, "neighbors", new Dictionary<string, object> { ["x"] = single, ["k"] = k }, required)], null);
    }

    private static Comparison Between(Bench bench, string what, double[] points, int d, int k, IReadOnlyList<Contestant> others, double? floorFactor)
    {
        int n = points.Length / d;
        int[] found = new int[n * k];
        var distances = new double[n * k];
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"{k} nearest neighbours, {what}, {n} x {d}"),
            new LocalContestant("ours", () => bench.Target.NearestNeighbors(points, points, d, k, found, distances), () => Array.ConvertAll(found, i => (double)i)),
            others,
            (who, indices) =>
            {
                // A set of neighbours is right if its farthest member is as near as the true k-th one; the others' float32 may exchange equals.
                if (indices.Length != (long)n * k)
                    throw new InvalidOperationException($"{who}: {indices.Length} indices came, {(long)n * k} were expected");
                for (int sample = 0; sample < 200; sample++)
                {
                    int i = (int)(sample * 7919L % n);
                    double[] all = [.. Enumerable.Range(0, n).Select(j => Distance(i, j)).Order()];
                    double farthest = Enumerable.Range(0, k).Max(e => Distance(i, (int)indices[((long)i * k) + e]));
                    Checks.Near(who, $"distance of neighbour {k} of row {i}", all[k - 1], farthest, 1e-4 * all[k - 1]);
                }
            })
        {
            Rounds = 3,
            Floor = (2.0 * n * n * d / bench.ProductRate, "2 n^2 d / product rate"),
            FloorFactor = floorFactor,
        };

        double Distance(int i, int j)
        {
            double sum = 0;
            for (int f = 0; f < d; f++)
                sum += Math.Pow(points[(i * d) + f] - points[(j * d) + f], 2);
            return sum;
        }
    }
}
