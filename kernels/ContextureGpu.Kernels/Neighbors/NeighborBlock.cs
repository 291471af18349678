using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Searches the tree for a block of queries that are near each other. A query starts in its home leaf, where the k-th smallest score gives a first limit. Then nodes are visited
/// nearest first; a node is left out if its box is farther from the box of the block than every query's limit, a leaf for those queries whose limit its box exceeds. For the
/// others the scores of the leaf are computed in float32, 6 queries by 2 vectors of points in registers, and compared with the limits there. What passes is kept with a bound
/// that its distance does not exceed; the k-th smallest of these bounds is a new limit. What is left at the end, little more than k points, is ranked by distances in float64.
/// So nothing is decided in float32 but that a point is farther than k others.
/// </summary>
internal sealed unsafe class NeighborBlock<TDistance, TVector, TLanes> : IDisposable
    where TDistance : struct, IScreenedDistance
    where TVector : unmanaged
    where TLanes : struct, IFloatLanes<TVector>
{
    /// <summary>Queries in a block.</summary>
    public const int Queries = 96;

    private const int Rows = 6, MergeFrom = 64, MostHits = 1600;

    private readonly NeighborTree _tree;
    private readonly NeighborTask _task;
    private readonly CancellationToken _cancellationToken;
    private readonly int _d, _pitch, _k, _enough, _capacity, _strip;
    private readonly RoundingErrors _errors;
    private readonly double _growth, _lost, _overflow;

    // By query of the block: where it is, how far a neighbour can be, and what has passed: positions and bounds of the distances, slack of the bounds, points held in the results.
    private readonly double* _points, _lower, _upper, _limits;
    private readonly int* _hits, _hitCounts, _held, _query, _home;
    private readonly float* _bounds, _slack, _largest;

    // By row: the queries that look at the leaf in question.
    private readonly float* _rows, _rowLimits, _rowOffsets, _rowSlack, _scores;
    private readonly double* _rowSizes;
    private readonly int* _rowQuery;

    private readonly double[] _batchDistances, _mergedDistances;
    private readonly int[] _batchIndices, _mergedIndices;
    private double _farthest;
    private int _count;

    public NeighborBlock(NeighborTree tree, NeighborTask task, CancellationToken cancellationToken)
    {
        (_tree, _task, _cancellationToken) = (tree, task, cancellationToken);
        (_d, _pitch, _k, _strip) = (tree.Dimension, tree.Pitch, task.K, 2 * TLanes.Count);
        _enough = Math.Min(_k + Math.Max(_k / 2, 24), MostHits);
        _capacity = (_enough + (3 * _strip)) / TLanes.Count * TLanes.Count;
        _errors = new RoundingErrors(_d);
        _growth = 1 + _errors.Double;
        _lost = TDistance.Scaled(TDistance.Lost(_d), tree.Scale) + Math.ScaleB(1, -900);
        _overflow = TDistance.Scaled(1e307, tree.Scale);
        _points = CpuMemory.Allocate<double>((long)Queries * _pitch);
        _lower = CpuMemory.Allocate<double>(_pitch);
        _upper = CpuMemory.Allocate<double>(_pitch);
        _limits = CpuMemory.Allocate<double>(Queries);
        _hits = CpuMemory.Allocate<int>((long)Queries * _capacity);
        _bounds = CpuMemory.Allocate<float>((long)Queries * _capacity);
        _slack = CpuMemory.Allocate<float>(Queries);
        _largest = CpuMemory.Allocate<float>(Queries);
        _hitCounts = CpuMemory.Allocate<int>(Queries);
        _held = CpuMemory.Allocate<int>(Queries);
        _query = CpuMemory.Allocate<int>(Queries);
        _home = CpuMemory.Allocate<int>(Queries);
        _rows = CpuMemory.Allocate<float>((long)(Queries + Rows) * _pitch);
        _rowLimits = CpuMemory.Allocate<float>(Queries + Rows);
        _rowOffsets = CpuMemory.Allocate<float>(Queries + Rows);
        _rowSlack = CpuMemory.Allocate<float>(Queries + Rows);
        _rowSizes = CpuMemory.Allocate<double>(Queries + Rows);
        _rowQuery = CpuMemory.Allocate<int>(Queries + Rows);
        _scores = CpuMemory.Allocate<float>(tree.LeafSize);
        new Span<double>(_points, Queries * _pitch).Clear();
        new Span<float>(_rows, (Queries + Rows) * _pitch).Clear();
        int merged = _k > MergeFrom ? _k : 0;
        (_batchDistances, _batchIndices, _mergedDistances, _mergedIndices) = (new double[_capacity], new int[_capacity], new double[merged], new int[merged]);
    }

    /// <summary>Searches for the queries at places <paramref name="first"/> .. of the order, at most <see cref="Queries"/>.</summary>
    public void Search(int first, int count)
    {
        _count = count;
        Load(first);
        for (int q = 0; q < count; q++)
        {
            SearchHome(q);
            Thin(q);
        }
        FindFarthest();
        Visit(0);
        for (int q = 0; q < count; q++)
        {
            Thin(q);
            Settle(q);
        }
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_points);
        NativeMemory.AlignedFree(_lower);
        NativeMemory.AlignedFree(_upper);
        NativeMemory.AlignedFree(_limits);
        NativeMemory.AlignedFree(_hits);
        NativeMemory.AlignedFree(_bounds);
        NativeMemory.AlignedFree(_slack);
        NativeMemory.AlignedFree(_largest);
        NativeMemory.AlignedFree(_hitCounts);
        NativeMemory.AlignedFree(_held);
        NativeMemory.AlignedFree(_query);
        NativeMemory.AlignedFree(_home);
        NativeMemory.AlignedFree(_rows);
        NativeMemory.AlignedFree(_rowLimits);
        NativeMemory.AlignedFree(_rowOffsets);
        NativeMemory.AlignedFree(_rowSlack);
        NativeMemory.AlignedFree(_rowSizes);
        NativeMemory.AlignedFree(_rowQuery);
        NativeMemory.AlignedFree(_scores);
    }

    private void Load(int first)
    {
        new Span<double>(_lower, _pitch).Clear();
        new Span<double>(_upper, _pitch).Clear();
        new Span<double>(_lower, _d).Fill(double.PositiveInfinity);
        new Span<double>(_upper, _d).Fill(double.NegativeInfinity);
        for (int q = 0; q < _count; q++)
        {
            _query[q] = _task.Order[first + q];
            _home[q] = _task.Homes[_query[q]];
            double* source = _task.X + ((nint)_query[q] * _d), target = _points + ((nint)q * _pitch);
            for (int f = 0; f < _d; f++)
            {
                double value = source[f] * _tree.Scale;
                target[f] = value;
                _lower[f] = Math.Min(_lower[f], value);
                _upper[f] = Math.Max(_upper[f], value);
            }
            _limits[q] = double.PositiveInfinity;
            _hitCounts[q] = _held[q] = 0;
            _slack[q] = _largest[q] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SearchHome(int q)
    {
        int leaf = _home[q], points = _tree.PointsOf(leaf), first = leaf * _tree.LeafSize;
        AddRow(0, q, leaf);
        Score(leaf, points);
        double size = _rowSizes[0], error = TDistance.ScoreError(size, _tree.Radii[leaf], _errors);
        if (points > _k)
        {
            float low = (float)(TDistance.SmallestScore(size) - error), high = RoundingErrors.Up(TDistance.LargestScore(size, _tree.Radii[leaf]) + error);
            Lower(q, TDistance.Upper(Quantile(_scores, points, low, high), _rowOffsets[0]));
        }
        float limit = RoundingErrors.Up(TDistance.ScoreLimit(_limits[q], size, error, _errors));
        _slack[q] = _rowSlack[0];
        TVector all = TLanes.Broadcast(limit);
        for (int p = 0; p < points; p += TLanes.Count)
        {
            for (uint hits = TLanes.AtMost(TLanes.Load(_scores + p), all); hits != 0; hits &= hits - 1)
            {
                int at = p + BitOperations.TrailingZeroCount(hits);
                Keep(q, first + at, TDistance.Upper(_scores[at], _rowOffsets[0]));
            }
            if (_hitCounts[q] > _capacity - (2 * TLanes.Count))
                Thin(q);
        }
    }

    // Makes a query a row, relative to the centre of a leaf.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddRow(int row, int q, int leaf)
    {
        double size = Center(q, leaf, row), error = TDistance.ScoreError(size, _tree.Radii[leaf], _errors);
        _rowSizes[row] = size;
        _rowOffsets[row] = RoundingErrors.Up(TDistance.UpperOffset(size, error, _errors));
        _rowSlack[row] = RoundingErrors.Up(TDistance.UpperSlack(size, error, _errors));
        _rowLimits[row] = RoundingErrors.Up(TDistance.ScoreLimit(_limits[q], size, error, _errors));
        _rowQuery[row] = q;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Keep(int q, int position, float bound)
    {
        nint at = ((nint)q * _capacity) + _hitCounts[q]++;
        _hits[at] = position;
        _bounds[at] = bound;
        if (bound > _largest[q])
            _largest[q] = bound;
    }

    // The scores of the query in row 0.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Score(int leaf, int points)
    {
        float* y = _tree.Packed + (leaf * _tree.LeafStride), x = _rows;
        int lanes = TLanes.Count;
        for (int left = 0; left < points; left += _strip)
        {
            TVector first = TLanes.Load(y), second = TLanes.Load(y + lanes);
            y += _strip;
            for (int f = 0; f < _d; f++, y += _strip)
            {
                TVector query = TLanes.Broadcast(x[f]);
                first = TDistance.AddScore<TVector, TLanes>(query, TLanes.Load(y), first);
                second = TDistance.AddScore<TVector, TLanes>(query, TLanes.Load(y + lanes), second);
            }
            TLanes.Store(first, _scores + left);
            TLanes.Store(second, _scores + left + lanes);
        }
    }

    // A value that at least k of the count values do not exceed, and not many more than k; all lie in low .. high. Values up to a whole vector are NaN.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Quantile(float* values, int count, float low, float high)
    {
        int enough = _k + (_k / 8) + 2;
        for (int step = 0; step < 20 && count > enough; step++)
        {
            float middle = low + (0.5f * (high - low));
            int below = 0;
            TVector limit = TLanes.Broadcast(middle);
            for (int e = 0; e < count; e += TLanes.Count)
                below += BitOperations.PopCount(TLanes.AtMost(TLanes.Load(values + e), limit));
            if (below < _k)
            {
                low = middle;
                continue;
            }
            high = middle;
            if (below <= enough)
                break;
        }
        return high;
    }

    private void Visit(int node)
    {
        if (_cancellationToken.IsCancellationRequested)
            return;
        if (_tree.IsLeaf(node))
        {
            Screen(_tree.FirstLeaf(node), node);
            return;
        }
        int near = node + 1, far = _tree.Right(node);
        double nearGap = Gap(near), farGap = Gap(far);
        if (farGap < nearGap || (farGap == nearGap && _home[0] >= _tree.FirstLeaf(far)))
            (near, far, nearGap, farGap) = (far, near, farGap, nearGap);
        if (nearGap <= _farthest)
            Visit(near);
        if (farGap <= _farthest)
            Visit(far);
    }

    // A lower bound of the distance between the block and a node.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Gap(int node)
    {
        nint box = (nint)node * _pitch;
        Vector<double> sum = default;
        for (int f = 0; f < _pitch; f += Vector<double>.Count)
        {
            Vector<double> below = *(Vector<double>*)(_tree.Lower + box + f) - *(Vector<double>*)(_upper + f);
            Vector<double> above = *(Vector<double>*)(_lower + f) - *(Vector<double>*)(_tree.Upper + box + f);
            sum = TDistance.AddTerms(Vector.Max(Vector.Max(below, above), Vector<double>.Zero), sum);
        }
        return Vector.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Gap(double* point, double* lower, double* upper)
    {
        Vector<double> sum = default;
        for (int f = 0; f < _pitch; f += Vector<double>.Count)
        {
            Vector<double> value = *(Vector<double>*)(point + f);
            Vector<double> gap = Vector.Max(Vector.Max(*(Vector<double>*)(lower + f) - value, value - *(Vector<double>*)(upper + f)), Vector<double>.Zero);
            sum = TDistance.AddTerms(gap, sum);
        }
        return Vector.Sum(sum);
    }

    // Writes the query relative to the centre of a leaf, negated, as a row, and returns the sum of its terms.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Center(int q, int leaf, int row)
    {
        double* point = _points + ((nint)q * _pitch), center = _tree.Centers + ((nint)leaf * _pitch);
        float* to = _rows + ((nint)row * _pitch);
        Vector<double> sum = default;
        for (int f = 0; f < _pitch; f += Vector<float>.Count)
        {
            Vector<double> first = *(Vector<double>*)(center + f) - *(Vector<double>*)(point + f);
            Vector<double> second = *(Vector<double>*)(center + f + Vector<double>.Count) - *(Vector<double>*)(point + f + Vector<double>.Count);
            *(Vector<float>*)(to + f) = Vector.Narrow(first, second);
            sum = TDistance.AddTerms(second, TDistance.AddTerms(first, sum));
        }
        return Vector.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Screen(int leaf, int node)
    {
        double* lower = _tree.Lower + ((nint)node * _pitch), upper = _tree.Upper + ((nint)node * _pitch);
        int rows = 0;
        for (int q = 0; q < _count; q++)
        {
            if (_home[q] != leaf && Gap(_points + ((nint)q * _pitch), lower, upper) <= _limits[q])
                AddRow(rows++, q, leaf);
        }
        if (rows == 0)
            return;
        for (int r = rows; r < rows + Rows; r++)
            _rowLimits[r] = float.NaN;
        float* strip = _tree.Packed + (leaf * _tree.LeafStride);
        int first = leaf * _tree.LeafSize, points = _tree.PointsOf(leaf);
        for (int left = 0; left < points; left += _strip, strip += (nint)(_d + 1) * _strip)
        {
            for (int row = 0; row < rows; row += Rows)
                ScreenStrip(row, strip, first + left, leaf);
        }
        bool lowered = false;
        for (int r = 0; r < rows; r++)
        {
            if (_hitCounts[_rowQuery[r]] < _enough)
                continue;
            Thin(_rowQuery[r]);
            lowered = true;
        }
        if (lowered)
            FindFarthest();
    }

    // 6 queries against 2 vectors of points.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ScreenStrip(int row, float* y, int position, int leaf)
    {
        nint pitch = _pitch;
        int lanes = TLanes.Count, dimension = _d;
        float* x0 = _rows + (row * pitch), x3 = x0 + (3 * pitch);
        TVector start0 = TLanes.Load(y), start1 = TLanes.Load(y + lanes);
        TVector c00 = start0, c01 = start1, c10 = start0, c11 = start1, c20 = start0, c21 = start1;
        TVector c30 = start0, c31 = start1, c40 = start0, c41 = start1, c50 = start0, c51 = start1;
        for (int f = 0; f < dimension; f++)
        {
            y += 2 * lanes;
            TVector y0 = TLanes.Load(y), y1 = TLanes.Load(y + lanes);
            TVector x = TLanes.Broadcast(x0[0]);
            c00 = TDistance.AddScore<TVector, TLanes>(x, y0, c00);
            c01 = TDistance.AddScore<TVector, TLanes>(x, y1, c01);
            x = TLanes.Broadcast(x0[pitch]);
            c10 = TDistance.AddScore<TVector, TLanes>(x, y0, c10);
            c11 = TDistance.AddScore<TVector, TLanes>(x, y1, c11);
            x = TLanes.Broadcast(x0[2 * pitch]);
            c20 = TDistance.AddScore<TVector, TLanes>(x, y0, c20);
            c21 = TDistance.AddScore<TVector, TLanes>(x, y1, c21);
            x = TLanes.Broadcast(x3[0]);
            c30 = TDistance.AddScore<TVector, TLanes>(x, y0, c30);
            c31 = TDistance.AddScore<TVector, TLanes>(x, y1, c31);
            x = TLanes.Broadcast(x3[pitch]);
            c40 = TDistance.AddScore<TVector, TLanes>(x, y0, c40);
            c41 = TDistance.AddScore<TVector, TLanes>(x, y1, c41);
            x = TLanes.Broadcast(x3[2 * pitch]);
            c50 = TDistance.AddScore<TVector, TLanes>(x, y0, c50);
            c51 = TDistance.AddScore<TVector, TLanes>(x, y1, c51);
            x0++;
            x3++;
        }
        float* limits = _rowLimits + row;
        uint hits0 = Hits(c00, c01, limits[0]), hits1 = Hits(c10, c11, limits[1]), hits2 = Hits(c20, c21, limits[2]);
        uint hits3 = Hits(c30, c31, limits[3]), hits4 = Hits(c40, c41, limits[4]), hits5 = Hits(c50, c51, limits[5]);
        if ((hits0 | hits1 | hits2 | hits3 | hits4 | hits5) == 0)
            return;
        Take(row, hits0, c00, c01, position, leaf);
        Take(row + 1, hits1, c10, c11, position, leaf);
        Take(row + 2, hits2, c20, c21, position, leaf);
        Take(row + 3, hits3, c30, c31, position, leaf);
        Take(row + 4, hits4, c40, c41, position, leaf);
        Take(row + 5, hits5, c50, c51, position, leaf);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hits(TVector first, TVector second, float limit)
    {
        TVector all = TLanes.Broadcast(limit);
        return TLanes.AtMost(first, all) | (TLanes.AtMost(second, all) << TLanes.Count);
    }

    private void Take(int row, uint hits, TVector first, TVector second, int position, int leaf)
    {
        if (hits == 0)
            return;
        int q = _rowQuery[row];
        float* scores = stackalloc float[2 * TLanes.Count];
        TLanes.Store(first, scores);
        TLanes.Store(second, scores + TLanes.Count);
        _slack[q] = Math.Max(_slack[q], _rowSlack[row]);
        for (; hits != 0; hits &= hits - 1)
        {
            int lane = BitOperations.TrailingZeroCount(hits);
            Keep(q, position + lane, TDistance.Upper(scores[lane], _rowOffsets[row]));
        }
        if (_hitCounts[q] <= _capacity - TLanes.Count - _strip)
            return;
        Thin(q);
        double size = _rowSizes[row];
        _rowLimits[row] = RoundingErrors.Up(TDistance.ScoreLimit(_limits[q], size, TDistance.ScoreError(size, _tree.Radii[leaf], _errors), _errors));
    }

    private void FindFarthest()
    {
        double farthest = 0;
        for (int q = 0; q < _count; q++)
            farthest = Math.Max(farthest, _limits[q]);
        _farthest = farthest;
    }

    // Lowers the limit to the k-th smallest bound and drops what is beyond it. Where too much is left, as among many equal points, distances in float64 decide.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Thin(int q)
    {
        int count = _hitCounts[q], kept = 0;
        float* bounds = _bounds + ((nint)q * _capacity);
        int* hits = _hits + ((nint)q * _capacity);
        if (count >= _k)
        {
            for (int e = count; e < count + TLanes.Count; e++)
                bounds[e] = float.NaN;
            Lower(q, Quantile(bounds, count, 0, _largest[q]));
        }
        float cut = RoundingErrors.Up((_limits[q] + _slack[q]) * (1 + (1.0 / (1 << 20))));
        _largest[q] = Math.Min(_largest[q], cut);
        for (int e = 0; e < count; e++)
        {
            (hits[kept], bounds[kept]) = (hits[e], bounds[e]);
            kept += bounds[e] <= cut ? 1 : 0;
        }
        _hitCounts[q] = kept;
        if (kept >= _enough)
            Settle(q);
    }

    // The scaled distance of k points is at most this, so that of a neighbour is, up to what float64 loses. Where distances overflow, all are alike.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Lower(int q, double scaled)
    {
        if (scaled < _overflow)
            _limits[q] = Math.Min(_limits[q], (scaled * _growth) + _lost);
    }

    // Ranks what has passed since the last time.
    private void Settle(int q)
    {
        int hits = _hitCounts[q];
        if (hits == 0)
            return;
        _hitCounts[q] = 0;
        double* x = _task.X + ((nint)_query[q] * _d);
        nint row = (nint)_query[q] * _k;
        Span<int> indices = new(_task.Indices + row, _k);
        Span<double> distances = new(_task.Distances + row, _k);
        ReadOnlySpan<int> positions = new(_hits + ((nint)q * _capacity), hits);
        _held[q] = _k <= MergeFrom ? Insert(x, positions, indices, distances, _held[q]) : Merge(x, positions, indices, distances, _held[q]);
        if (_held[q] == _k)
            Lower(q, TDistance.Scaled(distances[_k - 1], _tree.Scale));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Insert(double* x, ReadOnlySpan<int> positions, Span<int> indices, Span<double> distances, int held)
    {
        Measure(x, positions);
        for (int e = 0; e < positions.Length; e++)
            held = ExactRanking.Insert(_tree.Order[positions[e]], _batchDistances[e], indices, distances, held);
        return held;
    }

    // The distances of some points. Four sums at a time, each in the order of the features.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Measure(double* x, ReadOnlySpan<int> positions)
    {
        double* points = _tree.Ordered;
        int dimension = _d, e = 0;
        for (; e + 4 <= positions.Length; e += 4)
        {
            double* a = points + ((nint)positions[e] * dimension), b = points + ((nint)positions[e + 1] * dimension);
            double* c = points + ((nint)positions[e + 2] * dimension), d = points + ((nint)positions[e + 3] * dimension);
            double toA = 0, toB = 0, toC = 0, toD = 0;
            for (int f = 0; f < dimension; f++)
            {
                double own = x[f];
                toA = TDistance.AddTerm(own - a[f], toA);
                toB = TDistance.AddTerm(own - b[f], toB);
                toC = TDistance.AddTerm(own - c[f], toC);
                toD = TDistance.AddTerm(own - d[f], toD);
            }
            (_batchDistances[e], _batchDistances[e + 1], _batchDistances[e + 2], _batchDistances[e + 3]) = (toA, toB, toC, toD);
        }
        for (; e < positions.Length; e++)
            _batchDistances[e] = TDistance.Exact(x, points + ((nint)positions[e] * dimension), dimension);
    }

    private int Merge(double* x, ReadOnlySpan<int> positions, Span<int> indices, Span<double> distances, int held)
    {
        Measure(x, positions);
        int count = 0;
        for (int e = 0; e < positions.Length; e++)
        {
            int index = _tree.Order[positions[e]];
            if (held == _k && !ExactRanking.Before(_batchDistances[e], index, distances[_k - 1], indices[_k - 1]))
                continue;
            (_batchDistances[count], _batchIndices[count++]) = (_batchDistances[e], index);
        }
        return ExactRanking.Merge(
            _batchDistances.AsSpan(0, count), _batchIndices.AsSpan(0, count), indices, distances, held, _mergedIndices, _mergedDistances);
    }
}
