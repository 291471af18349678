namespace ContextureGpu;

/// <summary>How the nearest neighbours within a sample are found. Those of new rows are always found exactly.</summary>
public enum KnnSearch
{
    /// <summary>Completely: no neighbour is missed.</summary>
    Exact,

    /// <summary>By NN-descent: in many dimensions quicker, with most but not all neighbours right; how many is measured (<see cref="FitFacts.NeighborRecall"/>).</summary>
    Approximate,
}
