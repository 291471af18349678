using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// A balanced k-d tree (Friedman, Bentley and Finkel, ACM TOMS 3(3), 1977) over the points that are searched. All leaves but the last are full, so leaf l holds the positions
/// <c>l LeafSize ..</c> of an order of the points, and a node is a range of leaves: the left child of node v is v + 1, the right one v + 2 (leaves on the left). Each node has the
/// box of its points; a leaf has them also in float32 relative to its centre, in strips for the screening kernels.
/// </summary>
internal sealed unsafe class NeighborTree : IDisposable
{
    private const int Sampled = 256;

    private readonly int[] _first, _leaves, _splitFeature, _nodeOfLeaf;
    private readonly double[] _split;

    /// <summary>Builds the tree over y, row-major (<paramref name="points"/>, <paramref name="dimension"/>), finite.</summary>
    /// <param name="workers">Threads.</param>
    /// <param name="y">The points.</param>
    /// <param name="points">Their number, at least 1.</param>
    /// <param name="dimension">d.</param>
    /// <param name="leafSize">Points in a leaf, a multiple of 32.</param>
    /// <param name="scale">A power of two that brings all coordinates, of queries too, to at most 1 where float64 allows.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public NeighborTree(Workers workers, double* y, int points, int dimension, int leafSize, double scale, CancellationToken cancellationToken)
    {
        (Points, Dimension, LeafSize, Scale) = (points, dimension, leafSize, scale);
        Pitch = (dimension + Vector<float>.Count - 1) / Vector<float>.Count * Vector<float>.Count;
        Leaves = (points + leafSize - 1) / leafSize;
        int nodes = (2 * Leaves) - 1;
        (_first, _leaves, _splitFeature, _split, _nodeOfLeaf) = (new int[nodes], new int[nodes], new int[nodes], new double[nodes], new int[Leaves]);
        Order = CpuMemory.Allocate<int>(points);
        Ordered = CpuMemory.Allocate<double>((long)points * dimension);
        Lower = CpuMemory.Allocate<double>((long)nodes * Pitch);
        Upper = CpuMemory.Allocate<double>((long)nodes * Pitch);
        Centers = CpuMemory.Allocate<double>((long)Leaves * Pitch);
        Radii = CpuMemory.Allocate<double>(Leaves);
        Packed = CpuMemory.Allocate<float>(Leaves * LeafStride);
        Arrange(workers, y, cancellationToken);
    }

    /// <summary>Points in all.</summary>
    public int Points { get; }

    /// <summary>d.</summary>
    public int Dimension { get; }

    /// <summary>From one row of boxes, centres and centred queries to the next: d rounded up to whole vectors, filled with zeros.</summary>
    public int Pitch { get; }

    /// <summary>Points in a full leaf.</summary>
    public int LeafSize { get; }

    /// <summary>Number of leaves.</summary>
    public int Leaves { get; }

    /// <summary>Factor of all coordinates but those of <see cref="Ordered"/>.</summary>
    public double Scale { get; }

    /// <summary>The point at each position.</summary>
    public int* Order { get; private set; }

    /// <summary>The points in this order, not scaled, (points, d).</summary>
    public double* Ordered { get; private set; }

    /// <summary>Least coordinates of each node, (nodes, pitch).</summary>
    public double* Lower { get; private set; }

    /// <summary>Greatest coordinates of each node, (nodes, pitch).</summary>
    public double* Upper { get; private set; }

    /// <summary>Centre of each leaf's box, (leaves, pitch).</summary>
    public double* Centers { get; private set; }

    /// <summary>The largest sum of terms of a point relative to the centre, for each leaf.</summary>
    public double* Radii { get; private set; }

    /// <summary>The leaves in strips: for each strip the starts of the scores, then d rows of coordinates. Lanes without a point start from NaN.</summary>
    public float* Packed { get; private set; }

    /// <summary>Floats of a leaf in <see cref="Packed"/>.</summary>
    public nint LeafStride => (nint)LeafSize * (Dimension + 1);

