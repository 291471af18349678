using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels;

/// <summary>The order that defines a nearest neighbour: the distance in float64, summed in the order of the features, ties by the smaller index.</summary>
internal static class ExactRanking
{
    /// <summary>The distance, bit for bit as the contract says: differences, their squares or magnitudes, and a sum, each rounded.</summary>
    /// <param name="metric">Euclidean or Manhattan.</param>
    /// <param name="x">One point.</param>
    /// <param name="y">The other.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Distance(NeighborMetric metric, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        if (metric == NeighborMetric.Manhattan)
        {
            for (int f = 0; f < x.Length; f++)
                sum += Math.Abs(x[f] - y[f]);
            return sum;
        }
        for (int f = 0; f < x.Length; f++)
        {
            double difference = x[f] - y[f];
            sum += difference * difference;
        }
        return sum;
    }

    /// <summary>The nearest of some candidates, as many as fit the outputs. Quickest if the candidates come nearly in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rank(NeighborMetric metric, ReadOnlySpan<double> query, ReadOnlySpan<double> y, ReadOnlySpan<int> candidates, Span<int> indices, Span<double> distances)
    {
        int held = 0, d = query.Length;
        foreach (int candidate in candidates)
            held = Insert(candidate, Distance(metric, query, y.Slice(candidate * d, d)), indices, distances, held);
    }

    /// <summary>The <paramref name="k"/> nearest of all points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scan(NeighborMetric metric, ReadOnlySpan<double> query, ReadOnlySpan<double> y, int k, Span<int> indices, Span<double> distances)
    {
        int held = 0, d = query.Length;
        indices = indices[..k];
        for (int j = 0; j * (long)d < y.Length; j++)
            held = Insert(j, Distance(metric, query, y.Slice(j * d, d)), indices, distances, held);
    }

    /// <summary>Keeps a list ascending by (distance, index), as long as the outputs, and returns how many it holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Insert(int index, double distance, Span<int> indices, Span<double> distances, int held)
    {
        int count = indices.Length;
        if (held == count && !Before(distance, index, distances[count - 1], indices[count - 1]))
            return held;
        int at = held < count ? held : count - 1;
        while (at > 0 && Before(distance, index, distances[at - 1], indices[at - 1]))
        {
            indices[at] = indices[at - 1];
            distances[at] = distances[at - 1];
            at--;
        }
        indices[at] = index;
        distances[at] = distance;
        return held < count ? held + 1 : held;
    }

    /// <summary>Puts a batch into a list ascending by (distance, index), as long as the outputs, and returns how many it holds.</summary>
    /// <param name="batchDistances">Distances in any order; sorted here.</param>
    /// <param name="batchIndices">Their points.</param>
    /// <param name="indices">The list.</param>
    /// <param name="distances">The list.</param>
    /// <param name="held">Its length so far.</param>
    /// <param name="scratchIndices">As long as the list.</param>
    /// <param name="scratchDistances">As long as the list.</param>
    public static int Merge(
        Span<double> batchDistances, Span<int> batchIndices, Span<int> indices, Span<double> distances, int held, Span<int> scratchIndices, Span<double> scratchDistances)
    {
        batchDistances.Sort(batchIndices);
        for (int start = 0, end; start < batchDistances.Length; start = end)
        {
            for (end = start + 1; end < batchDistances.Length && batchDistances[end] == batchDistances[start];)
                end++;
            batchIndices[start..end].Sort();
        }
        int total = (int)Math.Min(indices.Length, (long)held + batchDistances.Length);
        for (int to = 0, a = 0, b = 0; to < total; to++)
        {
            bool fromBatch = a == held || (b < batchDistances.Length && Before(batchDistances[b], batchIndices[b], distances[a], indices[a]));
            (scratchDistances[to], scratchIndices[to]) = fromBatch ? (batchDistances[b], batchIndices[b++]) : (distances[a], indices[a++]);
        }
        scratchIndices[..total].CopyTo(indices);
        scratchDistances[..total].CopyTo(distances);
        return total;
    }

    /// <summary>Whether one point comes before another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Before(double distance, int index, double otherDistance, int otherIndex) =>
        distance < otherDistance || (distance == otherDistance && index < otherIndex);
}
