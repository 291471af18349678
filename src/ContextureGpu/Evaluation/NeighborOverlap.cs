using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>Mutual nearest neighbours: the mean over the rows of <c>|N_F(i) and N_G(i)| / k</c>.</summary>
internal static class NeighborOverlap
{
    /// <summary>The mean overlap of the k nearest rows, in [0, 1]; there are more than k rows.</summary>
    public static double Mean(WhitenedFeatures f, WhitenedFeatures g, int k, ComputeDevice device, CancellationToken cancellationToken)
    {
        int n = f.Rows;
        int[] first = Neighbors(f, k, device, cancellationToken), second = Neighbors(g, k, device, cancellationToken);
        long common = 0;
        for (int i = 0; i < n; i++)
            common += first.AsSpan(i * k, k).ToArray().Intersect(second.AsSpan(i * k, k).ToArray()).Count();
        return common / ((double)n * k);
    }

    /// <summary>
    /// The k nearest other rows of each row, ties by the smaller index. The row itself is found by its index, not by its place: among duplicates it need not come
    /// first, nor be among the k + 1 nearest at all.
    /// </summary>
    private static int[] Neighbors(WhitenedFeatures features, int k, ComputeDevice device, CancellationToken cancellationToken)
    {
        int n = features.Rows, width = k + 1;
        (var found, var distances, var others) = (new int[checked(n * width)], new double[checked(n * width)], new int[n * k]);
        device.NearestNeighbors(features.Basis, features.Basis, features.Rank, width, found, distances, cancellationToken);
        for (int i = 0; i < n; i++)
        {
            int at = 0;
            for (int r = 0; r < width && at < k; r++)
            {
                if (found[i * width + r] != i)
                    others[i * k + at++] = found[i * width + r];
            }
        }
        return others;
    }
}
