using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// A balanced random projection tree (Dasgupta and Freund, STOC 2008, with the split along the difference of two random points of the node, at the median): an order of the points in
/// which near ones tend to be in the same leaf. A pure function of points, seed and tree.
/// </summary>
internal sealed unsafe class ProjectionTree : IDisposable
{
    private readonly float* _points;
    private readonly int _d, _pitch;
    private readonly Philox _draws;

    /// <param name="workers">Threads.</param>
    /// <param name="points">Coordinates, (n, pitch).</param>
    /// <param name="count">n.</param>
    /// <param name="dimension">d.</param>
    /// <param name="pitch">From one point to the next.</param>
    /// <param name="largestLeaf">Points in a leaf at most; at least half as many are in it where there are as many.</param>
    /// <param name="draws">Randomness.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public ProjectionTree(Workers workers, float* points, int count, int dimension, int pitch, int largestLeaf, Philox draws, CancellationToken cancellationToken)
    {
        (_d, _pitch, _draws) = (dimension, pitch, draws);
        _points = points;
        Order = CpuMemory.Allocate<int>(count);
        for (int i = 0; i < count; i++)
            Order[i] = i;
        float* keys = CpuMemory.Allocate<float>(count);
        var level = new List<(int Start, int End)> { (0, count) };
        var leaves = new List<(int Start, int End)>();
        ulong node = 0;
        while (level.Count > 0 && !cancellationToken.IsCancellationRequested)
        {
            var next = new List<(int Start, int End)>(2 * level.Count);
            var split = new List<(int Start, int End)>(level.Count);
            foreach ((int start, int end) in level)
            {
                if (end - start <= largestLeaf)
                {
                    leaves.Add((start, end));
                    continue;
                }
                split.Add((start, end));
                int middle = start + ((end - start) / 2);
                next.Add((start, middle));
                next.Add((middle, end));
            }
            ulong first = node;
            workers.Run(split.Count, (long)count * dimension, i => Split(keys, split[i].Start, split[i].End, first + (ulong)i, cancellationToken));
            node += (ulong)split.Count;
            level = next;
        }
        NativeMemory.AlignedFree(keys);
        leaves.Sort();
        Leaves = leaves;
    }

    /// <summary>The points in this order.</summary>
    public int* Order { get; private set; }

    /// <summary>Ranges of the order.</summary>
    public IReadOnlyList<(int Start, int End)> Leaves { get; }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Order);
        Order = null;
    }

    private void Split(float* keys, int start, int end, ulong node, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return;
        (uint x, uint y, _, _) = _draws.Block(node);
        int count = end - start, first = (int)(((ulong)x * (uint)count) >> 32), second = (first + 1 + (int)(((ulong)y * (uint)(count - 1)) >> 32)) % count;
        var direction = new float[_d];
        TensorPrimitives.Subtract(Point(Order[start + first]), Point(Order[start + second]), direction);
        for (int i = start; i < end; i++)
            keys[i] = TensorPrimitives.Dot(Point(Order[i]), direction);
        NeighborTree.Partition(keys, Order, start, end - 1, start + (count / 2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<float> Point(int i) => new(_points + ((nint)i * _pitch), _d);
}
