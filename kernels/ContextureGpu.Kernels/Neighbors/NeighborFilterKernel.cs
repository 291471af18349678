using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="NeighborFilterKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NeighborFilterShape
{
    /// <summary>Queries and points, packed; M is the end of the points of this launch.</summary>
    public PointSets Points;

    /// <summary>The first point of this launch; parts of its points, and points of a part, a multiple of <see cref="NeighborFilterKernel.Columns"/>.</summary>
    public int FirstColumn, Parts, ColumnsPerPart;

    /// <summary>Keys kept for a query, and places of a segment.</summary>
    public int Candidates, Capacity;

    /// <summary>1 if the features are a multiple of four, else 0.</summary>
    public int Aligned;
}

/// <summary>
/// Finds the points that are nearer to a query than the last of its candidates so far: distances are computed, compared and forgotten.
/// <para>A group of 128 threads takes 128 queries and one part of the points, 64 at a time: 8 by 8 distances in the registers of each thread, sums over the features from differences, 64
/// terms for four 16-byte loads from shared memory. One comparison rejects the eight distances of a row, as nearly always happens. What passes goes to a segment of global memory
/// that belongs to the thread and the query: no atomics, the same places every time. A segment that is too short keeps counting, so that <see cref="SmallestSelectionKernel"/>
/// knows. Shared memory: 25 KB.</para>
/// </summary>
internal static class NeighborFilterKernel
{
    /// <summary>Threads of a group.</summary>
    public const int Threads = 128;

    /// <summary>Queries of a group.</summary>
    public const int Rows = 128;

    /// <summary>Points of a step.</summary>
    public const int Columns = 64;

    /// <summary>Segments of a query in each part.</summary>
    public const int Segments = 8;

    // Distances in shared memory between two features.
    private const int Pitch = Rows + 4;
    private const int ColumnPitch = Columns + 4;

    private const int KeyShift = 32;

    /// <summary>The kernel: group g takes part g % Parts of tile row g / Parts. Segment (row, part, lane) starts at <c>((row Parts + part) 8 + lane) Capacity</c> of <paramref name="hits"/>.</summary>
    [DeviceKernel(Threads, LeastGroups = 3)]
    public static void Filter<TTerm>(
        ArrayView<float> x, ArrayView<float> y, ArrayView<ulong> selected, ArrayView<ulong> hits, ArrayView<int> counts, NeighborFilterShape shape)
        where TTerm : struct, IFeatureTerm<float>
    {
        ArrayView<float> stagedX = SharedMemory.Allocate<float>(PointSlab.Depth * Pitch);
        ArrayView<float> stagedY = SharedMemory.Allocate<float>(PointSlab.Depth * ColumnPitch);
        ArrayView<Four<float>> xFours = stagedX.Cast<Four<float>>(), yFours = stagedY.Cast<Four<float>>();
        PointSets points = shape.Points;
        int t = Group.IdxX, lane = t & 31, tileRow = Grid.IdxX / shape.Parts, part = Grid.IdxX - (tileRow * shape.Parts);
        int row0 = tileRow * Rows, begin = shape.FirstColumn + (part * shape.ColumnsPerPart);
        int end = points.M - begin < shape.ColumnsPerPart ? points.M : begin + shape.ColumnsPerPart;

        // Rows 4 i .. and 4 i + 16 .., columns 4 j .. and 4 j + 32 ..
        int i = (TileGeometry.ShiftRight(t, 5) * 8) + TileGeometry.ShiftRight(lane, 3), j = lane & 7, row = row0 + (4 * i);
        float b0 = Bound(selected, shape, row), b1 = Bound(selected, shape, row + 1), b2 = Bound(selected, shape, row + 2), b3 = Bound(selected, shape, row + 3);
        float b4 = Bound(selected, shape, row + 16), b5 = Bound(selected, shape, row + 17), b6 = Bound(selected, shape, row + 18), b7 = Bound(selected, shape, row + 19);
        int c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0;
        int resident = points.D <= PointSlab.Depth ? 1 : 0;
        if (resident != 0)
            PointSlab.Stage(stagedX, Pitch, x, points.OffsetX, points.LeadingX, shape.Aligned, row0, points.N, Rows, 0, points.D);
        for (int j0 = begin; j0 < end; j0 += Columns)
        {
            Block8x8 sum = default;
            for (int f0 = 0; f0 < points.D; f0 += PointSlab.Depth)
            {
                if (resident == 0)
                    PointSlab.Stage(stagedX, Pitch, x, points.OffsetX, points.LeadingX, shape.Aligned, row0, points.N, Rows, f0, points.D);
                PointSlab.Stage(stagedY, ColumnPitch, y, points.OffsetY, points.LeadingY, shape.Aligned, j0, end, Columns, f0, points.D);
                Group.Barrier();
                int depth = PointSlab.DepthFrom(f0, points.D);
                for (int f = 0; f < depth; f += 4)
                {
                    int l = (f * (Pitch / 4)) + i, r = (f * (ColumnPitch / 4)) + j;
                    AddTerms<TTerm>(ref sum, xFours, yFours, l, r);
                    AddTerms<TTerm>(ref sum, xFours, yFours, l + (Pitch / 4), r + (ColumnPitch / 4));
                    AddTerms<TTerm>(ref sum, xFours, yFours, l + (2 * (Pitch / 4)), r + (2 * (ColumnPitch / 4)));
                    AddTerms<TTerm>(ref sum, xFours, yFours, l + (3 * (Pitch / 4)), r + (3 * (ColumnPitch / 4)));
                }
                Group.Barrier();
            }
            int column = j0 + (4 * j);
            long segment = SegmentOf(shape, row, part, j), step = SegmentOf(shape, 1, 0, 0);
            Take(hits, ref c0, sum.L0, sum.R0, b0, column, end, segment, shape.Capacity);
            Take(hits, ref c1, sum.L1, sum.R1, b1, column, end, segment + step, shape.Capacity);
            Take(hits, ref c2, sum.L2, sum.R2, b2, column, end, segment + (2 * step), shape.Capacity);
            Take(hits, ref c3, sum.L3, sum.R3, b3, column, end, segment + (3 * step), shape.Capacity);
            Take(hits, ref c4, sum.L4, sum.R4, b4, column, end, segment + (16 * step), shape.Capacity);
            Take(hits, ref c5, sum.L5, sum.R5, b5, column, end, segment + (17 * step), shape.Capacity);
            Take(hits, ref c6, sum.L6, sum.R6, b6, column, end, segment + (18 * step), shape.Capacity);
            Take(hits, ref c7, sum.L7, sum.R7, b7, column, end, segment + (19 * step), shape.Capacity);
        }
        StoreCount(counts, shape, row, part, j, c0);
        StoreCount(counts, shape, row + 1, part, j, c1);
        StoreCount(counts, shape, row + 2, part, j, c2);
        StoreCount(counts, shape, row + 3, part, j, c3);
        StoreCount(counts, shape, row + 16, part, j, c4);
        StoreCount(counts, shape, row + 17, part, j, c5);
        StoreCount(counts, shape, row + 18, part, j, c6);
        StoreCount(counts, shape, row + 19, part, j, c7);
    }

