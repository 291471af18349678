using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>How the processor searches. A pure function of the sizes; the result of a search never depends on it.</summary>
/// <param name="LeafSize">Points in a leaf of the tree, a multiple of 32; 0 for a plain float64 pass over all points.</param>
/// <param name="Lanes">Floats in a vector: 4, 8 or 16.</param>
internal readonly record struct NeighborPlan(int LeafSize, int Lanes)
{
    /// <summary>Queries from which a tree pays: building it costs about as much as this many passes.</summary>
    public const int WorthTree = 8;

    /// <summary>Points below which a pass costs less than the tree's bookkeeping.</summary>
    public const int SmallSet = 64;

    /// <summary>Floats in the widest vector that the processor computes with at full speed.</summary>
    public static int WidestLanes => Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;

    /// <summary>Whether there is no tree.</summary>
    public bool IsScan => LeafSize == 0;

    /// <summary>
    /// The plan for n queries, m points, d features and k neighbours. In few dimensions small leaves leave out more, in many nothing is left out and large leaves cost less;
    /// a leaf holds more than k points if it can, so that it gives a first limit.
    /// </summary>
    public static NeighborPlan Choose(int n, int m, int dimension, int k)
    {
        if (n < WorthTree || m < SmallSet || k > m / 2)
            return new NeighborPlan(0, WidestLanes);
        int leaf = dimension <= 6 ? 96 : dimension <= 12 ? 192 : 384;
        while (leaf < 2L * k && leaf < 3072)
            leaf *= 2;
        return new NeighborPlan(leaf, WidestLanes);
    }
}
