using System.Numerics;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>y_i = x_i / ||x_i||</c>; a row of zeros stays as it is. A thread a row, in three passes: its largest magnitude, the sum of squares relative to it, the quotients.
/// </summary>
internal static class NormalizeRowsKernel
{
    /// <summary>The kernel: a thread does rows g, g + threads, ..</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Rows<T, TReal>(ArrayView<T> x, ArrayView<T> y, ElementwiseShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        for (long first = Grid.GlobalIndex.X * shape.Columns; first < shape.Elements; first += TileGeometry.GridThreads * shape.Columns)
        {
            long i = first / shape.Columns, from = shape.OffsetX + i * shape.LeadingX, to = shape.OffsetY + i * shape.LeadingY;
            T largest = TReal.Zero;
            for (long f = 0; f < shape.Columns; f++)
            {
                T value = x[from + f], opposite = TReal.Zero - value, magnitude = value > opposite ? value : opposite;
                largest = magnitude > largest ? magnitude : largest;
            }
            T sum = TReal.Zero;
            if (largest > TReal.Zero)
            {
                for (long f = 0; f < shape.Columns; f++)
                {
                    T part = x[from + f] / largest;
                    sum = TReal.Fma(part, part, sum);
                }
            }
            T norm = TReal.Sqrt(sum);
            for (long f = 0; f < shape.Columns; f++)
            {
                T value = x[from + f];
                if (largest > TReal.Zero)
                    value = value / largest / norm;
                y[to + f] = value;
            }
        }
    }
}
