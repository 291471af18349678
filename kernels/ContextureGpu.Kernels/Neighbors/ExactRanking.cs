namespace ContextureGpu.Kernels;

/// <summary>The order that defines a nearest neighbour: <c>sum_f (x_f - y_f)^2</c> in float64, in the order of the features, ties by the smaller index.</summary>
internal static class ExactRanking
{
    /// <summary>The squared distance, bit for bit as the contract says: a difference, its square and a sum, each rounded.</summary>
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

    /// <summary>The nearest of some candidates, as many as fit the outputs.</summary>
    public static void Rank(ReadOnlySpan<double> query, ReadOnlySpan<double> y, ReadOnlySpan<int> candidates, Span<int> indices, Span<double> squaredDistances)
    {
        var distances = new double[candidates.Length];
        int[] order = candidates.ToArray();
        for (int e = 0; e < order.Length; e++)
            distances[e] = SquaredDistance(query, y.Slice(order[e] * query.Length, query.Length));
        Array.Sort(order, distances);               // by index first: the insertion below keeps the order of equals
        int count = indices.Length, held = 0;
        for (int e = 0; e < order.Length; e++)
            held = Insert(order[e], distances[e], indices, squaredDistances, held, count);
    }

    /// <summary>The <paramref name="k"/> nearest of all points.</summary>
    public static void Scan(ReadOnlySpan<double> query, ReadOnlySpan<double> y, int k, Span<int> indices, Span<double> squaredDistances)
    {
        int held = 0, d = query.Length;
        for (int j = 0; j * (long)d < y.Length; j++)
            held = Insert(j, SquaredDistance(query, y.Slice(j * d, d)), indices, squaredDistances, held, k);
    }

    // Keeps an ascending list; points come in the order of their indices, so equals go behind equals.
    private static int Insert(int index, double distance, Span<int> indices, Span<double> squaredDistances, int held, int count)
    {
        if (held == count && !(distance < squaredDistances[count - 1]))
            return held;
        int at = held < count ? held : count - 1;
        while (at > 0 && distance < squaredDistances[at - 1])
        {
            indices[at] = indices[at - 1];
            squaredDistances[at] = squaredDistances[at - 1];
            at--;
        }
        indices[at] = index;
        squaredDistances[at] = distance;
        return held < count ? held + 1 : held;
    }
}
