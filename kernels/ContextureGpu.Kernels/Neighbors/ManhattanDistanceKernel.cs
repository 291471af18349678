using System.Runtime.CompilerServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>D_ij = sum_f |x_if - y_jf|</c>, stored: the distances of a slab of queries to all points, row-major (N, M), packed.
/// <para>A group computes 64 by 32 of them; sixteen features at a time are staged in shared memory, feature slow. Thread (ty, tx) holds rows 4 ty .. 4 ty + 3 against columns tx and
/// tx + 16, as in <see cref="RadialTile"/>.</para>
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
        int t = Group.IdxX, ty = TileGeometry.ShiftRight(t, 4), tx = t & 15;
        Four<float> first = default, second = default;
        for (int f0 = 0; f0 < sets.D; f0 += TileGeometry.Depth)
        {
            TileLoad.Stage<float, SingleReal>(stagedX, x, sets.OffsetX, sets.LeadingX, 1, row0, sets.N, f0, sets.D);
            for (int e = t; e < RadialTile.Columns * TileGeometry.Depth; e += TileGeometry.Threads)
            {
                int j = TileGeometry.ShiftRight(e, 4), f = e & 15;
                float value = 0f;
                if (column0 + j < sets.M && f0 + f < sets.D)
                    value = y[sets.OffsetY + (column0 + j) * sets.LeadingY + f0 + f];
                stagedY[f * RadialTile.ColumnPitch + j] = value;
            }
            Group.Barrier();
            ArrayView<Four<float>> rows = stagedX.Cast<Four<float>>();
            int depth = sets.D - f0 < TileGeometry.Depth ? sets.D - f0 : TileGeometry.Depth;
            for (int f = 0; f < depth; f++)
            {
                Four<float> row = rows[f * (TileGeometry.Pitch / 4) + ty];
                AddMagnitudes(ref first, row, stagedY[f * RadialTile.ColumnPitch + tx]);
                AddMagnitudes(ref second, row, stagedY[f * RadialTile.ColumnPitch + tx + 16]);
            }
            Group.Barrier();
        }
        Store(distances, sets, row0 + ty * 4, column0 + tx, first);
        Store(distances, sets, row0 + ty * 4, column0 + tx + 16, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddMagnitudes(ref Four<float> sum, Four<float> x, float y)
    {
        sum.X += IntrinsicMath.Abs(x.X - y);
        sum.Y += IntrinsicMath.Abs(x.Y - y);
        sum.Z += IntrinsicMath.Abs(x.Z - y);
        sum.W += IntrinsicMath.Abs(x.W - y);
    }

    private static void Store(ArrayView<float> distances, PointSets sets, int row, int column, Four<float> value)
    {
        if (column < sets.M)
        {
            if (row < sets.N)
                distances[(long)row * sets.M + column] = value.X;
            if (row + 1 < sets.N)
                distances[(row + 1L) * sets.M + column] = value.Y;
            if (row + 2 < sets.N)
                distances[(row + 2L) * sets.M + column] = value.Z;
            if (row + 3 < sets.N)
                distances[(row + 3L) * sets.M + column] = value.W;
        }
    }
}
