using ContextureGpu.Kernels.Cpu;

namespace ContextureGpu.Kernels;

/// <summary>
/// The nearest neighbours of points among themselves, found by NN-descent (Dong, Charikar and Li, WWW 2011) instead of a complete search: in many dimensions much quicker, with most
/// but not all neighbours right. It runs on the processor, whatever device does the rest.
/// </summary>
public static class ApproximateNeighbors
{
    /// <summary>Points below which a complete search is as quick.</summary>
    private const int Worthwhile = 4096;

    /// <summary>Whether a search with these sizes is complete, and its result the exact one.</summary>
    /// <param name="points">n.</param>
    /// <param name="k">Neighbours, a point itself included.</param>
    public static bool IsExact(int points, int k) => points < Worthwhile || 16L * k > points;

    /// <summary>Bytes that a search takes at its peak beside points and results.</summary>
    /// <param name="points">n.</param>
    /// <param name="dimension">d.</param>
    /// <param name="k">Neighbours, a point itself included.</param>
    /// <param name="metric">What near means.</param>
    public static double WorkingBytes(double points, int dimension, int k, NeighborMetric metric) =>
        (metric == NeighborMetric.Cosine ? points * dimension * sizeof(double) : 0) + NeighborDescent.Bytes(points, dimension, k);

    /// <summary>
    /// The <paramref name="k"/> nearest found for each point, itself included where the exact search would: ordered by the distance in float64 as the metric defines it, ties by the
    /// smaller index. A pure function of points, k, metric and seed on one kind of processor; the number of threads does not matter.
    /// </summary>
    /// <param name="points">Row-major (n, d), finite.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <param name="k">Neighbours, 1 .. n.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="seed">Key of the draws.</param>
    /// <param name="indices">Receives row numbers, row-major (n, k).</param>
    /// <param name="distances">Receives the distances of the metric, row-major (n, k), ascending along a row.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <exception cref="ArgumentException">A span does not have the size its shape asks for, k is above n, or the metric is the cosine and a row is zero.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void Search(
        ReadOnlySpan<double> points, int dimension, int k, NeighborMetric metric, ulong seed, Span<int> indices, Span<double> distances, CancellationToken cancellationToken = default) =>
        Search(new Workers(CpuDeviceOptions.FromEnvironment().Threads), points, dimension, k, metric, seed, indices, distances, cancellationToken);

    internal static void Search(
        Workers workers, ReadOnlySpan<double> points, int dimension, int k, NeighborMetric metric, ulong seed, Span<int> indices, Span<double> distances,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (metric is not (NeighborMetric.Euclidean or NeighborMetric.Cosine or NeighborMetric.Manhattan))
            throw new ArgumentOutOfRangeException(nameof(metric), metric, "unknown metric");
        if (points.Length % dimension != 0)
            throw new ArgumentException($"there are {points.Length} values, which is no multiple of the dimension {dimension}", nameof(points));
        int n = points.Length / dimension;
        if (k > n)
            throw new ArgumentException($"k = {k} neighbours were asked for among {n} points", nameof(k));
        if (indices.Length != (long)n * k || distances.Length != indices.Length)
            throw new ArgumentException($"indices ({indices.Length}) and distances ({distances.Length}) must both hold n * k = {(long)n * k} values");
        if (metric == NeighborMetric.Cosine)
        {
            points = UnitRows.Of(points, dimension, nameof(points));
            metric = NeighborMetric.Euclidean;
        }
        if (IsExact(n, k))
            NeighborSearch.Search(workers, points, n, points, n, dimension, k, metric, indices, distances, cancellationToken);
        else
            NeighborDescent.Search(NeighborPlan.WidestLanes, workers, points, n, dimension, k, metric, seed, indices, distances, cancellationToken);
    }
}