    /// <summary>Points of a leaf.</summary>
    public int PointsOf(int leaf) => Math.Min(LeafSize, Points - (leaf * LeafSize));

    /// <summary>Whether the node is a leaf.</summary>
    public bool IsLeaf(int node) => _leaves[node] == 1;

    /// <summary>The first leaf of a node.</summary>
    public int FirstLeaf(int node) => _first[node];

    /// <summary>The node of a leaf.</summary>
    public int NodeOf(int leaf) => _nodeOfLeaf[leaf];

    /// <summary>The right child of a node that is no leaf; the left one is the next node.</summary>
    public int Right(int node) => node + (2 * LeavesOnTheLeft(_leaves[node]));

    /// <summary>The leaf on whose side of every split a point lies.</summary>
    public int Home(double* point)
    {
        int node = 0;
        while (!IsLeaf(node))
            node = point[_splitFeature[node]] < _split[node] ? node + 1 : Right(node);
        return _first[node];
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Order);
        NativeMemory.AlignedFree(Ordered);
        NativeMemory.AlignedFree(Lower);
        NativeMemory.AlignedFree(Upper);
        NativeMemory.AlignedFree(Centers);
        NativeMemory.AlignedFree(Radii);
        NativeMemory.AlignedFree(Packed);
        Order = null;
        Ordered = Lower = Upper = Centers = Radii = null;
        Packed = null;
    }

    /// <summary>Copies the points into the leaves.</summary>
    public void Pack<TDistance>(Workers workers, double* y, int strip)
        where TDistance : struct, IScreenedDistance
    {
        workers.Run(Leaves, (long)Points * Dimension * 8, leaf => PackLeaf<TDistance>(y, leaf, strip));
        for (int node = (2 * Leaves) - 2; node >= 0; node--)
        {
            if (IsLeaf(node))
                continue;
            nint own = (nint)node * Pitch, left = own + Pitch, right = (nint)Right(node) * Pitch;
            for (int f = 0; f < Pitch; f++)
            {
                Lower[own + f] = Math.Min(Lower[left + f], Lower[right + f]);
                Upper[own + f] = Math.Max(Upper[left + f], Upper[right + f]);
            }
        }
    }

    private static int LeavesOnTheLeft(int leaves) => (leaves + 1) / 2;

    private void Arrange(Workers workers, double* y, CancellationToken cancellationToken)
    {
        for (int i = 0; i < Points; i++)
            Order[i] = i;
        double* keys = CpuMemory.Allocate<double>(Points);
        var level = new List<int> { 0 };
        (_first[0], _leaves[0]) = (0, Leaves);
        while (level.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            var next = new List<int>();
            foreach (int node in level)
            {
                if (IsLeaf(node))
                {
                    _nodeOfLeaf[_first[node]] = node;
                    continue;
                }
                int left = LeavesOnTheLeft(_leaves[node]), right = Right(node);
                (_first[node + 1], _leaves[node + 1]) = (_first[node], left);
                (_first[right], _leaves[right]) = (_first[node] + left, _leaves[node] - left);
                next.Add(node + 1);
                next.Add(right);
            }
            List<int> split = level;
            workers.Run(split.Count, (long)Points * 16, i =>
            {
                if (!IsLeaf(split[i]) && !cancellationToken.IsCancellationRequested)
                    Split(y, split[i], keys);
            });
            level = next;
        }
        NativeMemory.AlignedFree(keys);
    }

    // Halves a node along the feature that varies most.
    private void Split(double* y, int node, double* keys)
    {
        int from = _first[node] * LeafSize, to = (int)Math.Min(Points, (_first[node] + (long)_leaves[node]) * LeafSize);
        int middle = (_first[node] + LeavesOnTheLeft(_leaves[node])) * LeafSize, feature = WidestFeature(y, from, to);
        double* column = y + feature;
        for (int i = from; i < to; i++)
            keys[i] = column[(nint)Order[i] * Dimension];
        Partition(keys, Order, from, to - 1, middle);
        _splitFeature[node] = feature;
        _split[node] = keys[middle] * Scale;
    }

    // By the variance of a sample spread evenly over the range.
    private int WidestFeature(double* y, int from, int to)
    {
        int count = Math.Min(Sampled, to - from), widest = 0;
        double most = -1;
        double[] sums = new double[Dimension], squares = new double[Dimension];
        for (int e = 0; e < count; e++)
        {
            double* row = y + ((nint)Order[from + (int)((long)e * (to - from) / count)] * Dimension), origin = y + ((nint)Order[from] * Dimension);
            for (int f = 0; f < Dimension; f++)
            {
                double value = (row[f] * Scale) - (origin[f] * Scale);
                sums[f] += value;
                squares[f] += value * value;
            }
        }
        for (int f = 0; f < Dimension; f++)
        {
            double variance = squares[f] - (sums[f] * sums[f] / count);
            if (variance > most)
                (most, widest) = (variance, f);
        }
        return widest;
    }

    // Hoare's selection: what is before the place is at most, what is behind at least the key there.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Partition<T>(T* keys, int* items, int low, int high, int place)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        while (low < high)
        {
            T a = keys[low], b = keys[low + ((high - low) >> 1)], c = keys[high];
            T pivot = T.Max(T.Min(a, b), T.Min(T.Max(a, b), c));
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
                    (items[i], items[j]) = (items[j], items[i]);
                    i++;
                    j--;
                }
            }
            if (place <= j)
                high = j;
            else if (place >= i)
                low = i;
            else
                return;
        }
    }

    private void PackLeaf<TDistance>(double* y, int leaf, int strip)
        where TDistance : struct, IScreenedDistance
    {
        int from = leaf * LeafSize, count = PointsOf(leaf);
        nint box = (nint)_nodeOfLeaf[leaf] * Pitch;
        double* lower = Lower + box, upper = Upper + box, center = Centers + ((nint)leaf * Pitch);
        for (int f = 0; f < Pitch; f++)
            (lower[f], upper[f], center[f]) = (f < Dimension ? double.PositiveInfinity : 0, f < Dimension ? double.NegativeInfinity : 0, 0);
        for (int i = 0; i < count; i++)
        {
            double* source = y + ((nint)Order[from + i] * Dimension), target = Ordered + ((nint)(from + i) * Dimension);
            for (int f = 0; f < Dimension; f++)
            {
                double value = source[f], scaled = value * Scale;
                target[f] = value;
                lower[f] = Math.Min(lower[f], scaled);
                upper[f] = Math.Max(upper[f], scaled);
            }
        }
        for (int f = 0; f < Dimension; f++)
            center[f] = 0.5 * (lower[f] + upper[f]);
        Radii[leaf] = PackStrips<TDistance>(leaf, count, strip, center);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double PackStrips<TDistance>(int leaf, int count, int strip, double* center)
        where TDistance : struct, IScreenedDistance
    {
        float* packed = Packed + (leaf * LeafStride);
        double* points = Ordered + ((nint)leaf * LeafSize * Dimension);
        double radius = 0;
        double* sizes = stackalloc double[strip];
        for (int left = 0; left < LeafSize; left += strip)
        {
            int filled = Math.Clamp(count - left, 0, strip);
            new Span<double>(sizes, strip).Clear();
            float* row = packed + strip;
            for (int f = 0; f < Dimension; f++, row += strip)
            {
                for (int l = 0; l < filled; l++)
                {
                    double value = (points[((nint)(left + l) * Dimension) + f] * Scale) - center[f];
                    row[l] = (float)value;
                    sizes[l] = TDistance.AddTerm(value, sizes[l]);
                }
                for (int l = filled; l < strip; l++)
                    row[l] = 0;
            }
            for (int l = 0; l < strip; l++)
            {
                packed[l] = l < filled ? TDistance.Start(sizes[l]) : float.NaN;
                radius = Math.Max(radius, sizes[l]);
            }
            packed = row;
        }
        return radius;
    }
}
