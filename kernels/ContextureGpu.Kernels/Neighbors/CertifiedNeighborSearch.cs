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
        using var memory = MemoryTile.Allocate((int)Math.Clamp(SlabElements / m, 1, n), rows => new Slab(session, rows, m, dimension, candidates), out int slab);
        var keys = new ulong[(long)slab * candidates];
        for (int first = 0; first < n; first += slab)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(slab, n - first);
            session.Upload<float>(bound.Round(x.Slice(first * dimension, rows * dimension)), memory.Queries);
            Select(metric, memory, points, rows, m, dimension, candidates);
            session.Download(memory.Selected, 0, keys.AsSpan(0, rows * candidates));
            for (int i = 0; i < rows; i++)
            {
                int at = first + i;
                Finish(
                    metric, bound, keys.AsSpan(i * candidates, candidates), x.Slice(at * dimension, dimension), y, m,
                    indices.Slice(at * k, k), distances.Slice(at * k, k));
            }
        }
    }

    private void Select(NeighborMetric metric, Slab slab, DeviceBuffer<float> points, int rows, int m, int dimension, int candidates)
    {
        var sets = new PointSets { LeadingX = dimension, LeadingY = dimension, N = rows, M = m, D = dimension };
        int columnTiles = TileGeometry.Count(m, RadialTile.Columns);
        var tiles = new KernelConfig(checked(TileGeometry.Count(rows, TileGeometry.Tile) * columnTiles), TileGeometry.Threads);
        if (metric == NeighborMetric.Manhattan)
        {
            session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, PointSets, int>>(
                ManhattanDistanceKernel.Distances,
                (launch, stream) => launch(stream, tiles, slab.Queries.View, points.View, slab.Distances.View, sets, columnTiles));
        }
        else
        {
            session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, PointSets, int>>(
                SquaredDistanceKernel.Distances<float, SingleReal>,
                (launch, stream) => launch(stream, tiles, slab.Queries.View, points.View, slab.Distances.View, sets, columnTiles));
        }
        session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<ulong>, int, int>>(
            SmallestSelectionKernel.Select,
            (launch, stream) => launch(stream, new KernelConfig(rows, TileGeometry.Threads), slab.Distances.View, slab.Selected.View, m, candidates));
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

    /// <summary>Memory for some queries at a time.</summary>
    private sealed class Slab : IDisposable
    {
        private readonly DeviceBuffer<float>? _queries, _distances;
        private readonly DeviceBuffer<ulong>? _selected;

        /// <exception cref="InsufficientMemoryException">There is no room for all of it; nothing is then held.</exception>
        public Slab(AcceleratorSession session, long rows, long points, long dimension, long candidates)
        {
            try
            {
                _queries = session.Allocate<float>(rows * dimension);
                _distances = session.Allocate<float>(rows * points);
                _selected = session.Allocate<ulong>(rows * candidates);
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        /// <summary>(rows, dimension).</summary>
        public DeviceBuffer<float> Queries => _queries!;

        /// <summary>To every point, (rows, points).</summary>
        public DeviceBuffer<float> Distances => _distances!;

        /// <summary>Distance and index in one number, (rows, candidates).</summary>
        public DeviceBuffer<ulong> Selected => _selected!;

        /// <inheritdoc/>
        public void Dispose()
        {
            _queries?.Dispose();
            _distances?.Dispose();
            _selected?.Dispose();
        }
    }
}
