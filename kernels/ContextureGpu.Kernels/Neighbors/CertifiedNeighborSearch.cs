using ContextureGpu.Kernels.Cpu;
using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// Exact nearest neighbours with an accelerator's float32 distances. The device returns for each query k + slack candidates, those with the smallest distance
/// between rounded points; the host computes the candidates' distances in float64, ranks them, and keeps the first k only if
/// <see cref="RoundedDistanceBound"/> proves that no other point can be as near as the k-th. Queries without proof are searched completely on the host.
/// <para>The distances of a slab of queries to the first points are stored, and the smallest selected. Then comes three times as many points at a time as there were before:
/// <see cref="NeighborFilterKernel"/> lets pass what is nearer than the last candidate, about three times as many as there are candidates, and <see cref="SmallestSelectionKernel"/>
/// selects anew. So few distances leave the registers. Points are taken in an order that has nothing to do with theirs, a step of about 0.618 m modulo m, so that sorted
/// points do not all pass; a query for which too many do all the same starts again with all its distances stored.</para>
/// </summary>
internal sealed unsafe class CertifiedNeighborSearch(AcceleratorSession session)
{
    // Points whose distances are stored, at least.
    private const int FirstPoints = 1024;

    // Groups that keep a large GPU busy, and parts of the points at most.
    private const int WantedGroups = 1024, MostParts = 16;

    private int _uncertified, _overflowed;

    /// <summary>Float32 numbers held on the device for a slab of queries: of one query at least.</summary>
    public long SlabElements { get; init; } = 64L << 20;

    /// <summary>Queries of the last search that had to be searched on the host.</summary>
    public int Uncertified => _uncertified;

    /// <summary>Queries of the last search that too many points passed.</summary>
    public int Overflowed => _overflowed;

    /// <summary>Does what <see cref="ComputeDevice.NearestNeighborsCore"/> promises.</summary>
    public void Search(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        (_uncertified, _overflowed) = (0, 0);
        int candidates = (int)Math.Min(m, k + Math.Max(16L, k / 4));
        var workers = new Workers(Environment.ProcessorCount, cancellationToken);
        fixed (double* px = x, py = y, pd = distances)
        fixed (int* pi = indices)
        {
            var job = new Job(metric, px, py, m, dimension, k, pi, pd);
            if (candidates > SmallestSelectionKernel.MaxCount)
            {
                workers.Run(n, (long)n * m * dimension, i => Scan(job, i));
                return;
            }
            var bound = new RoundedDistanceBound(metric, x, y, dimension);
            using var device = new Slabs(session, metric, m, dimension, candidates, n, SlabElements);
            device.SetPoints(bound.Round(y));
            var keys = new ulong[(long)device.Rows * candidates];
            for (int first = 0; first < n; first += device.Rows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int rows = Math.Min(device.Rows, n - first), start = first;
                _overflowed += device.Search(bound.Round(x.Slice(first * dimension, rows * dimension)), keys, cancellationToken);
                workers.Run(rows, (long)rows * candidates * dimension, i => Finish(job, bound, device, keys.AsSpan(i * candidates, candidates), start + i));
            }
        }
    }

    private void Finish(Job job, RoundedDistanceBound bound, Slabs device, ReadOnlySpan<ulong> keys, int i)
    {
        Span<int> candidates = keys.Length <= 256 ? stackalloc int[keys.Length] : new int[keys.Length];
        for (int e = 0; e < keys.Length; e++)
            candidates[e] = device.PointAt((int)(uint)keys[e]);
        ExactRanking.Rank(job.Metric, job.Query(i), job.Points, candidates, job.Indices(i), job.Distances(i));
        float last = BitConverter.UInt32BitsToSingle((uint)(keys[^1] >> 32));
        if (keys.Length < job.M && !bound.Certifies(job.Query(i), last, job.Distances(i)[^1]))
            Scan(job, i);
    }

    private void Scan(Job job, int i)
    {
        Interlocked.Increment(ref _uncertified);
        ExactRanking.Scan(job.Metric, job.Query(i), job.Points, job.K, job.Indices(i), job.Distances(i));
    }

