using System.Numerics;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>y_i = x_i / ||x_i||</c>; a row of zeros stays as it is. In three passes: its largest magnitude, the sum of squares relative to it, the quotients.
/// <para>The threads of a row, at most a warp, take neighbouring columns; what they find is joined in shared memory in a tree.</para>
/// </summary>
internal static class NormalizeRowsKernel
{
    /// <summary>The kernel: 2^<paramref name="logLanes"/> threads a row, at most 256; group g takes tiles of rows g, g + groups, .. of <paramref name="tiles"/>.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Rows<T, TReal>(ArrayView<T> x, ArrayView<T> y, ElementwiseShape<T> shape, long tiles, int logLanes)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        ArrayView<T> found = SharedMemory.Allocate<T>(TileGeometry.Threads);
        int t = Group.IdxX, lanes = 1 << logLanes, lane = t & (lanes - 1), row = TileGeometry.ShiftRight(t, logLanes), rowsPerTile = TileGeometry.ShiftRight(TileGeometry.Threads, logLanes);
        for (long tile = Grid.IdxX; tile < tiles; tile += Grid.DimX)
        {
            long i = (tile * rowsPerTile) + row, from = shape.OffsetX + (i * shape.LeadingX), to = shape.OffsetY + (i * shape.LeadingY);
            long columns = i * shape.Columns < shape.Elements ? shape.Columns : 0;
            T largest = TReal.Zero;
            for (long f = lane; f < columns; f += lanes)
            {
                T value = x[from + f], opposite = TReal.Zero - value, magnitude = value > opposite ? value : opposite;
                largest = magnitude > largest ? magnitude : largest;
            }
            found[t] = largest;
            Group.Barrier();
            for (int half = TileGeometry.ShiftRight(lanes, 1); half > 0; half = TileGeometry.ShiftRight(half, 1))
            {
                if (lane < half)
                {
                    T mine = found[t], other = found[t + half];
                    found[t] = other > mine ? other : mine;
                }
                Group.Barrier();
            }
            largest = found[t - lane];
            Group.Barrier();
            T sum = TReal.Zero;
            if (largest > TReal.Zero)
            {
                for (long f = lane; f < columns; f += lanes)
                {
                    T part = x[from + f] / largest;
                    sum = TReal.Fma(part, part, sum);
                }
            }
            found[t] = sum;
            Group.Barrier();
            for (int half = TileGeometry.ShiftRight(lanes, 1); half > 0; half = TileGeometry.ShiftRight(half, 1))
            {
                if (lane < half)
                    found[t] = found[t] + found[t + half];
                Group.Barrier();
            }
            T norm = TReal.Sqrt(found[t - lane]);
            Group.Barrier();
            for (long f = lane; f < columns; f += lanes)
            {
                T value = x[from + f];
                if (largest > TReal.Zero)
                    value = value / largest / norm;
                y[to + f] = value;
            }
        }
    }
}
