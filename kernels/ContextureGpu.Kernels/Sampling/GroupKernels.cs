using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>What <see cref="GroupKernels.Draw"/> draws.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GroupShape
{
    /// <summary>The stream.</summary>
    public Philox Random;

    /// <summary>Number of the first group, groups, and members of each.</summary>
    public long First, Groups, Members;

    /// <summary>Rows of the law.</summary>
    public int Rows;

    /// <summary>The <see cref="GroupKind"/>.</summary>
    public int Kind;
}

/// <summary>
/// Groups from a joint law by inverting distribution functions, and what is gathered by them. A thread finds a member: neighbours are the same member of neighbouring groups, so that they
/// write side by side; what the members of a group have in common each finds anew, which costs less than to share it. All arithmetic is on whole numbers.
/// </summary>
internal static class GroupKernels
{
    /// <summary>The numbers of the members; as <see cref="JointLaw.Member"/>.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Draw(
        ArrayView<long> rowSums, ArrayView<int> starts, ArrayView<int> values, ArrayView<long> sums, ArrayView<int> backStarts, ArrayView<int> backRows, ArrayView<long> backSums,
        ArrayView<int> numbers, GroupShape shape)
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Groups * shape.Members; e += TileGeometry.GridThreads)
        {
            long member = e / shape.Groups, at = (shape.Members + 1) * (shape.First + (e - member * shape.Groups));
            int number = Inverse(rowSums, 0, shape.Rows, shape.Random.Bits(at));
            if (member > 0 || shape.Kind == (int)GroupKind.Values)
            {
                long own = at + 1;
                if (shape.Kind == (int)GroupKind.Values)
                    own += member;
                number = values[Inverse(sums, starts[number], starts[number + 1], shape.Random.Bits(own))];
                if (shape.Kind == (int)GroupKind.Rows)
                    number = backRows[Inverse(backSums, backStarts[number], backStarts[number + 1], shape.Random.Bits(at + 1 + member))];
            }
            numbers[e] = number;
        }
    }

    /// <summary><c>y_ij = alpha x_kj</c>, k the number of member i.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Gather<T>(ArrayView<int> numbers, ArrayView<T> x, ArrayView<T> y, ElementwiseShape<T> shape, long first)
        where T : unmanaged, INumber<T>
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            y[shape.OffsetY + i * shape.LeadingY + j] = shape.Alpha * x[shape.OffsetX + numbers[first + i] * shape.LeadingX + j];
        }
    }

    /// <summary><c>y_ij = alpha</c> where j is the number of member i, beta elsewhere.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Indicate<T>(ArrayView<int> numbers, ArrayView<T> y, ElementwiseShape<T> shape, long first)
        where T : unmanaged, INumber<T>
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            T value = shape.Beta;
            if (numbers[first + i] == j)
                value = shape.Alpha;
            y[shape.OffsetY + i * shape.LeadingY + j] = value;
        }
    }

    private static int Inverse(ArrayView<long> sums, int start, int end, long bits)
    {
        int low = start, high = end - 1;
        while (low < high)
        {
            int middle = TileGeometry.ShiftRight(low + high, 1);
            if (sums[middle] > bits)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