    private static long SegmentOf(NeighborFilterShape shape, long row, int part, int lane) => ((((row * shape.Parts) + part) * Segments) + lane) * shape.Capacity;

    // The distance of the last candidate so far; below all distances for a query beyond the last.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Bound(ArrayView<ulong> selected, NeighborFilterShape shape, int row)
    {
        float bound = -1f;
        if (row < shape.Points.N)
            bound = Interop.IntAsFloat((uint)(selected[(((long)row + 1) * shape.Candidates) - 1] >> KeyShift));
        return bound;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreCount(ArrayView<int> counts, NeighborFilterShape shape, int row, int part, int lane, int count)
    {
        if (row < shape.Points.N)
            counts[((((long)row * shape.Parts) + part) * Segments) + lane] = count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Take(ArrayView<ulong> hits, ref int count, Four<float> left, Four<float> right, float bound, int column, int end, long segment, int capacity)
    {
        float least = System.MathF.Min(
            System.MathF.Min(System.MathF.Min(left.X, left.Y), System.MathF.Min(left.Z, left.W)), System.MathF.Min(System.MathF.Min(right.X, right.Y), System.MathF.Min(right.Z, right.W)));
        if (least < bound)
        {
            Append(hits, ref count, left.X, bound, column, end, segment, capacity);
            Append(hits, ref count, left.Y, bound, column + 1, end, segment, capacity);
            Append(hits, ref count, left.Z, bound, column + 2, end, segment, capacity);
            Append(hits, ref count, left.W, bound, column + 3, end, segment, capacity);
            Append(hits, ref count, right.X, bound, column + 32, end, segment, capacity);
            Append(hits, ref count, right.Y, bound, column + 33, end, segment, capacity);
            Append(hits, ref count, right.Z, bound, column + 34, end, segment, capacity);
            Append(hits, ref count, right.W, bound, column + 35, end, segment, capacity);
        }
    }

    // The candidates so far are points before these, so one at the distance of the last comes after it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Append(ArrayView<ulong> hits, ref int count, float distance, float bound, int column, int end, long segment, int capacity)
    {
        if (distance < bound && column < end)
        {
            if (count < capacity)
                hits[segment + count] = SmallestSelectionKernel.Key(distance, column);
            count++;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTerms<TTerm>(ref Block8x8 sum, ArrayView<Four<float>> rows, ArrayView<Four<float>> columns, int l, int r)
        where TTerm : struct, IFeatureTerm<float>
    {
        Four<float> upper = rows[l], lower = rows[l + 4], first = columns[r], second = columns[r + 8];
        AddRow<TTerm>(ref sum.L0, ref sum.R0, upper.X, first, second);
        AddRow<TTerm>(ref sum.L1, ref sum.R1, upper.Y, first, second);
        AddRow<TTerm>(ref sum.L2, ref sum.R2, upper.Z, first, second);
        AddRow<TTerm>(ref sum.L3, ref sum.R3, upper.W, first, second);
        AddRow<TTerm>(ref sum.L4, ref sum.R4, lower.X, first, second);
        AddRow<TTerm>(ref sum.L5, ref sum.R5, lower.Y, first, second);
        AddRow<TTerm>(ref sum.L6, ref sum.R6, lower.Z, first, second);
        AddRow<TTerm>(ref sum.L7, ref sum.R7, lower.W, first, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<TTerm>(ref Four<float> left, ref Four<float> right, float x, Four<float> first, Four<float> second)
        where TTerm : struct, IFeatureTerm<float>
    {
        left.X = TTerm.Add(left.X, x, first.X);
        left.Y = TTerm.Add(left.Y, x, first.Y);
        left.Z = TTerm.Add(left.Z, x, first.Z);
        left.W = TTerm.Add(left.W, x, first.W);
        right.X = TTerm.Add(right.X, x, second.X);
        right.Y = TTerm.Add(right.Y, x, second.Y);
        right.Z = TTerm.Add(right.Z, x, second.Z);
        right.W = TTerm.Add(right.W, x, second.W);
    }
}
