using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks;

/// <summary>
/// The graph of the 30 nearest neighbours of a set of points among themselves. Before anything is timed, some rows are compared with plain float64 loops.
/// The floor is the product of the coordinates, 2 N^2 d operations: divide by the time for the rate that a library would need.
/// </summary>
public class NeighborBenchmarks
{
    private const int K = 30;

    private double[] _points = [], _distances = [];
    private int[] _indices = [];
    private CpuDevice? _device;

    /// <summary>Points, features and how the points lie.</summary>
    [Params("4177x10 normal", "20000x24 normal", "50000x32 normal", "100000x3 normal", "200000x16 normal", "200000x16 clusters", "200000x16 surface")]
    public string Case { get; set; } = "4177x10 normal";

    [GlobalSetup]
    public void Setup()
    {
        string[] words = Case.Split('x', ' ');
        (int n, int d) = (int.Parse(words[0]), int.Parse(words[1]));
        _points = Points(words[2], n, d);
        (_indices, _distances) = (new int[n * K], new double[n * K]);
        _device = CpuDevice.Open();
        Search();
        for (int i = 0; i < n; i += n / 7)
            Verify(i, n, d);
    }

    [Benchmark]
    public void Search() => _device!.NearestNeighbors(_points, _points, int.Parse(Case.Split('x', ' ')[1]), K, _indices, _distances);

    [GlobalCleanup]
    public void Close() => _device?.Dispose();

    private void Verify(int i, int n, int d)
    {
        var nearest = new (double Distance, int Index)[n];
        for (int j = 0; j < n; j++)
        {
            double sum = 0;
            for (int f = 0; f < d; f++)
                sum += (_points[(i * d) + f] - _points[(j * d) + f]) * (_points[(i * d) + f] - _points[(j * d) + f]);
            nearest[j] = (sum, j);
        }
        Array.Sort(nearest);
        for (int e = 0; e < K; e++)
        {
            if ((_distances[(i * K) + e], _indices[(i * K) + e]) != nearest[e])
                throw new InvalidOperationException($"neighbour {e} of point {i} is {_indices[(i * K) + e]}, not {nearest[e].Index}");
        }
    }

    private static double[] Points(string kind, int n, int d)
    {
        double[] points = Normals(n * d, 1), centers = Normals(50 * d, 2), latent = Normals(n * 4, 3), weights = Normals(8 * d, 4);
        for (int e = 0; e < points.Length && kind != "normal"; e++)
        {
            (int i, int f) = (e / d, e % d);
            if (kind == "clusters")
            {
                points[e] = (3 * centers[(i % 50 * d) + f]) + (0.5 * points[e]);
                continue;
            }
            double a = 0, b = 0;
            for (int l = 0; l < 4; l++)
            {
                a += latent[(i * 4) + l] * weights[(l * d) + f];
                b += latent[(i * 4) + l] * weights[((4 + l) * d) + f];
            }
            points[e] = Math.Sin(0.5 * a) + (0.5 * Math.Cos(0.5 * b)) + (0.02 * points[e]);
        }
        return points;
    }

    private static double[] Normals(int count, ulong stream)
    {
        var values = new double[count];
        new Philox(1, stream).Normals(0, values.AsSpan());
        return values;
    }
}
