using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// Exact nearest neighbours with an accelerator's float32 distances. The device returns for each query k + slack candidates, those with the smallest distance
/// between rounded points; the host computes the candidates' distances in float64, ranks them, and keeps the first k only if
/// <see cref="RoundedDistanceBound"/> proves that no other point can be as near as the k-th. Queries without proof are searched completely on the host.
/// </summary>
internal sealed class CertifiedNeighborSearch(AcceleratorSession session)
{
    /// <summary>Distances held on the device at a time: of a slab of queries to all points, of one query at least.</summary>
    public long SlabElements { get; init; } = 32L << 20;

    /// <summary>Queries of the last search that had to be searched on the host.</summary>
    public int Uncertified { get; private set; }

    /// <summary>Does what <see cref="ComputeDevice.NearestNeighborsCore"/> promises.</summary>
    public void Search(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        Uncertified = 0;
        int candidates = (int)Math.Min(m, k + Math.Max(16L, k / 4));
        if (candidates > SmallestSelectionKernel.MaxCount)
        {
            for (int i = 0; i < n; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ExactRanking.Scan(metric, x.Slice(i * dimension, dimension), y, k, indices.Slice(i * k, k), distances.Slice(i * k, k));
            }
            Uncertified = n;
            return;
        }
        var bound = new RoundedDistanceBound(metric, x, y, dimension);
        using DeviceBuffer<float> points = session.Allocate<float>((long)m * dimension);
        session.Upload<float>(bound.Round(y), points);
        int slab = (int)Math.Clamp(SlabElements / m, 1, n);
        using DeviceBuffer<float> queries = session.Allocate<float>((long)slab * dimension);
        using DeviceBuffer<float> rounded = session.Allocate<float>((long)slab * m);
        using DeviceBuffer<ulong> selected = session.Allocate<ulong>((long)slab * candidates);
        var keys = new ulong[(long)slab * candidates];
        for (int first = 0; first < n; first += slab)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(slab, n - first);
            session.Upload<float>(bound.Round(x.Slice(first * dimension, rows * dimension)), queries);
            Select(metric, queries, points, rounded, selected, rows, m, dimension, candidates);
            session.Download(selected, 0, keys.AsSpan(0, rows * candidates));
            for (int i = 0; i < rows; i++)
            {
                int at = first + i;
                Finish(
                    metric, bound, keys.AsSpan(i * candidates, candidates), x.Slice(at * dimension, dimension), y, m,
                    indices.Slice(at * k, k), distances.Slice(at * k, k));
            }
        }
    }

    private void Select(
        NeighborMetric metric, DeviceBuffer<float> queries, DeviceBuffer<float> points, DeviceBuffer<float> distances, DeviceBuffer<ulong> selected,
        int rows, int m, int dimension, int candidates)
    {
        var sets = new PointSets { LeadingX = dimension, LeadingY = dimension, N = rows, M = m, D = dimension };
        int columnTiles = TileGeometry.Count(m, RadialTile.Columns);
        var tiles = new KernelConfig(checked(TileGeometry.Count(rows, TileGeometry.Tile) * columnTiles), TileGeometry.Threads);
        if (metric == NeighborMetric.Manhattan)
        {
            session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, PointSets, int>>(
                ManhattanDistanceKernel.Distances,
                (launch, stream) => launch(stream, tiles, queries.View, points.View, distances.View, sets, columnTiles));
        }
        else
        {
            session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, PointSets, int>>(
                SquaredDistanceKernel.Distances<float, SingleReal>,
                (launch, stream) => launch(stream, tiles, queries.View, points.View, distances.View, sets, columnTiles));
        }
        session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<ulong>, int, int>>(
            SmallestSelectionKernel.Select,
            (launch, stream) => launch(stream, new KernelConfig(rows, TileGeometry.Threads), distances.View, selected.View, m, candidates));
    }

    private void Finish(
        NeighborMetric metric, RoundedDistanceBound bound, ReadOnlySpan<ulong> keys, ReadOnlySpan<double> query, ReadOnlySpan<double> y, int m,
        Span<int> indices, Span<double> distances)
    {
        Span<int> candidates = keys.Length <= 256 ? stackalloc int[keys.Length] : new int[keys.Length];
        for (int e = 0; e < keys.Length; e++)
            candidates[e] = (int)(uint)keys[e];
        ExactRanking.Rank(metric, query, y, candidates, indices, distances);
        float last = BitConverter.UInt32BitsToSingle((uint)(keys[^1] >> 32));
        if (keys.Length < m && !bound.Certifies(query, last, distances[^1]))
        {
            Uncertified++;
            ExactRanking.Scan(metric, query, y, indices.Length, indices, distances);
        }
    }
}
