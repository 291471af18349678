using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shapes and places of <see cref="CompressedRowsKernel"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompressedRowsShape
{
    /// <summary>Rows of Y; first elements and leading dimensions of X and Y.</summary>
    public long Rows, OffsetX, LeadingX, OffsetY, LeadingY;

    /// <summary>Tiles of the output, rows of tiles times <see cref="ColumnTiles"/>.</summary>
    public long Tiles;

    /// <summary>Columns of X and Y, and tiles of them.</summary>
    public int Columns, ColumnTiles;

    /// <summary>Binary logarithms of the threads that share the columns of a tile and of those that share the entries of a row, together at most 8.</summary>
    public int LogPacks, LogLanes;
}

/// <summary>
/// <c>y_ij = sum_e values_e x_(columns_e) j</c> over the entries e of row i: compressed rows times a dense block. The other orientation is the same kernel on the
/// transpose.
/// <para>About a warp a row: the threads next to each other take neighbouring columns, one or four each, and read the same entries at once; if there are few columns, several
/// lanes share the entries of a row, every so many each, two at a time. Their sums are added in shared memory in a tree that depends on the shape alone; no atomics.</para>
/// </summary>
internal static class CompressedRowsKernel
{
    /// <summary>The kernel: group g takes tiles g, g + groups, ..; tile h has columns of tile h % ColumnTiles and as many rows as there are threads for.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Product<T, TPack, TColumns>(
        ArrayView<int> rowStarts, ArrayView<int> columnIndices, ArrayView<T> values, ArrayView<T> x, ArrayView<T> y, CompressedRowsShape shape)
        where T : unmanaged, INumber<T>
        where TPack : unmanaged
        where TColumns : struct, IColumnPack<T, TPack>
    {
        ArrayView<TPack> sums = SharedMemory.Allocate<TPack>(TileGeometry.Threads);
        int t = Group.IdxX, packs = 1 << shape.LogPacks, lanes = 1 << shape.LogLanes;
        int pack = t & (packs - 1), lane = TileGeometry.ShiftRight(t, shape.LogPacks) & (lanes - 1);
        int row = TileGeometry.ShiftRight(t, shape.LogPacks + shape.LogLanes), rowsPerTile = TileGeometry.ShiftRight(TileGeometry.Threads, shape.LogPacks + shape.LogLanes);
        for (long tile = Grid.IdxX; tile < shape.Tiles; tile += Grid.DimX)
        {
            long tileRow = tile / shape.ColumnTiles, i = (tileRow * rowsPerTile) + row;
            int column = (((int)(tile - (tileRow * shape.ColumnTiles)) * packs) + pack) * TColumns.Width;
            bool inside = i < shape.Rows && column < shape.Columns;
            TPack sum = TColumns.Zero, second = TColumns.Zero;
            if (inside)
            {
                long from = shape.OffsetX + column;
                int e = rowStarts[i] + lane, end = rowStarts[i + 1];
                for (; e + lanes < end; e += 2 * lanes)
                {
                    TPack first = TColumns.Load(x, from + (columnIndices[e] * shape.LeadingX)), other = TColumns.Load(x, from + (columnIndices[e + lanes] * shape.LeadingX));
                    sum = TColumns.Fma(values[e], first, sum);
                    second = TColumns.Fma(values[e + lanes], other, second);
                }
                if (e < end)
                    sum = TColumns.Fma(values[e], TColumns.Load(x, from + (columnIndices[e] * shape.LeadingX)), sum);
            }
            sum = TColumns.Add(sum, second);
            sums[t] = sum;
            for (int half = TileGeometry.ShiftRight(lanes, 1); half > 0; half = TileGeometry.ShiftRight(half, 1))
            {
                Group.Barrier();
                if (lane < half)
                    sums[t] = TColumns.Add(sums[t], sums[t + (half << shape.LogPacks)]);
            }
            if (inside && lane == 0)
                TColumns.Store(y, shape.OffsetY + (i * shape.LeadingY) + column, sums[t]);
            Group.Barrier();
        }
    }
}
