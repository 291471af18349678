using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shape and places of an operation on the elements of two matrices.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct ElementwiseShape<T>
    where T : unmanaged
{
    /// <summary>Number of elements, rows times columns.</summary>
    public long Elements;

    /// <summary>Columns of both matrices.</summary>
    public long Columns;

    /// <summary>First elements and leading dimensions of X and Y.</summary>
    public long OffsetX, LeadingX, OffsetY, LeadingY;

    /// <summary>First element and stride of the column of row scales.</summary>
    public long OffsetScale, LeadingScale;

    /// <summary>Factors of X and of Y.</summary>
    public T Alpha, Beta;
}

/// <summary>
/// Operations that touch each element once: a thread an element, numbered row-major, so that neighbours read neighbours. Bound by memory.
/// </summary>
internal static class ElementwiseKernels
{
    /// <summary><c>y = alpha x + beta y</c>; a factor of 0 keeps its operand from being read.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Combine<T, TReal>(ArrayView<T> x, ArrayView<T> y, ElementwiseShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns, at = shape.OffsetY + i * shape.LeadingY + j;
            T value = TReal.Zero;                   // nothing is added to a lone term: 0 + (-0) would lose the sign in a copy
            if (shape.Beta != TReal.Zero)
                value = shape.Beta * y[at];
            if (shape.Alpha != TReal.Zero)
            {
                T term = x[shape.OffsetX + i * shape.LeadingX + j];
                if (shape.Beta != TReal.Zero)
                    value = TReal.Fma(shape.Alpha, term, value);
                else
                    value = shape.Alpha * term;
            }
            y[at] = value;
        }
    }

    /// <summary><c>y_ij = s_i x_ij</c>.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void ScaleRows<T>(ArrayView<T> scale, ArrayView<T> x, ArrayView<T> y, ElementwiseShape<T> shape)
        where T : unmanaged, INumber<T>
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            y[shape.OffsetY + i * shape.LeadingY + j] = scale[shape.OffsetScale + i * shape.LeadingScale] * x[shape.OffsetX + i * shape.LeadingX + j];
        }
    }

    /// <summary><c>y_ij = alpha</c>.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Fill<T>(ArrayView<T> y, ElementwiseShape<T> shape)
        where T : unmanaged
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            y[shape.OffsetY + i * shape.LeadingY + j] = shape.Alpha;
        }
    }
}
