using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shape, places and constants of <see cref="LayerNormKernel"/>.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct LayerNormShape<T>
    where T : unmanaged
{
    /// <summary>Rows and columns of X.</summary>
    public long Rows, Columns;

    /// <summary>First elements and leading dimensions of X, of the statistics, and of what is written.</summary>
    public long OffsetX, LeadingX, OffsetS, LeadingS, OffsetY, LeadingY;

    /// <summary>First elements and leading dimensions of the gradient and of the gradient by the gain; first element of the gain.</summary>
    public long OffsetG, LeadingG, OffsetByGain, LeadingByGain, OffsetGain;

    /// <summary>1, one over the columns, and what is added to a variance.</summary>
    public T One, Share, Epsilon;
}

/// <summary>
/// <c>y_ij = g_j (x_ij - m_i) r_i</c> and its gradients: a group a row, its threads take every 256th column; sums over a row are added in a tree in shared memory. Bound by memory.
/// </summary>
internal static class LayerNormKernel
{
    /// <summary>The values; the statistics receive m and r.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Forward<T, TReal>(ArrayView<T> x, ArrayView<T> gain, ArrayView<T> statistics, ArrayView<T> y, LayerNormShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        ArrayView<T> sums = SharedMemory.Allocate<T>(TileGeometry.Threads);
        int t = Group.IdxX;
        for (long i = Grid.IdxX; i < shape.Rows; i += Grid.DimX)
        {
            long from = shape.OffsetX + i * shape.LeadingX, to = shape.OffsetY + i * shape.LeadingY;
            T part = TReal.Zero;
            for (long j = t; j < shape.Columns; j += TileGeometry.Threads)
                part += x[from + j];
            T mean = Total(sums, t, part) * shape.Share;
            part = TReal.Zero;
            for (long j = t; j < shape.Columns; j += TileGeometry.Threads)
            {
                T distance = x[from + j] - mean;
                part = TReal.Fma(distance, distance, part);
            }
            T scale = shape.One / TReal.Sqrt(TReal.Fma(Total(sums, t, part), shape.Share, shape.Epsilon));
            for (long j = t; j < shape.Columns; j += TileGeometry.Threads)
                y[to + j] = gain[shape.OffsetGain + j] * ((x[from + j] - mean) * scale);
            if (t == 0)
            {
                statistics[shape.OffsetS + i * shape.LeadingS] = mean;
                statistics[shape.OffsetS + i * shape.LeadingS + 1] = scale;
            }
        }
    }

    /// <summary>The gradients by X and, each element for itself, by the gain.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Backward<T, TReal>(
        ArrayView<T> x, ArrayView<T> gain, ArrayView<T> statistics, ArrayView<T> gradient, ArrayView<T> byInput, ArrayView<T> byGain, LayerNormShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        ArrayView<T> sums = SharedMemory.Allocate<T>(TileGeometry.Threads);
        int t = Group.IdxX;
        for (long i = Grid.IdxX; i < shape.Rows; i += Grid.DimX)
        {
            long from = shape.OffsetX + i * shape.LeadingX, slope = shape.OffsetG + i * shape.LeadingG;
            long to = shape.OffsetY + i * shape.LeadingY, other = shape.OffsetByGain + i * shape.LeadingByGain;
            T mean = statistics[shape.OffsetS + i * shape.LeadingS], scale = statistics[shape.OffsetS + i * shape.LeadingS + 1];
            T plain = TReal.Zero, bent = TReal.Zero;
            for (long j = t; j < shape.Columns; j += TileGeometry.Threads)
            {
                T e = gain[shape.OffsetGain + j] * gradient[slope + j];
                plain += e;
                bent = TReal.Fma(e, (x[from + j] - mean) * scale, bent);
            }
            plain = Total(sums, t, plain) * shape.Share;
            bent = Total(sums, t, bent) * shape.Share;
            for (long j = t; j < shape.Columns; j += TileGeometry.Threads)
            {
                T h = (x[from + j] - mean) * scale, g = gradient[slope + j];
                byInput[to + j] = scale * (gain[shape.OffsetGain + j] * g - plain - h * bent);
                byGain[other + j] = g * h;
            }
        }
    }

    // The sum of the parts of all threads of a group, to all of them.
    private static T Total<T>(ArrayView<T> sums, int t, T part)
        where T : unmanaged, INumber<T>
    {
        sums[t] = part;
        Group.Barrier();
        for (int half = TileGeometry.Threads / 2; half > 0; half = TileGeometry.ShiftRight(half, 1))
        {
            if (t < half)
                sums[t] += sums[t + half];
            Group.Barrier();
        }
        T total = sums[0];
        Group.Barrier();
        return total;
    }
}
