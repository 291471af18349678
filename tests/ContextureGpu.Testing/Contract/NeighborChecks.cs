using ContextureGpu.Kernels;
using Xunit;
using Xunit.Sdk;

namespace ContextureGpu.Testing;

/// <summary>Exact nearest neighbours: every device returns the same indices and the same bits.</summary>
public static class NeighborChecks
{
    /// <summary>Random points at every shape, in all kinds of position.</summary>
    public static void NearestNeighbors(ComputeDevice device, int limit)
    {
        foreach ((int n, int m, int d, int k) in new[]
        {
            (1, 1, 1, 1), (1, 5, 3, 2), (5, 1, 3, 1), (3, 4, 2, 0), (0, 4, 2, 2), (7, 7, 1, 7), (17, 33, 5, 3), (33, 17, 16, 10), (64, 64, 8, 5), (65, 63, 3, 63),
            (31, 129, 17, 30), (129, 31, 2, 1), (20, 257, 4, 128), (2, 1031, 3, 40), (257, 130, 33, 4),
        }.Where(s => Math.Max(s.Item1, s.Item2) <= limit))
        {
            double[] x = Normals(n * d, 1), y = Normals(m * d, 2);
            Check(device, $"normal (n, m, d, k) = ({n}, {m}, {d}, {k})", x, y, n, m, d, k);
            Check(device, $"far from zero, (n, m, d, k) = ({n}, {m}, {d}, {k})", Shift(x, 1e6), Shift(y, 1e6), n, m, d, k);
            Check(device, $"massive ties, (n, m, d, k) = ({n}, {m}, {d}, {k})", Array.ConvertAll(x, Math.Round), Array.ConvertAll(y, Math.Round), n, m, d, k);
        }
        double[] lattice = [.. Enumerable.Range(0, 64).SelectMany(i => new double[] { i % 4, i / 4 % 4 })];
        Check(device, "a lattice with every point four times, itself included", lattice, lattice, 64, 64, 2, 20);
        Check(device, "all points the same", new double[40 * 3], new double[50 * 3], 40, 50, 3, 50);
        double[] a = Normals(30 * 5, 3), b = Normals(60 * 5, 4);
        foreach (double scale in new[] { 1e-200, 1e-160, 1e-30, 1e60, 1e160 })
            Check(device, $"values about {scale}", Array.ConvertAll(a, v => v * scale), Array.ConvertAll(b, v => v * scale), 30, 60, 5, 12);
        Check(device, "distances that differ in the last bits", new double[2 * 3], OnSphere(60), 2, 60, 3, 60);
    }

    /// <summary>Manhattan and cosine distances, in easy and in hard positions.</summary>
    public static void Metrics(ComputeDevice device, int limit)
    {
        foreach (NeighborMetric metric in new[] { NeighborMetric.Manhattan, NeighborMetric.Cosine })
        {
            foreach ((int n, int m, int d, int k) in new[] { (1, 1, 1, 1), (7, 7, 1, 7), (17, 33, 5, 3), (33, 17, 16, 10), (65, 63, 3, 63), (31, 129, 17, 30), (3, 1031, 33, 40) }
                .Where(s => Math.Max(s.Item1, s.Item2) <= limit))
            {
                double[] x = Normals(n * d, 6), y = Normals(m * d, 7);
                Check(device, $"{metric}, normal (n, m, d, k) = ({n}, {m}, {d}, {k})", x, y, n, m, d, k, metric);
                Check(device, $"{metric}, far from zero, (n, m, d, k) = ({n}, {m}, {d}, {k})", Shift(x, 1e6), Shift(y, 1e6), n, m, d, k, metric);
                Check(device, $"{metric}, massive ties, (n, m, d, k) = ({n}, {m}, {d}, {k})", Array.ConvertAll(x, Nonzero), Array.ConvertAll(y, Nonzero), n, m, d, k, metric);
            }
            double[] a = Normals(30 * 5, 8), b = Normals(60 * 5, 9);
            foreach (double scale in new[] { 1e-200, 1e-30, 1e60, 1e160, 1e300 })
                Check(device, $"{metric}, values about {scale}", Array.ConvertAll(a, v => v * scale), Array.ConvertAll(b, v => v * scale), 30, 60, 5, 12, metric);
            Check(device, $"{metric}, all points the same", Shift(new double[40 * 3], 1), Shift(new double[50 * 3], 1), 40, 50, 3, 50, metric);
            Check(device, $"{metric}, distances that differ in the last bits", [1, 2, 3, -1, 2, 0.5], OnSphere(60), 2, 60, 3, 60, metric);
        }

        static double Nonzero(double value) => Math.Round(value) + 0.5;
    }

