using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Points (m, d) in strips of two vectors, each strip feature by feature, so that one load brings a feature of many points. Missing points of the last strip are zeros.
/// </summary>
internal sealed unsafe class PackedPoints<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _dimension;
    private T* _strips;

    /// <summary>Copies the points.</summary>
    public PackedPoints(Workers workers, T* y, nint leadingDimension, int m, int dimension)
    {
        _dimension = dimension;
        int strips = (m + Strip - 1) / Strip;
        T* to = _strips = Panel<T>.Allocate((long)strips * Strip * dimension);
        var transposed = new Operand<T>(y, 1, leadingDimension);
        workers.Run(strips, (long)m * dimension, s => Panel<T>.PackColumns(transposed, 0, dimension, s * Strip, m, to + ((nint)s * Strip * dimension)));
    }

    ~PackedPoints() => NativeMemory.AlignedFree(_strips);

    /// <summary>Points in a strip.</summary>
    public static int Strip => Panel<T>.Columns;

    /// <summary>
    /// Squared distances, summed as squares of differences in the order of the features, from up to four points x to the points of whole strips
    /// <paramref name="firstStrip"/> .. <paramref name="firstStrip"/> + <paramref name="strips"/> - 1. Row r of the result starts at <c>to + r leadingTo</c>.
    /// </summary>
    public void SquaredDistances(T* x, nint leadingX, int rows, int firstStrip, int strips, T* to, nint leadingTo)
    {
        T* x0 = x, x1 = rows > 1 ? x + leadingX : x, x2 = rows > 2 ? x + (2 * leadingX) : x, x3 = rows > 3 ? x + (3 * leadingX) : x;
        T* to0 = to, to1 = rows > 1 ? to + leadingTo : to, to2 = rows > 2 ? to + (2 * leadingTo) : to, to3 = rows > 3 ? to + (3 * leadingTo) : to;
        for (int s = 0; s < strips; s++)
            FourRows(_strips + ((nint)(firstStrip + s) * Strip * _dimension), _dimension, x0, x1, x2, x3, to0 + (s * Strip), to1 + (s * Strip), to2 + (s * Strip), to3 + (s * Strip));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(T* y, int dimension, T* x0, T* x1, T* x2, T* x3, T* to0, T* to1, T* to2, T* to3)
    {
        int lanes = Vector<T>.Count;
        Vector<T> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        for (int f = 0; f < dimension; f++)
        {
            Vector<T> y0 = *(Vector<T>*)y, y1 = *(Vector<T>*)(y + lanes);
            y += 2 * lanes;
            var x = new Vector<T>(x0[f]);
            Vector<T> difference = x - y0;
            s00 = Lanes.Fma(difference, difference, s00);
            difference = x - y1;
            s01 = Lanes.Fma(difference, difference, s01);
            x = new Vector<T>(x1[f]);
            difference = x - y0;
            s10 = Lanes.Fma(difference, difference, s10);
            difference = x - y1;
            s11 = Lanes.Fma(difference, difference, s11);
            x = new Vector<T>(x2[f]);
            difference = x - y0;
            s20 = Lanes.Fma(difference, difference, s20);
            difference = x - y1;
            s21 = Lanes.Fma(difference, difference, s21);
            x = new Vector<T>(x3[f]);
            difference = x - y0;
            s30 = Lanes.Fma(difference, difference, s30);
            difference = x - y1;
            s31 = Lanes.Fma(difference, difference, s31);
        }
        // Unused rows alias row 0, which is written last.
        *(Vector<T>*)to3 = s30;
        *(Vector<T>*)(to3 + lanes) = s31;
        *(Vector<T>*)to2 = s20;
        *(Vector<T>*)(to2 + lanes) = s21;
        *(Vector<T>*)to1 = s10;
        *(Vector<T>*)(to1 + lanes) = s11;
        *(Vector<T>*)to0 = s00;
        *(Vector<T>*)(to0 + lanes) = s01;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_strips);
        _strips = null;
        GC.SuppressFinalize(this);
    }
}
