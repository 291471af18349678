using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// For each point, whom a round joins: a random part of its neighbours and of those whose neighbour it is, fresh ones and used ones apart. An edge has one random number in a round;
/// a list holds the c edges with the smallest, and so does not depend on the order in which they come.
/// </summary>
internal sealed unsafe class JoinCandidates : IDisposable
{
    private const long None = long.MaxValue;

    private readonly NeighborGraph _graph;
    private readonly int _count;
    private readonly long* _fresh, _used;
    private readonly PointLocks _locks = new();

    /// <param name="graph">The lists of neighbours.</param>
    /// <param name="count">c, a multiple of 8.</param>
    public JoinCandidates(NeighborGraph graph, int count)
    {
        (_graph, _count) = (graph, count);
        _fresh = CpuMemory.Allocate<long>((long)graph.Points * count);
        _used = CpuMemory.Allocate<long>((long)graph.Points * count);
    }

    /// <summary>Draws the lists of a round, and marks the fresh neighbours that got into the list of their own point as used.</summary>
    public void Draw(Workers workers, ulong key, CancellationToken cancellationToken)
    {
        int n = _graph.Points, length = _graph.Length;
        long work = (long)n * length * 16;
        workers.Rows(n, 1024, work, (start, end) =>
        {
            new Span<long>(_fresh + ((nint)start * _count), (end - start) * _count).Fill(None);
            new Span<long>(_used + ((nint)start * _count), (end - start) * _count).Fill(None);
        });
        workers.Rows(n, 1024, work, (start, end) =>
        {
            if (cancellationToken.IsCancellationRequested)
                return;
            for (int i = start; i < end; i++)
            {
                long* entries = _graph.Row(i);
                for (int e = 0; e < length; e++)
                {
                    int j = NeighborGraph.Position(entries[e]);
                    long* lists = NeighborGraph.IsFresh(entries[e]) ? _fresh : _used;
                    long drawn = Draw(i, j, key);
                    Offer(lists, i, drawn | (long)j);
                    Offer(lists, j, drawn | (long)i);
                }
            }
        });
        workers.Rows(n, 1024, work, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                long* entries = _graph.Row(i);
                long last = _fresh[((nint)i * _count) + _count - 1];
                for (int e = 0; e < length; e++)
                {
                    int j = NeighborGraph.Position(entries[e]);
                    if (NeighborGraph.IsFresh(entries[e]) && (Draw(i, j, key) | (long)j) <= last)
                        entries[e] &= ~1L;
                }
            }
        });
    }

    /// <summary>Copies the candidates of a point, fresh ones first, and returns how many are fresh and how many there are.</summary>
    public (int Fresh, int Total) CopyTo(int point, int* who)
    {
        int fresh = 0;
        for (long* from = _fresh + ((nint)point * _count); fresh < _count && from[fresh] != None; fresh++)
            who[fresh] = (int)(uint)from[fresh];
        int total = fresh;
        long* used = _used + ((nint)point * _count);
        for (int e = 0; e < _count && used[e] != None; e++)
            who[total++] = (int)(uint)used[e];
        return (fresh, total);
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_fresh);
        NativeMemory.AlignedFree(_used);
        _locks.Dispose();
    }

    // The random number of an edge in the high half, the same seen from both ends (the finaliser of SplitMix64: Steele, Lea and Flood 2014).
    private static long Draw(int i, int j, ulong key)
    {
        ulong z = (((ulong)(uint)Math.Min(i, j) << 32) | (uint)Math.Max(i, j)) ^ key;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (long)((z ^ (z >> 31)) & 0x7FFFFFFF00000000);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Offer(long* lists, int point, long candidate)
    {
        long* list = lists + ((nint)point * _count);
        // The last one only falls, so what is not below it now will never be.
        if (candidate >= Volatile.Read(ref list[_count - 1]))
            return;
        _locks.Enter(point);
        var limit = new Vector<long>(candidate);
        Vector<long> below = Vector<long>.Zero;
        for (int e = 0; e < _count; e += Vector<long>.Count)
            below -= Vector.LessThan(*(Vector<long>*)(list + e), limit);
        int at = (int)Vector.Sum(below);
        if (at < _count && list[at] != candidate)
        {
            new ReadOnlySpan<long>(list + at, _count - 1 - at).CopyTo(new Span<long>(list + at + 1, _count - 1 - at));
            list[at] = candidate;
        }
        _locks.Exit(point);
    }
}