    /// <summary>The operands of a search, pinned.</summary>
    private sealed class Job(NeighborMetric metric, double* x, double* y, int m, int dimension, int k, int* indices, double* distances)
    {
        public NeighborMetric Metric => metric;

        public int M => m;

        public int K => k;

        public ReadOnlySpan<double> Points => new(y, m * dimension);

        public ReadOnlySpan<double> Query(int i) => new(x + ((nint)i * dimension), dimension);

        public Span<int> Indices(int i) => new(indices + ((nint)i * k), k);

        public Span<double> Distances(int i) => new(distances + ((nint)i * k), k);
    }

    /// <summary>The device's side of a search: points, and room for a slab of queries.</summary>
    private sealed class Slabs : IDisposable
    {
        private readonly AcceleratorSession _session;
        private readonly NeighborMetric _metric;
        private readonly int _m, _d, _candidates, _firstPoints, _parts, _capacity;
        private readonly long _step;
        private readonly DeviceBuffer<float> _points, _queries, _distances;
        private readonly DeviceBuffer<ulong> _selected, _hits;
        private readonly DeviceBuffer<int> _counts, _overflow;

        public Slabs(AcceleratorSession session, NeighborMetric metric, int m, int dimension, int candidates, int n, long elements)
        {
            (_session, _metric, _m, _d, _candidates) = (session, metric, m, dimension, candidates);
            _step = Step(m);
            _firstPoints = Math.Min(m, Math.Max(FirstPoints, 4 * candidates));
            // Segments for twice the expected number of points that pass, and a few more.
            _parts = Math.Clamp(WantedGroups / TileGeometry.Count(n, NeighborFilterKernel.Rows), 1, MostParts);
            _capacity = (6 * candidates / (_parts * NeighborFilterKernel.Segments)) + 16;
            int segments = _firstPoints < m ? _parts * NeighborFilterKernel.Segments : 1;
            Rows = (int)Math.Clamp(elements / (_firstPoints + (2L * segments * _capacity)), 1, n);
            _points = session.Allocate<float>((long)m * dimension);
            _queries = session.Allocate<float>((long)Rows * dimension);
            // A query that starts again needs the distances to all points.
            _distances = session.Allocate<float>(Math.Max((long)Rows * _firstPoints, m));
            _selected = session.Allocate<ulong>((long)Rows * candidates);
            _hits = session.Allocate<ulong>((long)Rows * segments * _capacity);
            _counts = session.Allocate<int>((long)Rows * segments);
            _overflow = session.Allocate<int>(Rows);
        }

        /// <summary>Queries of a slab.</summary>
        public int Rows { get; }

        /// <summary>The point at a place on the device.</summary>
        public int PointAt(int place) => (int)(place * _step % _m);

        /// <summary>Copies the points, row-major, in the device's order.</summary>
        public void SetPoints(float[] points)
        {
            var ordered = new float[points.Length];
            for (int place = 0; place < _m; place++)
                points.AsSpan(PointAt(place) * _d, _d).CopyTo(ordered.AsSpan(place * _d));
            _session.Upload<float>(ordered, _points);
        }

        /// <summary>The keys of the candidates of some queries, row-major, ascending; returns how many queries had to start again.</summary>
        public int Search(float[] queries, ulong[] keys, CancellationToken cancellationToken)
        {
            int rows = queries.Length / _d, again = 0;
            _session.Upload<float>(queries, _queries);
            SelectFirst(0, rows, _firstPoints);
            if (_firstPoints < _m)
            {
                for (long begin = _firstPoints; begin < _m; begin *= 4)
                    Filter(rows, (int)begin, (int)Math.Min(_m, begin * 4));
                var overflow = new int[rows];
                _session.Download<int>(_overflow, 0, overflow);
                int together = (int)Math.Max(1, _distances.View.Length / _m);
                for (int first = 0; first < rows; first++)
                {
                    // Neighbouring queries together, as far as there is room.
                    int count = 0;
                    while (first + count < rows && count < together && overflow[first + count] != 0)
                        count++;
                    if (count == 0)
                        continue;
                    cancellationToken.ThrowIfCancellationRequested();
                    SelectFirst(first, count, _m);
                    again += count;
                    first += count - 1;
                }
            }
            _session.Download(_selected, 0, keys.AsSpan(0, rows * _candidates));
            return again;
        }

