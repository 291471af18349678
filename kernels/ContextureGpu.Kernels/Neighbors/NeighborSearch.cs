using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Exact nearest neighbours on the processor: float32 distances by tiles choose k + slack candidates for each query, their float64 distances rank them, and
/// <see cref="RoundedDistanceBound"/> proves that no other point can be as near as the k-th. Queries without proof are searched completely in float64.
/// </summary>
internal static unsafe class NeighborSearch
{
    private const int QueryBlock = 32, TileStrips = 32;

    /// <summary>Does what <see cref="ComputeDevice.NearestNeighbors"/> promises.</summary>
    public static void Search(
        Workers workers, ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k,
        Span<int> indices, Span<double> squaredDistances, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int candidates = (int)Math.Min(m, k + Math.Max(16L, k / 4));
        bool filter = candidates < m;
        RoundedDistanceBound? bound = filter ? new RoundedDistanceBound(x, y, dimension) : null;
        float[] roundedX = bound?.Round(x) ?? [], roundedY = bound?.Round(y) ?? [];
        fixed (double* px = x, py = y, distances = squaredDistances)
        fixed (int* found = indices)
        fixed (float* rx = roundedX, ry = roundedY)
        {
            var job = new Job(px, py, rx, distances, found, n, m, dimension, k, candidates, bound);
            using PackedPoints<float>? points = filter ? new PackedPoints<float>(workers, ry, dimension, m, dimension) : null;
            int blocks = (n + QueryBlock - 1) / QueryBlock;
            workers.Run(blocks, (long)n * m * dimension, block =>
            {
                if (cancellationToken.IsCancellationRequested)
                    return;
                int first = block * QueryBlock, end = Math.Min(n, first + QueryBlock);
                if (points is null)
                {
                    for (int i = first; i < end; i++)
                        ExactRanking.Scan(job.Query(i), job.Points, k, job.Indices(i), job.Distances(i));
                    return;
                }
                SearchBlock(job, points, first, end - first);
            });
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static void SearchBlock(Job job, PackedPoints<float> points, int first, int count)
    {
        int strip = PackedPoints<float>.Strip, tile = TileStrips * strip, capacity = Math.Max(128, 2 * job.Candidates);
        float* distances = Panel<float>.Allocate(4L * tile);
        var chosen = new CandidateList[count];
        for (int i = 0; i < count; i++)
            chosen[i] = new CandidateList(job.Candidates, capacity);
        for (int left = 0; left < job.M; left += tile)
        {
            int columns = Math.Min(tile, job.M - left), strips = (columns + strip - 1) / strip;
            for (int i = 0; i < count; i += 4)
            {
                int rows = Math.Min(4, count - i);
                points.SquaredDistances(job.RoundedX + ((nint)(first + i) * job.Dimension), job.Dimension, rows, left / strip, strips, distances, tile);
                for (int r = 0; r < rows; r++)
                    chosen[i + r].Take(distances + (r * tile), columns, left);
            }
        }
        NativeMemory.AlignedFree(distances);
        var candidates = new int[job.Candidates];
        for (int i = 0; i < count; i++)
            Finish(job, first + i, chosen[i].Smallest(), candidates);
    }

    private static void Finish(Job job, int query, ReadOnlySpan<ulong> keys, int[] candidates)
    {
        for (int e = 0; e < keys.Length; e++)
            candidates[e] = (int)(uint)keys[e];
        Span<double> distances = job.Distances(query);
        ExactRanking.Rank(job.Query(query), job.Points, candidates, job.Indices(query), distances);
        float last = BitConverter.UInt32BitsToSingle((uint)(keys[^1] >> 32));
        if (!job.Bound!.Certifies(job.Query(query), last, distances[^1]))
            ExactRanking.Scan(job.Query(query), job.Points, job.K, job.Indices(query), distances);
    }

    /// <summary>Inputs and outputs where the caller keeps them.</summary>
    private sealed class Job(
        double* x, double* y, float* roundedX, double* distances, int* indices, int n, int m, int dimension, int k, int candidates, RoundedDistanceBound? bound)
    {
        public int N => n;

        public int M => m;

        public int Dimension => dimension;

        public int K => k;

        public int Candidates => candidates;

        public float* RoundedX => roundedX;

        public RoundedDistanceBound? Bound => bound;

        public ReadOnlySpan<double> Points => new(y, m * dimension);

        public ReadOnlySpan<double> Query(int i) => new(x + ((nint)i * dimension), dimension);

        public Span<int> Indices(int i) => new(indices + ((nint)i * k), k);

        public Span<double> Distances(int i) => new(distances + ((nint)i * k), k);
    }

    /// <summary>The smallest distances seen so far, as keys (bits of the distance, index): those at or above the threshold are turned away by a vector comparison.</summary>
    private struct CandidateList(int wanted, int capacity)
    {
        private readonly ulong[] _keys = new ulong[capacity];
        private int _count;
        private float _threshold = float.PositiveInfinity;

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Take(float* distances, int columns, int firstIndex)
        {
            int lanes = Vector<float>.Count;
            for (int j = 0; j < columns; j += lanes)
            {
                if (!Vector.LessThanAny(*(Vector<float>*)(distances + j), new Vector<float>(_threshold)))
                    continue;
                int end = Math.Min(columns, j + lanes);
                for (int l = j; l < end; l++)
                {
                    if (!(distances[l] < _threshold))
                        continue;
                    _keys[_count++] = ((ulong)BitConverter.SingleToUInt32Bits(distances[l]) << 32) | (uint)(firstIndex + l);
                    if (_count == _keys.Length)
                        Shrink();
                }
            }
        }

        /// <summary>The keys of the wanted number of smallest distances, ascending.</summary>
        public ReadOnlySpan<ulong> Smallest()
        {
            Shrink();
            Span<ulong> kept = _keys.AsSpan(0, _count);
            kept.Sort();
            return kept;
        }

        private void Shrink()
        {
            if (_count <= wanted)
                return;
            _threshold = BitConverter.UInt32BitsToSingle((uint)(Select(_keys.AsSpan(0, _count), wanted - 1) >> 32));
            _count = wanted;
        }

        // Moves the keys so that the one at the given place is where sorting would put it, smaller ones before it, and returns it: Hoare's selection, pivots by the median of three.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static ulong Select(Span<ulong> keys, int place)
        {
            int low = 0, high = keys.Length - 1;
            while (low < high)
            {
                ulong a = keys[low], b = keys[low + ((high - low) >> 1)], c = keys[high];
                ulong pivot = Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
                int i = low, j = high;
                while (i <= j)
                {
                    while (keys[i] < pivot)
                        i++;
                    while (pivot < keys[j])
                        j--;
                    if (i <= j)
                    {
                        (keys[i], keys[j]) = (keys[j], keys[i]);
                        i++;
                        j--;
                    }
                }
                if (place <= j)
                    high = j;
                else if (place >= i)
                    low = i;
                else
                    break;
            }
            return keys[place];
        }
    }
}
