using System.Numerics;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>D_ij = sum_f (x_if - y_jf)^2</c>, stored: the distances of a slab of queries to all points, row-major (N, M), packed.
/// <para>A group computes 64 by 32 of them, see <see cref="RadialTile"/>.</para>
/// </summary>
internal static class SquaredDistanceKernel
{
    /// <summary>The kernel: group g computes tile (g / columnTiles, g % columnTiles).</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Distances<T, TReal>(ArrayView<T> x, ArrayView<T> y, ArrayView<T> distances, PointSets sets, int columnTiles)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        ArrayView<T> stagedX = SharedMemory.Allocate<T>(TileGeometry.Depth * TileGeometry.Pitch);
        ArrayView<T> stagedY = SharedMemory.Allocate<T>(TileGeometry.Depth * RadialTile.ColumnPitch);
        int tileRow = Grid.IdxX / columnTiles;
        int row0 = tileRow * TileGeometry.Tile, column0 = (Grid.IdxX - tileRow * columnTiles) * RadialTile.Columns;
        RadialTile.SquaredDistances<T, TReal>(x, y, sets, row0, column0, stagedX, stagedY, out Four<T> first, out Four<T> second);
        int row = row0 + TileGeometry.ShiftRight(Group.IdxX, 4) * 4, column = column0 + (Group.IdxX & 15);
        RadialTile.Store(distances, sets, row, column, first);
        RadialTile.Store(distances, sets, row, column + 16, second);
    }
}
