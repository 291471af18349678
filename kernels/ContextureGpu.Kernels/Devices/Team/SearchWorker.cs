namespace ContextureGpu.Kernels.Team;

/// <summary>A search for neighbours whose queries are shared out; pinned memory, each tile of the results written by one member.</summary>
internal sealed record SharedSearch(
    nint Queries, nint Points, nint Indices, nint Distances, int Count, int Dimension, int Neighbors, NeighborMetric Metric, CancellationToken CancellationToken);

/// <summary>Searches on one device.</summary>
internal sealed unsafe class SearchWorker(ComputeDevice device, SharedSearch search) : TeamWorker
{
    /// <inheritdoc/>
    public override void Start(RowTile tile)
    {
        (int d, int k) = (search.Dimension, search.Neighbors);
        long start = tile.Start;
        device.NearestNeighbors(
            new ReadOnlySpan<double>((double*)search.Queries + (start * d), checked(tile.Count * d)), new ReadOnlySpan<double>((double*)search.Points, checked(search.Count * d)), d, k, search.Metric,
            new Span<int>((int*)search.Indices + (start * k), tile.Count * k), new Span<double>((double*)search.Distances + (start * k), tile.Count * k), search.CancellationToken);
    }
}
