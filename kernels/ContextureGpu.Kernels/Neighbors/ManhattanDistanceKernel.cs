using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary><c>|x - y|</c> in float32, one instruction for the magnitude.</summary>
internal readonly struct Magnitude : IFeatureTerm<float>
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float sum, float x, float y) => sum + IntrinsicMath.Abs(x - y);
}

/// <summary>
/// <c>D_ij = sum_f |x_if - y_jf|</c>, stored: the distances of a slab of queries to all points, row-major (N, M), packed.
/// <para>A group computes 64 by 32 of them, see <see cref="RadialTile"/>.</para>
/// </summary>
internal static class ManhattanDistanceKernel
{
    /// <summary>The kernel: group g computes tile (g / columnTiles, g % columnTiles).</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Distances(ArrayView<float> x, ArrayView<float> y, ArrayView<float> distances, PointSets sets, int columnTiles)
    {
        ArrayView<float> stagedX = SharedMemory.Allocate<float>(TileGeometry.Depth * TileGeometry.Pitch);
        ArrayView<float> stagedY = SharedMemory.Allocate<float>(TileGeometry.Depth * RadialTile.ColumnPitch);
        int tileRow = Grid.IdxX / columnTiles;
        int row0 = tileRow * TileGeometry.Tile, column0 = (Grid.IdxX - tileRow * columnTiles) * RadialTile.Columns;
        RadialTile.Sums<float, SingleReal, Magnitude>(x, y, sets, row0, column0, stagedX, stagedY, out Four<float> first, out Four<float> second);
        int row = row0 + TileGeometry.ShiftRight(Group.IdxX, 4) * 4, column = column0 + (Group.IdxX & 15);
        RadialTile.Store(distances, sets, row, column, first);
        RadialTile.Store(distances, sets, row, column + 16, second);
    }
}