        // Stores the distances of some queries to the first points and selects.
        private void SelectFirst(int first, int rows, int points)
        {
            var sets = new PointSets { OffsetX = (long)first * _d, LeadingX = _d, LeadingY = _d, N = rows, M = points, D = _d };
            int columnTiles = TileGeometry.Count(points, RadialTile.Columns);
            var tiles = new KernelConfig(checked(TileGeometry.Count(rows, TileGeometry.Tile) * columnTiles), TileGeometry.Threads);
            ArrayView<ulong> selected = _selected.View.SubView((long)first * _candidates);
            if (_metric == NeighborMetric.Manhattan)
            {
                _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, PointSets, int>>(
                    ManhattanDistanceKernel.Distances,
                    (launch, stream) => launch(stream, tiles, _queries.View, _points.View, _distances.View, sets, columnTiles));
            }
            else
            {
                _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, PointSets, int>>(
                    SquaredDistanceKernel.Distances<float, SingleReal>,
                    (launch, stream) => launch(stream, tiles, _queries.View, _points.View, _distances.View, sets, columnTiles));
            }
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<ulong>, int, int>>(
                SmallestSelectionKernel.Select,
                (launch, stream) => launch(stream, new KernelConfig(rows, TileGeometry.Threads), _distances.View, selected, points, _candidates));
        }

        // Candidates among the points before end from those among the points before begin.
        private void Filter(int rows, int begin, int end)
        {
            if (_metric == NeighborMetric.Manhattan)
                Filter<Magnitude>(rows, begin, end);
            else
                Filter<SquaredDifference<float, SingleReal>>(rows, begin, end);
        }

        private void Filter<TTerm>(int rows, int begin, int end)
            where TTerm : struct, IFeatureTerm<float>
        {
            int steps = TileGeometry.Count(end - begin, NeighborFilterKernel.Columns);
            var shape = new NeighborFilterShape
            {
                Points = new PointSets { LeadingX = _d, LeadingY = _d, N = rows, M = end, D = _d },
                FirstColumn = begin,
                Parts = _parts,
                ColumnsPerPart = TileGeometry.Count(steps, _parts) * NeighborFilterKernel.Columns,
                Candidates = _candidates,
                Capacity = _capacity,
                Aligned = (_d & 3) == 0 ? 1 : 0,
            };
            var grid = new KernelConfig(TileGeometry.Count(rows, NeighborFilterKernel.Rows) * _parts, NeighborFilterKernel.Threads);
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<ulong>, ArrayView<ulong>, ArrayView<int>, NeighborFilterShape>>(
                NeighborFilterKernel.Filter<TTerm>,
                (launch, stream) => launch(stream, grid, _queries.View, _points.View, _selected.View, _hits.View, _counts.View, shape));
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<ulong>, ArrayView<int>, ArrayView<ulong>, ArrayView<int>, int, int, int, int>>(
                SmallestSelectionKernel.Merge,
                (launch, stream) => launch(
                    stream, new KernelConfig(rows, TileGeometry.Threads), _hits.View, _counts.View, _selected.View, _overflow.View,
                    _parts * NeighborFilterKernel.Segments, _capacity, _candidates, begin == _firstPoints ? 1 : 0));
        }

        // Near 0.618 m and without a factor in common with m, so that place * step mod m is every point once.
        private static long Step(int m)
        {
            long step = Math.Max(1, (long)(0.6180339887498949 * m));
            while (GreatestCommonDivisor(step, m) != 1)
                step++;
            return step;
        }

        private static long GreatestCommonDivisor(long a, long b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);

        /// <inheritdoc/>
        public void Dispose()
        {
            _points.Dispose();
            _queries.Dispose();
            _distances.Dispose();
            _selected.Dispose();
            _hits.Dispose();
            _counts.Dispose();
            _overflow.Dispose();
        }
    }
}
