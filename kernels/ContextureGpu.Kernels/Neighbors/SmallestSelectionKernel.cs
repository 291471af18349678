using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// The <c>count</c> smallest of each row of D (N, M), D not negative, with their column numbers, ascending, ties by the smaller column: output (N, count) of
/// keys <c>bits(D_ij) 2^32 + j</c>, whose order as integers is that order.
/// <para>A group takes a row and walks over it 1024 elements at a time, four for each thread. Elements below the count-th smallest so far are appended to a list of 2048
/// keys in shared memory (16 KB), at places found by a prefix sum over the threads: no atomics. When a next step might not fit, and at the end, the
/// list is sorted (bitonic; Batcher 1968) and cut to <c>count</c>, which lowers the bound. After the first step few elements pass it.</para>
/// </summary>
internal static class SmallestSelectionKernel
{
    /// <summary>The most that can be selected from a row.</summary>
    public const int MaxCount = Capacity - Step;

    private const int Step = TileGeometry.Threads * 4;
    private const int Capacity = 2048;

    /// <summary>The kernel: group g takes row g. Needs <c>1 &lt;= count &lt;= min(M, MaxCount)</c>.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Select(ArrayView<float> distances, ArrayView<ulong> selected, int m, int count)
    {
        DistanceRow row;
        row.Distances = distances;
        row.First = (long)Grid.IdxX * m;
        Select(row, selected, m, count);
    }

    /// <summary>
    /// The <paramref name="count"/> smallest of those selected from row g so far and of what <see cref="NeighborFilterKernel"/> found for it, in <paramref name="segments"/> segments of
    /// <paramref name="capacity"/> keys. <paramref name="overflow"/> becomes 1 for a row of which a segment was too short; it is read unless <paramref name="first"/> is 1.
    /// </summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Merge(
        ArrayView<ulong> hits, ArrayView<int> counts, ArrayView<ulong> selected, ArrayView<int> overflow, int segments, int capacity, int count, int first)
    {
        SegmentRow row;
        row.Hits = hits;
        row.Counts = counts;
        row.Selected = selected;
        row.FirstSelected = (long)Grid.IdxX * count;
        row.FirstCount = (long)Grid.IdxX * segments;
        row.Count = count;
        row.Capacity = capacity;
        Select(row, selected, count + (segments * capacity), count);
        if (Group.IdxX == 0)
        {
            int isShort = 0;
            if (first == 0)
                isShort = overflow[Grid.IdxX];
            for (int segment = 0; segment < segments; segment++)
                isShort = counts[row.FirstCount + segment] > capacity ? 1 : isShort;
            overflow[Grid.IdxX] = isShort;
        }
    }

    /// <summary>The key of a point: a distance that is not negative, then its number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Key(float distance, int column) => ((ulong)Interop.FloatAsInt(distance) << 32) | (uint)column;

    /// <summary>The keys of a row, to choose from.</summary>
    private interface IKeyRow
    {
        /// <summary>Key number <paramref name="j"/>; one above all others where there is none.</summary>
        ulong this[int j] { get; }
    }

    private struct DistanceRow : IKeyRow
    {
        public ArrayView<float> Distances;
        public long First;

        public readonly ulong this[int j] => Key(Distances[First + j], j);
    }

    /// <summary>The keys selected so far, then the segments.</summary>
    private struct SegmentRow : IKeyRow
    {
        public ArrayView<ulong> Hits, Selected;
        public ArrayView<int> Counts;
        public long FirstSelected, FirstCount;
        public int Count, Capacity;

        public readonly ulong this[int j]
        {
            get
            {
                ulong key = ulong.MaxValue;
                if (j < Count)
                {
                    key = Selected[FirstSelected + j];
                }
                else
                {
                    int place = j - Count, segment = place / Capacity, e = place - (segment * Capacity);
                    if (e < Counts[FirstCount + segment])
                        key = Hits[((FirstCount + segment) * Capacity) + e];
                }
                return key;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Select<TRow>(TRow row, ArrayView<ulong> selected, int m, int count)
        where TRow : struct, IKeyRow
    {
        ArrayView<ulong> list = SharedMemory.Allocate<ulong>(Capacity);
        ArrayView<int> places = SharedMemory.Allocate<int>(2 * TileGeometry.Threads);
        int t = Group.IdxX, length = 0;
        ulong bound = ulong.MaxValue;
        for (int start = 0; start < m; start += Step)
        {
            ulong k0 = KeyAt(row, start + t, m), k1 = KeyAt(row, start + TileGeometry.Threads + t, m);
            ulong k2 = KeyAt(row, start + (2 * TileGeometry.Threads) + t, m), k3 = KeyAt(row, start + (3 * TileGeometry.Threads) + t, m);
            int hits = (k0 < bound ? 1 : 0) + (k1 < bound ? 1 : 0) + (k2 < bound ? 1 : 0) + (k3 < bound ? 1 : 0);
            int place = length + PrefixSum(places, t, hits, out int all);
            Put(list, ref place, k0, bound);
            Put(list, ref place, k1, bound);
            Put(list, ref place, k2, bound);
            Put(list, ref place, k3, bound);
            length += all;
            Group.Barrier();
            if (length > MaxCount || start + Step >= m)
            {
                Sort(list, t, length);
                length = length < count ? length : count;
                bound = length == count ? list[count - 1] : bound;
                Group.Barrier();
            }
        }
        for (int e = t; e < count; e += TileGeometry.Threads)
            selected[(long)Grid.IdxX * count + e] = list[e];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong KeyAt<TRow>(TRow row, int j, int m)
        where TRow : struct, IKeyRow
    {
        ulong key = ulong.MaxValue;
        if (j < m)
            key = row[j];
        return key;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(ArrayView<ulong> list, ref int place, ulong key, ulong bound)
    {
        if (key < bound)
        {
            list[place] = key;
            place++;
        }
    }

    // The sum of the hits of the threads before this one (Hillis and Steele 1986), and of all. Two buffers, one barrier a step.
    private static int PrefixSum(ArrayView<int> places, int t, int hits, out int all)
    {
        int sum = hits, buffer = 0;
        places[t] = sum;
        Group.Barrier();
        for (int distance = 1; distance < TileGeometry.Threads; distance <<= 1)
        {
            if (t >= distance)
                sum += places[buffer + t - distance];
            buffer = TileGeometry.Threads - buffer;
            places[buffer + t] = sum;
            Group.Barrier();
        }
        all = places[buffer + TileGeometry.Threads - 1];
        Group.Barrier();
        return sum - hits;
    }

    // Sorts list[0 .. length - 1] ascending, filled up to a power of two with keys above all others. Ends with a barrier.
    private static void Sort(ArrayView<ulong> list, int t, int length)
    {
        int size = 2;
        while (size < length)
            size <<= 1;
        for (int e = length + t; e < size; e += TileGeometry.Threads)
            list[e] = ulong.MaxValue;
        Group.Barrier();
        for (int run = 2; run <= size; run <<= 1)
        {
            for (int stride = (int)((uint)run >> 1); stride > 0; stride = (int)((uint)stride >> 1))
            {
                for (int e = t; e < size; e += TileGeometry.Threads)
                {
                    int partner = e ^ stride;
                    if (partner > e)
                    {
                        ulong low = list[e], high = list[partner];
                        bool exchange = (e & run) == 0 ? low > high : low < high;
                        if (exchange)
                        {
                            list[e] = high;
                            list[partner] = low;
                        }
                    }
                }
                Group.Barrier();
            }
        }
    }
}
