using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>Exact neighbours from inexact distances: same indices and same bits as a complete search, also where float32 sees ties or nothing at all.</summary>
public abstract class NeighborSearchTests
{
    private readonly BackendKind _backend;
    private readonly int _points;

    protected NeighborSearchTests(BackendKind backend, int points) => (_backend, _points) = (backend, points);

    [Theory]
    [InlineData("uniform", NeighborMetric.Euclidean, false)]
    [InlineData("uniform", NeighborMetric.Manhattan, false)]
    [InlineData("far from the origin", NeighborMetric.Euclidean, false)]
    [InlineData("far from the origin", NeighborMetric.Manhattan, false)]
    [InlineData("integers with ties", NeighborMetric.Euclidean, true)]
    [InlineData("integers with ties", NeighborMetric.Manhattan, true)]
    [InlineData("closer than float32 can tell", NeighborMetric.Euclidean, true)]
    [InlineData("closer than float32 can tell", NeighborMetric.Manhattan, true)]
    [InlineData("all alike", NeighborMetric.Euclidean, true)]
    [InlineData("all alike", NeighborMetric.Manhattan, true)]
    [InlineData("tiny", NeighborMetric.Euclidean, false)]
    [InlineData("tiny", NeighborMetric.Manhattan, false)]
    [InlineData("so tiny that squares vanish", NeighborMetric.Euclidean, true)]
    [InlineData("so tiny that squares vanish", NeighborMetric.Manhattan, false)]
    [InlineData("huge", NeighborMetric.Euclidean, false)]
    [InlineData("huge", NeighborMetric.Manhattan, false)]
    public void Agrees_with_a_complete_search(string data, NeighborMetric metric, bool needsHost)
    {
        ComputeDevice device = TestAccelerators.Get(_backend);
        const int n = 5, d = 3, k = 7;
        Func<double, double> map = data switch
        {
            "uniform" => v => v,
            "far from the origin" => v => 1e9 + v,
            "integers with ties" => v => Math.Round(v),
            "closer than float32 can tell" => v => Math.Abs(v) > 0.97 ? v : v * 1e-9,
            "all alike" => _ => 0.1,
            "tiny" => v => v * 1e-145,
            "so tiny that squares vanish" => v => v * 1e-200,
            _ => v => v * 1e150,
        };
        double[] x = [.. Reference.Sample(21, n * d).Select(map)], y = [.. Reference.Sample(22, _points * d).Select(map)];
        (int[] indices, double[] distances) = (new int[n * k], new double[n * k]);
        // Two queries at a time.
        var search = new CertifiedNeighborSearch(((IlgpuDevice)device).Session) { SlabElements = 2 * _points };
        search.Search(x, n, y, _points, d, k, metric, indices, distances, TestContext.Current.CancellationToken);
        Assert.Equal(needsHost, search.Uncertified > 0);
        for (int i = 0; i < n; i++)
        {
            // The definition, without any of the code under test.
            (int Index, double Distance)[] right = [.. Enumerable.Range(0, _points)
                .Select(j => (j, Enumerable.Range(0, d).Aggregate(0.0, (sum, f) => sum + Term(x[i * d + f] - y[j * d + f]))))
                .OrderBy(pair => pair.Item2).ThenBy(pair => pair.j).Take(k)];
            Assert.Equal(right.Select(pair => pair.Index), indices.AsSpan(i * k, k).ToArray());
            Assert.Equal(right.Select(pair => BitConverter.DoubleToInt64Bits(pair.Distance)), distances.AsSpan(i * k, k).ToArray().Select(BitConverter.DoubleToInt64Bits));
        }

        double Term(double difference) => metric == NeighborMetric.Manhattan ? Math.Abs(difference) : difference * difference;
    }

    /// <summary>Points that come nearer all the time, in many dimensions and few: the device's own order makes nothing of it, and a period of that order lets too many pass.</summary>
    [Theory]
    [InlineData("sorted", 1, 40, NeighborMetric.Euclidean)]
    [InlineData("sorted", 5, 1, NeighborMetric.Manhattan)]
    [InlineData("against the order of the device", 1, 7, NeighborMetric.Euclidean)]
    [InlineData("uniform", 36, 9, NeighborMetric.Euclidean)]
    public void Agrees_with_a_complete_search_in_any_order(string data, int d, int k, NeighborMetric metric)
    {
        ComputeDevice device = TestAccelerators.Get(_backend);
        const int n = 131;
        double[] x = Reference.Sample(25, n * d), y = Reference.Sample(26, _points * d);
        if (data == "sorted")
        {
            for (int j = 0; j < _points; j++)
                y.AsSpan(j * d, d).Fill(3 - (2.0 * j / _points));
        }
        else if (data != "uniform")
        {
            int step = Enumerable.Range((int)(0.6180339887498949 * _points), _points).First(s => System.Numerics.BigInteger.GreatestCommonDivisor(s, _points) == 1);
            for (int place = 0; place < _points; place++)
                y[(int)((long)place * step % _points)] = 3 - (2.0 * place / _points);
        }
        (int[] indices, double[] distances) = (new int[n * k], new double[n * k]);
        var search = new CertifiedNeighborSearch(((IlgpuDevice)device).Session);
        search.Search(x, n, y, _points, d, k, metric, indices, distances, TestContext.Current.CancellationToken);
        Assert.Equal(data == "against the order of the device" && _points > 1024, search.Overflowed > 0);
        int[] right = new int[k];
        double[] rightDistances = new double[k];
        for (int i = 0; i < n; i++)
        {
            ExactRanking.Scan(metric, x.AsSpan(i * d, d), y, k, right, rightDistances);
            Assert.Equal(right, indices.AsSpan(i * k, k).ToArray());
            Assert.Equal(rightDistances, distances.AsSpan(i * k, k).ToArray());
        }
    }

    [Fact]
    public void All_points_can_be_asked_for()
    {
        ComputeDevice device = TestAccelerators.Get(_backend);
        double[] x = Reference.Sample(23, 2), y = Reference.Sample(24, 33 * 2);
        (int[] indices, double[] distances) = (new int[33], new double[33]);
        device.NearestNeighbors(x, y, 2, 33, indices, distances, TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 33), indices.Order());
        Assert.Equal(distances.Order(), distances);
    }

    [Fact]
    public void Cancellation_stops_the_search()
    {
        ComputeDevice device = TestAccelerators.Get(_backend);
        Assert.Throws<OperationCanceledException>(() =>
            device.NearestNeighbors([0.0], [1.0, 2.0], 1, 1, new int[1], new double[1], new CancellationToken(canceled: true)));
    }
}

[Collection("ilgpu-cpu")]
public sealed class IlgpuCpuNeighborTests() : NeighborSearchTests(BackendKind.IlgpuCpu, 150);

[Collection("opencl")]
public sealed class OpenClNeighborTests() : NeighborSearchTests(BackendKind.OpenCl, 9001);

[Collection("cuda")]
public sealed class CudaNeighborTests() : NeighborSearchTests(BackendKind.Cuda, 9001);