    /// <summary>Sizes that do not fit are refused; a cancelled token ends the search.</summary>
    public static void Refusals(ComputeDevice device)
    {
        Assert.ThrowsAny<ArgumentException>(() => device.NearestNeighbors(new double[4], new double[6], 0, 1, new int[2], new double[2]));
        Assert.ThrowsAny<ArgumentException>(() => device.NearestNeighbors(new double[4], new double[6], 2, -1, new int[2], new double[2]));
        Assert.Throws<ArgumentException>(() => device.NearestNeighbors(new double[4], new double[6], 2, 4, new int[8], new double[8]));
        Assert.Throws<ArgumentException>(() => device.NearestNeighbors(new double[5], new double[6], 2, 1, new int[2], new double[2]));
        Assert.Throws<ArgumentException>(() => device.NearestNeighbors(new double[4], new double[5], 2, 1, new int[2], new double[2]));
        Assert.Throws<ArgumentException>(() => device.NearestNeighbors(new double[4], new double[6], 2, 1, new int[2], new double[3]));
        Assert.ThrowsAny<ArgumentException>(() => device.NearestNeighbors(new double[4], new double[6], 2, 1, (NeighborMetric)9, new int[2], new double[2]));
        ArgumentException zero = Assert.Throws<ArgumentException>(() =>
            device.NearestNeighbors([1.0, 1, 2, 2], [1.0, 2, 0, 0, 3, 1], 2, 1, NeighborMetric.Cosine, new int[2], new double[2]));
        Assert.Contains("row 1 ", zero.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            device.NearestNeighbors(new double[4], new double[6], 2, 1, new int[2], new double[2], new CancellationToken(canceled: true)));
    }

    private static void Check(
        ComputeDevice device, string name, double[] x, double[] y, int n, int m, int d, int k, NeighborMetric metric = NeighborMetric.Euclidean)
    {
        (int[] indices, double[] distances) = Truth(x, y, n, m, d, k, metric);
        long before = device.Memory.LiveBytes;
        for (int run = 0; run < 2; run++)
        {
            (HostileBuffer<int> foundIndices, HostileBuffer<double> foundDistances) = (new(n * k), new(n * k));
            device.NearestNeighbors(x, y, d, k, metric, foundIndices.Span, foundDistances.Span, TestContext.Current.CancellationToken);
            foundIndices.AssertIntact();
            foundDistances.AssertIntact();
            for (int e = 0; e < n * k; e++)
            {
                if (foundIndices.Span[e] != indices[e] || !foundDistances.Span[e].Equals(distances[e]))
                    throw new XunitException($"{name}, run {run}: neighbour {e % k} of query {e / k} is {foundIndices.Span[e]} at {foundDistances.Span[e]:g17}, expected {indices[e]} at {distances[e]:g17}");
            }
        }
        Assert.True(device.Memory.LiveBytes == before, $"{name}: {device.Memory.LiveBytes - before} bytes were not given back");
    }

    /// <summary>By selection: k times the smallest distance not yet taken, the first index among equals.</summary>
    public static (int[] Indices, double[] Distances) Truth(double[] x, double[] y, int n, int m, int d, int k, NeighborMetric metric)
    {
        (var indices, var found) = (new int[n * k], new double[n * k]);
        if (metric == NeighborMetric.Cosine)
            (x, y) = (Directions(x, d), Directions(y, d));
        for (int i = 0; i < n; i++)
        {
            var distances = new double[m];
            for (int j = 0; j < m; j++)
            {
                for (int f = 0; f < d; f++)
                {
                    double difference = x[i * d + f] - y[j * d + f];
                    distances[j] += metric == NeighborMetric.Manhattan ? Math.Abs(difference) : difference * difference;
                }
            }
            var taken = new bool[m];
            for (int r = 0; r < k; r++)
            {
                int best = -1;
                for (int j = 0; j < m; j++)
                {
                    if (!taken[j] && (best < 0 || distances[j] < distances[best]))
                        best = j;
                }
                (taken[best], indices[i * k + r], found[i * k + r]) = (true, best, distances[best]);
            }
        }
        return (indices, found);
    }

    // Rows over their norms; the division by a power of two first keeps the sum of squares in range and changes no digit.
    private static double[] Directions(double[] rows, int d)
    {
        var unit = new double[rows.Length];
        for (int i = 0; i < rows.Length / d; i++)
        {
            double[] row = rows[(i * d)..((i + 1) * d)];
            double power = Math.ScaleB(1, Math.ILogB(row.Max(Math.Abs)));
            double norm = 0;
            for (int f = 0; f < d; f++)
                norm += row[f] / power * (row[f] / power);
            for (int f = 0; f < d; f++)
                unit[i * d + f] = row[f] / power / Math.Sqrt(norm);
        }
        return unit;
    }

    private static double[] Normals(int count, ulong stream)
    {
        var values = new double[count];
        new Philox(11, stream).Normals(0, values.AsSpan());
        return values;
    }

    private static double[] Shift(double[] values, double by) => Array.ConvertAll(values, v => v + by);

    /// <summary>Points on the unit sphere, up to rounding: seen from the origin their distances differ in the last bits only.</summary>
    private static double[] OnSphere(int count)
    {
        double[] points = Normals(count * 3, 5);
        for (int i = 0; i < count; i++)
        {
            Span<double> p = points.AsSpan(3 * i, 3);
            double norm = Math.Sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]);
            for (int f = 0; f < 3; f++)
                p[f] /= norm;
        }
        return points;
    }
}
