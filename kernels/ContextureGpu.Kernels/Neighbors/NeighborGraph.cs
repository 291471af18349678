using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// The nearest points found so far for each of n points: L entries ascending by (distance, position), none of them the point itself. Whatever the order in which pairs are
/// offered, and by how many threads, a list ends as the L smallest of all that were offered to it.
/// </summary>
/// <remarks>An entry is one number: the bits of the distance, which for positive float32 are ordered as the distances are, then 31 bits of position, then whether it is fresh.</remarks>
internal sealed unsafe class NeighborGraph : IDisposable
{
    private readonly int _length, _pitch;
    private readonly long* _entries;
    private readonly PointLocks _locks = new();

    /// <summary>Empty lists.</summary>
    /// <param name="workers">Threads.</param>
    /// <param name="points">n.</param>
    /// <param name="length">L, below n.</param>
    public NeighborGraph(Workers workers, int points, int length)
    {
        (Points, _length, _pitch) = (points, length, Pitch(length));
        _entries = CpuMemory.Allocate<long>((long)points * _pitch);
        Limits = CpuMemory.Allocate<float>(points);
        new Span<float>(Limits, points).Fill(float.PositiveInfinity);
        workers.Rows(points, 1024, (long)points * _pitch, (start, end) =>
        {
            for (int i = start; i < end; i++)
                new Span<long>(Row(i), _pitch).Fill(long.MaxValue - 1);
        });
    }

    /// <summary>n.</summary>
    public int Points { get; }

    /// <summary>L.</summary>
    public int Length => _length;

    /// <summary>The last distance of each list: nothing farther gets into it. It only falls.</summary>
    public float* Limits { get; private set; }

    /// <summary>Bytes for each point.</summary>
    public static int BytesPerPoint(int length) => (Pitch(length) * sizeof(long)) + sizeof(float);

    /// <summary>The list of a point, L entries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long* Row(int point) => _entries + ((nint)point * _pitch);

    /// <summary>The position in an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Position(long entry) => (int)((uint)entry >> 1);

    /// <summary>Whether no join has used an entry yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsFresh(long entry) => (entry & 1) != 0;

    /// <summary>Offers a point to the list of another. Safe from many threads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Offer(int point, int other, float distance)
    {
        long* row = Row(point);
        long entry = ((long)BitConverter.SingleToUInt32Bits(distance) << 32) | ((long)other << 1);
        int at = Below(row, entry);
        // Most offers are of pairs that were offered before.
        if (at == _length || (row[at] & ~1L) == entry)
            return;
        _locks.Enter(point);
        at = Below(row, entry);
        if (at < _length && (row[at] & ~1L) != entry)
        {
            new ReadOnlySpan<long>(row + at, _length - 1 - at).CopyTo(new Span<long>(row + at + 1, _length - 1 - at));
            row[at] = entry | 1;
            Limits[point] = BitConverter.UInt32BitsToSingle((uint)(row[_length - 1] >> 32)) is var last && float.IsNaN(last) ? float.PositiveInfinity : last;
        }
        _locks.Exit(point);
    }

    /// <summary>Entries that no join has used yet.</summary>
    public long CountFresh(Workers workers)
    {
        long fresh = 0;
        workers.Rows(Points, 1024, (long)Points * _length, (start, end) =>
        {
            long own = 0;
            for (int i = start; i < end; i++)
            {
                long* row = Row(i);
                for (int e = 0; e < _length; e++)
                    own += row[e] & 1;
            }
            Interlocked.Add(ref fresh, own);
        });
        return fresh;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_entries);
        NativeMemory.AlignedFree(Limits);
        _locks.Dispose();
        Limits = null;
    }

    // Whole vectors, and no line of the cache with two lists.
    private static int Pitch(int length) => (length + 7) / 8 * 8;

    // Entries before an entry that is not fresh; what pads a row is never before one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Below(long* row, long entry)
    {
        var limit = new Vector<long>(entry);
        Vector<long> count = Vector<long>.Zero;
        for (int e = 0; e < _pitch; e += Vector<long>.Count)
            count -= Vector.LessThan(*(Vector<long>*)(row + e), limit);
        return (int)Vector.Sum(count);
    }
}
