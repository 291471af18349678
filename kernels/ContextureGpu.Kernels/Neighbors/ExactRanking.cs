using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels;

/// <summary>The order that defines a nearest neighbour: <c>sum_f (x_f - y_f)^2</c> in float64, in the order of the features, ties by the smaller index.</summary>
internal static class ExactRanking
{
    /// <summary>The squared distance, bit for bit as the contract says: a difference, its square and a sum, each rounded.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SquaredDistance(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int f = 0; f < x.Length; f++)
        {
            double difference = x[f] - y[f];
            sum += difference * difference;
        }
        return sum;
    }

    /// <summary>The nearest of some candidates, as many as fit the outputs. Quickest if the candidates come nearly in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rank(ReadOnlySpan<double> query, ReadOnlySpan<double> y, ReadOnlySpan<int> candidates, Span<int> indices, Span<double> squaredDistances)
    {
        int held = 0, d = query.Length;
        foreach (int candidate in candidates)
            held = Insert(candidate, SquaredDistance(query, y.Slice(candidate * d, d)), indices, squaredDistances, held);
    }

    /// <summary>The <paramref name="k"/> nearest of all points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scan(ReadOnlySpan<double> query, ReadOnlySpan<double> y, int k, Span<int> indices, Span<double> squaredDistances)
    {
        int held = 0, d = query.Length;
        indices = indices[..k];
        for (int j = 0; j * (long)d < y.Length; j++)
            held = Insert(j, SquaredDistance(query, y.Slice(j * d, d)), indices, squaredDistances, held);
    }

    // Keeps a list ascending by (distance, index).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Insert(int index, double distance, Span<int> indices, Span<double> squaredDistances, int held)
    {
        int count = indices.Length;
        if (held == count && !Before(distance, index, squaredDistances[count - 1], indices[count - 1]))
            return held;
        int at = held < count ? held : count - 1;
        while (at > 0 && Before(distance, index, squaredDistances[at - 1], indices[at - 1]))
        {
            indices[at] = indices[at - 1];
            squaredDistances[at] = squaredDistances[at - 1];
            at--;
        }
        indices[at] = index;
        squaredDistances[at] = distance;
        return held < count ? held + 1 : held;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Before(double distance, int index, double otherDistance, int otherIndex) =>
        distance < otherDistance || (distance == otherDistance && index < otherIndex);
}
