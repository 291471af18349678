using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Approximate nearest neighbours of points among themselves by NN-descent (Dong, Charikar and Li, "Efficient k-nearest neighbor graph construction for generic similarity
/// measures", WWW 2011): neighbours of a point are likely neighbours of each other, so each round joins those that the last one found. The first lists come from random
/// projection trees. Distances on the way are float32, from differences of points that are centred and scaled by a power of two; the lists, a little longer than asked for, are
/// ranked by the distance in float64 at the end. The result is a pure function of the points, k, the metric and the seed on one kind of processor, whatever the threads.
/// </summary>
internal static unsafe class NeighborDescent
{
    /// <summary>Trees of the first lists; candidates of each kind in a round, at most; rounds, at most.</summary>
    private const int Trees = 12, MostCandidates = 24, MostRounds = 16;

    /// <summary>Below this part of fresh neighbours another round changes little.</summary>
    private const double Settled = 0.05;

    private const ulong TreeStream = 0x74726565, RoundStream = 0x726F756E;

    /// <summary>Entries of a list while it is searched for.</summary>
    public static int ListLength(int k) => k + Math.Max(4, k / 8);

    /// <summary>Bytes at the peak, beside the caller's points and results.</summary>
    public static double Bytes(double n, int dimension, int k)
    {
        return (n * sizeof(float) * Pitch(dimension)) + (n * (NeighborGraph.BytesPerPoint(ListLength(k)) + (2 * MostCandidates * sizeof(ulong)) + 20));
    }

    /// <summary>The k nearest that were found for each point, itself included, by (distance, index).</summary>
    /// <param name="lanes">Floats in a vector: 4, 8 or 16.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="points">Row-major (n, d).</param>
    /// <param name="n">Points.</param>
    /// <param name="dimension">d.</param>
    /// <param name="k">Neighbours; 2 (k + k / 8 + 5) points or more are needed.</param>
    /// <param name="metric">Euclidean or Manhattan.</param>
    /// <param name="seed">Key of the draws.</param>
    /// <param name="indices">Receives (n, k).</param>
    /// <param name="distances">Receives (n, k).</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public static void Search(
        int lanes, Workers workers, ReadOnlySpan<double> points, int n, int dimension, int k, NeighborMetric metric, ulong seed, Span<int> indices, Span<double> distances,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (metric == NeighborMetric.Manhattan)
            Search<SummedDifferences>(lanes, workers, points, n, dimension, k, metric, seed, indices, distances, cancellationToken);
        else
            Search<SquaredDifferences>(lanes, workers, points, n, dimension, k, metric, seed, indices, distances, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static void Search<TDistance>(
        int lanes, Workers workers, ReadOnlySpan<double> points, int n, int dimension, int k, NeighborMetric metric, ulong seed, Span<int> indices, Span<double> distances,
        CancellationToken cancellationToken)
        where TDistance : struct, IPairDistance
    {
        int length = ListLength(k), pitch = Pitch(dimension), leaf = 2 * (length + 1);
        fixed (double* exact = points, resultDistances = distances)
        fixed (int* resultIndices = indices)
        {
            int* order = null;
            float* single = Rounded(workers, exact, n, dimension, pitch);
            try
            {
                // Everything that follows happens in the order of one tree: near points are near each other in memory.
                using (var tree = new ProjectionTree(workers, single, n, dimension, pitch, leaf, new Philox(seed, TreeStream), cancellationToken))
                {
                    order = CpuMemory.Allocate<int>(n);
                    new ReadOnlySpan<int>(tree.Order, n).CopyTo(new Span<int>(order, n));
                    single = Permuted(workers, single, order, n, pitch);
                }
                using var graph = new NeighborGraph(workers, n, length);
                if (lanes == 16)
                    Fill<TDistance, Vector512<float>, Lanes512>(workers, graph, single, dimension, pitch, leaf, seed, cancellationToken);
                else if (lanes == 8)
                    Fill<TDistance, Vector256<float>, Lanes256>(workers, graph, single, dimension, pitch, leaf, seed, cancellationToken);
                else
                    Fill<TDistance, Vector128<float>, Lanes128>(workers, graph, single, dimension, pitch, leaf, seed, cancellationToken);
                if (!cancellationToken.IsCancellationRequested)
                    Settle(workers, graph, order, exact, dimension, k, metric, resultIndices, resultDistances);
            }
            finally
            {
                NativeMemory.AlignedFree(single);
                NativeMemory.AlignedFree(order);
            }
        }
    }

    private static void Fill<TDistance, TVector, TLanes>(
        Workers workers, NeighborGraph graph, float* points, int dimension, int pitch, int leaf, ulong seed, CancellationToken cancellationToken)
        where TDistance : struct, IPairDistance
        where TVector : unmanaged
        where TLanes : struct, IFloatLanes<TVector>
    {
        int n = graph.Points, candidates = Math.Clamp(graph.Length / 8 * 8, 8, MostCandidates), capacity = Math.Max(leaf, 2 * candidates);
        var joins = new ConcurrentBag<NeighborJoin<TDistance, TVector, TLanes>>();
        using var drawn = new JoinCandidates(graph, candidates);
        try
        {
            for (int t = 0; t < Trees && !cancellationToken.IsCancellationRequested; t++)
            {
                using var tree = new ProjectionTree(workers, points, n, dimension, pitch, leaf, new Philox(seed, TreeStream + ((ulong)(t + 1) << 32)), cancellationToken);
                IReadOnlyList<(int Start, int End)> leaves = tree.Leaves;
                workers.Run(leaves.Count, (long)n * leaf * dimension, l =>
                {
                    if (cancellationToken.IsCancellationRequested)
                        return;
                    NeighborJoin<TDistance, TVector, TLanes> join = Take();
                    int count = leaves[l].End - leaves[l].Start;
                    new ReadOnlySpan<int>(tree.Order + leaves[l].Start, count).CopyTo(new Span<int>(join.Who, count));
                    join.Join(count, count);
                    joins.Add(join);
                });
            }
            var rounds = new Philox(seed, RoundStream);
            for (int round = 0; round < MostRounds && graph.CountFresh(workers) > Settled * n * graph.Length && !cancellationToken.IsCancellationRequested; round++)
            {
                (uint low, uint high, _, _) = rounds.Block((ulong)round);
                drawn.Draw(workers, ((ulong)high << 32) | low, cancellationToken);
                workers.Rows(n, 64, (long)n * candidates * candidates * dimension, (start, end) =>
                {
                    NeighborJoin<TDistance, TVector, TLanes> join = Take();
                    for (int i = start; i < end && !cancellationToken.IsCancellationRequested; i++)
                    {
                        (int fresh, int total) = drawn.CopyTo(i, join.Who);
                        join.Join(fresh, total);
                    }
                    joins.Add(join);
                });
            }
        }
        finally
        {
            foreach (NeighborJoin<TDistance, TVector, TLanes> join in joins)
                join.Dispose();
        }

        NeighborJoin<TDistance, TVector, TLanes> Take() =>
            joins.TryTake(out NeighborJoin<TDistance, TVector, TLanes>? join) ? join : new NeighborJoin<TDistance, TVector, TLanes>(graph, points, dimension, pitch, capacity);
    }

    // The lists and the points themselves, ranked in float64.
    private static void Settle(
        Workers workers, NeighborGraph graph, int* order, double* exact, int dimension, int k, NeighborMetric metric, int* indices, double* distances)
    {
        int length = graph.Length;
        workers.Rows(graph.Points, 64, (long)graph.Points * length * dimension, (start, end) =>
        {
            for (int p = start; p < end; p++)
            {
                int point = order[p], held = 0;
                Span<int> rowIndices = new(indices + ((nint)point * k), k);
                Span<double> rowDistances = new(distances + ((nint)point * k), k);
                ReadOnlySpan<double> query = new(exact + ((nint)point * dimension), dimension);
                held = ExactRanking.Insert(point, 0, rowIndices, rowDistances, held);
                long* row = graph.Row(p);
                for (int e = 0; e < length; e++)
                {
                    int other = order[NeighborGraph.Position(row[e])];
                    double distance = ExactRanking.Distance(metric, query, new(exact + ((nint)other * dimension), dimension));
                    held = ExactRanking.Insert(other, distance, rowIndices, rowDistances, held);
                }
            }
        });
    }

    private static int Pitch(int dimension) => dimension >= 16 ? (dimension + 15) / 16 * 16 : dimension;

    // s (x - mean) in float32, s a power of two that brings all coordinates to at most 1.
    private static float* Rounded(Workers workers, double* points, int n, int dimension, int pitch)
    {
        double largest = 0;
        for (nint e = 0; e < (nint)n * dimension; e++)
            largest = Math.Max(largest, Math.Abs(points[e]));
        double scale = largest > 0 ? Math.ScaleB(1, Math.Clamp(-Math.ILogB(largest) - 1, -1000, 1000)) : 1;
        var center = new double[dimension];
        for (int i = 0; i < n; i++)
            for (int f = 0; f < dimension; f++)
                center[f] += points[((nint)i * dimension) + f] * scale;
        for (int f = 0; f < dimension; f++)
            center[f] /= n;
        double reach = 0;
        for (int i = 0; i < n; i++)
            for (int f = 0; f < dimension; f++)
                reach = Math.Max(reach, Math.Abs((points[((nint)i * dimension) + f] * scale) - center[f]));
        double again = reach > 0 ? Math.ScaleB(1, Math.Min(-Math.ILogB(reach) - 1, 1000)) : 1;
        float* rounded = CpuMemory.Allocate<float>((long)n * pitch);
        workers.Rows(n, 256, (long)n * dimension * 4, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                double* from = points + ((nint)i * dimension);
                float* to = rounded + ((nint)i * pitch);
                for (int f = 0; f < dimension; f++)
                    to[f] = (float)(((from[f] * scale) - center[f]) * again);
                for (int f = dimension; f < pitch; f++)
                    to[f] = 0;
            }
        });
        return rounded;
    }

    private static float* Permuted(Workers workers, float* points, int* order, int n, int pitch)
    {
        float* permuted = CpuMemory.Allocate<float>((long)n * pitch);
        workers.Rows(n, 256, (long)n * pitch * 4, (start, end) =>
        {
            for (int p = start; p < end; p++)
                new ReadOnlySpan<float>(points + ((nint)order[p] * pitch), pitch).CopyTo(new Span<float>(permuted + ((nint)p * pitch), pitch));
        });
        NativeMemory.AlignedFree(points);
        return permuted;
    }
}
