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

    private const int PerThread = 4;
    private const int Step = TileGeometry.Threads * PerThread;
    private const int Capacity = 2048;

    /// <summary>The kernel: group g takes row g. Needs <c>1 &lt;= count &lt;= min(M, MaxCount)</c>.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Select(ArrayView<float> distances, ArrayView<ulong> selected, int m, int count)
    {
        ArrayView<ulong> list = SharedMemory.Allocate<ulong>(Capacity);
        ArrayView<int> places = SharedMemory.Allocate<int>(2 * TileGeometry.Threads);
        int t = Group.IdxX, length = 0;
        long row = (long)Grid.IdxX * m;
        ulong bound = ulong.MaxValue;
        for (int start = 0; start < m; start += Step)
        {
            int hits = 0;
            for (int e = 0; e < PerThread; e++)
            {
                int j = start + e * TileGeometry.Threads + t;
                if (j < m)
                {
                    if (Key(distances[row + j], j) < bound)
                        hits++;
                }
            }
            int place = length + PrefixSum(places, t, hits, out int all);
            for (int e = 0; e < PerThread; e++)
            {
                int j = start + e * TileGeometry.Threads + t;
                if (j < m)
                {
                    ulong key = Key(distances[row + j], j);
                    if (key < bound)
                    {
                        list[place] = key;
                        place++;
                    }
                }
            }
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

    private static ulong Key(float distance, int column) => ((ulong)Interop.FloatAsInt(distance) << 32) | (uint)column;

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
