using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Exact nearest neighbours on the processor: for a few queries a plain float64 pass, otherwise <see cref="NeighborTree"/> and <see cref="NeighborBlock{TDistance, TVector, TLanes}"/>,
/// which in few dimensions leave out most of the points and in many are a product by tiles.
/// </summary>
internal static unsafe class NeighborSearch
{
    /// <summary>Does what <see cref="ComputeDevice.NearestNeighborsCore"/> promises.</summary>
    public static void Search(
        Workers workers, ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken) =>
        Search(NeighborPlan.Choose(n, m, dimension, k), workers, x, n, y, m, dimension, k, metric, indices, distances, cancellationToken);

    /// <summary>As <see cref="Search(Workers, ReadOnlySpan{double}, int, ReadOnlySpan{double}, int, int, int, NeighborMetric, Span{int}, Span{double}, CancellationToken)"/>, by a given plan.</summary>
    public static void Search(
        NeighborPlan plan, Workers workers, ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        fixed (double* px = x, py = y, pd = distances)
        fixed (int* pi = indices)
        {
            var job = new Job(px, n, py, m, dimension, k, pi, pd);
            if (plan.IsScan)
                Scan(workers, job, metric, cancellationToken);
            else if (metric == NeighborMetric.Manhattan)
                Search<AbsoluteDifferences>(plan, workers, job, cancellationToken);
            else
                Search<SquaredEuclidean>(plan, workers, job, cancellationToken);
        }
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static void Scan(Workers workers, Job job, NeighborMetric metric, CancellationToken cancellationToken) =>
        workers.Run(job.N, (long)job.N * job.M * job.Dimension, i =>
        {
            if (cancellationToken.IsCancellationRequested)
                return;
            nint row = (nint)i * job.K;
            ExactRanking.Scan(
                metric, new(job.X + ((nint)i * job.Dimension), job.Dimension), new(job.Y, job.M * job.Dimension), job.K, new(job.Indices + row, job.K), new(job.Distances + row, job.K));
        });

    private static void Search<TDistance>(NeighborPlan plan, Workers workers, Job job, CancellationToken cancellationToken)
        where TDistance : struct, IScreenedDistance
    {
        if (plan.Lanes == 16)
            Search<TDistance, Vector512<float>, Lanes512>(plan, workers, job, cancellationToken);
        else if (plan.Lanes == 8)
            Search<TDistance, Vector256<float>, Lanes256>(plan, workers, job, cancellationToken);
        else
            Search<TDistance, Vector128<float>, Lanes128>(plan, workers, job, cancellationToken);
    }

    private static void Search<TDistance, TVector, TLanes>(NeighborPlan plan, Workers workers, Job job, CancellationToken cancellationToken)
        where TDistance : struct, IScreenedDistance
        where TVector : unmanaged
        where TLanes : struct, IFloatLanes<TVector>
    {
        bool isSelf = job.X == job.Y && job.N == job.M;
        double scale = Scale(job, isSelf);
        using var tree = new NeighborTree(workers, job.Y, job.M, job.Dimension, plan.LeafSize, scale, cancellationToken);
        if (cancellationToken.IsCancellationRequested)
            return;
        tree.Pack<TDistance>(workers, job.Y, 2 * TLanes.Count);
        int* homes = CpuMemory.Allocate<int>(job.N), order = isSelf ? tree.Order : CpuMemory.Allocate<int>(job.N);
        var blocks = new ConcurrentBag<NeighborBlock<TDistance, TVector, TLanes>>();
        try
        {
            if (isSelf)
            {
                for (int p = 0; p < job.N; p++)
                    homes[order[p]] = p / plan.LeafSize;
            }
            else
            {
                FindHomes(workers, job, tree, homes, order);
            }
            var task = new NeighborTask(job.X, order, homes, job.K, job.Indices, job.Distances);
            const int size = NeighborBlock<TDistance, TVector, TLanes>.Queries;
            workers.Run((int)(((long)job.N + size - 1) / size), (long)job.N * job.M * job.Dimension, block =>
            {
                if (cancellationToken.IsCancellationRequested)
                    return;
                if (!blocks.TryTake(out NeighborBlock<TDistance, TVector, TLanes>? search))
                    search = new NeighborBlock<TDistance, TVector, TLanes>(tree, task, cancellationToken);
                search.Search(block * size, Math.Min(size, job.N - (block * size)));
                blocks.Add(search);
            });
        }
        finally
        {
            foreach (NeighborBlock<TDistance, TVector, TLanes> search in blocks)
                search.Dispose();
            NativeMemory.AlignedFree(homes);
            if (!isSelf)
                NativeMemory.AlignedFree(order);
        }
    }

    // Queries ordered by their home leaf.
    private static void FindHomes(Workers workers, Job job, NeighborTree tree, int* homes, int* order)
    {
        workers.Rows(job.N, 256, (long)job.N * 256, (start, end) =>
        {
            double[] scaled = new double[job.Dimension];
            fixed (double* point = scaled)
            {
                for (int i = start; i < end; i++)
                {
                    for (int f = 0; f < job.Dimension; f++)
                        point[f] = job.X[((nint)i * job.Dimension) + f] * tree.Scale;
                    homes[i] = tree.Home(point);
                }
            }
        });
        var starts = new int[tree.Leaves + 1];
        for (int i = 0; i < job.N; i++)
            starts[homes[i] + 1]++;
        for (int leaf = 0; leaf < tree.Leaves; leaf++)
            starts[leaf + 1] += starts[leaf];
        for (int i = 0; i < job.N; i++)
            order[starts[homes[i]]++] = i;
    }

    // The power of two that brings all coordinates to at most 1; below 2^-1000 or so it would overflow itself: such points are all alike to float32, and float64 decides.
    private static double Scale(Job job, bool isSelf)
    {
        double largest = Largest(job.Y, (long)job.M * job.Dimension);
        if (!isSelf)
            largest = Math.Max(largest, Largest(job.X, (long)job.N * job.Dimension));
        return largest > 0 ? Math.ScaleB(1, Math.Clamp(-Math.ILogB(largest) - 1, -1000, 1000)) : 1;
    }

    private static double Largest(double* values, long count)
    {
        double largest = 0;
        while (count > 0)
        {
            int length = (int)Math.Min(count, 1 << 20);
            largest = Math.Max(largest, Math.Abs(System.Numerics.Tensors.TensorPrimitives.MaxMagnitude(new ReadOnlySpan<double>(values, length))));
            values += length;
            count -= length;
        }
        return largest;
    }

    /// <summary>Inputs and outputs where the caller keeps them.</summary>
    private sealed class Job(double* x, int n, double* y, int m, int dimension, int k, int* indices, double* distances)
    {
        public double* X => x;

        public int N => n;

        public double* Y => y;

        public int M => m;

        public int Dimension => dimension;

        public int K => k;

        public int* Indices => indices;

        public double* Distances => distances;
    }
}
