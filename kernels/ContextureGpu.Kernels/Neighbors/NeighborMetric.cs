namespace ContextureGpu.Kernels;

/// <summary>What near means in a search for nearest neighbours. All sums run in float64 in the order of the features.</summary>
public enum NeighborMetric
{
    /// <summary>The squared Euclidean distance <c>sum_f (x_f - y_f)^2</c>.</summary>
    Euclidean,

    /// <summary>
    /// The squared Euclidean distance of the rows divided by their norms, <c>|x/|x| - y/|y||^2 = 2 (1 - cos(x, y))</c>, for rows that are not zero. Norms are summed in
    /// float64 over the row divided by the power of two at or below its largest entry.
    /// </summary>
    Cosine,

    /// <summary>The sum of absolute differences <c>sum_f |x_f - y_f|</c>.</summary>
    Manhattan,
}
