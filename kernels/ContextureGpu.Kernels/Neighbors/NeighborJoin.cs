using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Offers to each other the points of a short list: all pairs with at least one of the first ones, by distances in float32. The points are copied into a tile with a row for each
/// feature, so that a vector holds as many points; 4 of them by 2 vectors are in registers at a time. What no list can take is rejected by two compares a vector.
/// </summary>
internal sealed unsafe class NeighborJoin<TDistance, TVector, TLanes> : IDisposable
    where TDistance : struct, IPairDistance
    where TVector : unmanaged
    where TLanes : struct, IFloatLanes<TVector>
{
    private const int Rows = 4;

    /// <summary>Pairs that a thread remembers having offered; those of the next point are often the same.</summary>
    private const int Remembered = 1 << 15;

    private readonly NeighborGraph _graph;
    private readonly float* _points;
    private readonly int _d, _pitch, _leading, _strip = 2 * TLanes.Count;
    private readonly float* _tile, _starts, _limits, _found;
    private readonly int* _who;
    private readonly ulong* _offered;

    /// <param name="graph">The lists.</param>
    /// <param name="points">Coordinates, (n, pitch).</param>
    /// <param name="dimension">d.</param>
    /// <param name="pitch">From one point to the next.</param>
    /// <param name="capacity">Points in the longest list.</param>
    public NeighborJoin(NeighborGraph graph, float* points, int dimension, int pitch, int capacity)
    {
        (_graph, _d, _pitch) = (graph, dimension, pitch);
        _points = points;
        // Not a multiple of 4096 bytes, lest the rows of the tile compete for the same lines of the cache.
        _leading = ((capacity + _strip - 1) / _strip * _strip) + _strip;
        if (_leading % 64 == 0)
            _leading += TLanes.Count;
        _tile = CpuMemory.Allocate<float>((long)_leading * dimension);
        _starts = CpuMemory.Allocate<float>(_leading);
        _limits = CpuMemory.Allocate<float>(_leading);
        _found = CpuMemory.Allocate<float>(_strip);
        _who = CpuMemory.Allocate<int>(_leading);
        _offered = CpuMemory.Allocate<ulong>(Remembered);
        new Span<ulong>(_offered, Remembered).Clear();
    }

    /// <summary>The positions of the points to join, to be filled by the caller.</summary>
    public int* Who => _who;

    /// <summary>Joins the <paramref name="total"/> points of <see cref="Who"/>: pairs in which one is among the first <paramref name="first"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Join(int first, int total)
    {
        Load(total);
        int lanes = TLanes.Count;
        for (int row = 0; row < first; row += Rows)
        {
            int rows = Math.Min(Rows, first - row);
            for (int column = row / _strip * _strip; column < total; column += _strip)
            {
                TVector c00 = TLanes.Load(_starts + column), c01 = TLanes.Load(_starts + column + lanes);
                TVector c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
                float* left = _tile + row, right = _tile + column;
                for (int f = 0; f < _d; f++, left += _leading, right += _leading)
                {
                    TVector b0 = TLanes.Load(right), b1 = TLanes.Load(right + lanes), a = TLanes.Broadcast(left[0]);
                    c00 = TDistance.Add<TVector, TLanes>(a, b0, c00);
                    c01 = TDistance.Add<TVector, TLanes>(a, b1, c01);
                    a = TLanes.Broadcast(left[1]);
                    c10 = TDistance.Add<TVector, TLanes>(a, b0, c10);
                    c11 = TDistance.Add<TVector, TLanes>(a, b1, c11);
                    a = TLanes.Broadcast(left[2]);
                    c20 = TDistance.Add<TVector, TLanes>(a, b0, c20);
                    c21 = TDistance.Add<TVector, TLanes>(a, b1, c21);
                    a = TLanes.Broadcast(left[3]);
                    c30 = TDistance.Add<TVector, TLanes>(a, b0, c30);
                    c31 = TDistance.Add<TVector, TLanes>(a, b1, c31);
                }
                Take(row, column, c00, c01);
                if (rows > 1)
                    Take(row + 1, column, c10, c11);
                if (rows > 2)
                    Take(row + 2, column, c20, c21);
                if (rows > 3)
                    Take(row + 3, column, c30, c31);
            }
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_tile);
        NativeMemory.AlignedFree(_starts);
        NativeMemory.AlignedFree(_limits);
        NativeMemory.AlignedFree(_found);
        NativeMemory.AlignedFree(_who);
        NativeMemory.AlignedFree(_offered);
    }

    // Columns behind the last point start from NaN, and so are near nobody.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Load(int total)
    {
        int padded = (total + _strip - 1) / _strip * _strip;
        for (int l = total; l < padded + Rows && l < _leading; l++)
            _who[l] = _who[0];
        for (int l = 0; l < padded; l += 4)
        {
            float* p0 = Point(l), p1 = Point(l + 1), p2 = Point(l + 2), p3 = Point(l + 3), to = _tile + l;
            for (int f = 0; f < _d; f++, to += _leading)
                Vector128.Create(p0[f], p1[f], p2[f], p3[f]).Store(to);
        }
        for (int l = 0; l < padded; l++)
        {
            _starts[l] = l < total ? 0 : float.NaN;
            _limits[l] = l < total ? _graph.Limits[_who[l]] : float.NaN;
        }
    }

    private float* Point(int l) => _points + ((nint)_who[l] * _pitch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Take(int row, int column, TVector first, TVector second)
    {
        TVector own = TLanes.Broadcast(_limits[row]);
        ulong near = TLanes.AtMost(first, own) | TLanes.AtMost(first, TLanes.Load(_limits + column));
        near |= (ulong)(TLanes.AtMost(second, own) | TLanes.AtMost(second, TLanes.Load(_limits + column + TLanes.Count))) << TLanes.Count;
        // Each pair once.
        if (row >= column)
            near &= ~0ul << (row - column + 1);
        if (near == 0)
            return;
        TLanes.Store(first, _found);
        TLanes.Store(second, _found + TLanes.Count);
        Offer(row, column, near);
    }

    private void Offer(int row, int column, ulong near)
    {
        int a = _who[row];
        for (; near != 0; near &= near - 1)
        {
            int at = BitOperations.TrailingZeroCount(near), b = _who[column + at];
            float distance = _found[at];
            ulong pair = a < b ? ((ulong)(uint)a << 32) | (uint)b : ((ulong)(uint)b << 32) | (uint)a;
            ref ulong last = ref _offered[(pair * 0x9E3779B97F4A7C15) >> (64 - 15)];
            if (a == b || last == pair)
                continue;
            last = pair;
            if (distance <= _graph.Limits[a])
                _graph.Offer(a, b, distance);
            if (distance <= _graph.Limits[b])
                _graph.Offer(b, a, distance);
        }
    }
}
