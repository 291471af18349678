namespace ContextureGpu.Kernels.Cpu;

/// <summary>What a search is about: queries, their order, and where results go. Row i of the results belongs to query i.</summary>
internal unsafe readonly struct NeighborTask(double* x, int* order, int* homes, int k, int* indices, double* distances)
{
    /// <summary>Queries, row-major (n, d), not scaled.</summary>
    public readonly double* X = x;

    /// <summary>The query at each place of the order they are searched in: near ones near each other.</summary>
    public readonly int* Order = order;

    /// <summary>The home leaf of each query.</summary>
    public readonly int* Homes = homes;

    /// <summary>Neighbours for each query.</summary>
    public readonly int K = k;

    /// <summary>Results, (n, k).</summary>
    public readonly int* Indices = indices;

    /// <summary>Results, (n, k).</summary>
    public readonly double* Distances = distances;
}
