using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>A radial kernel and the offsets in its exponent, as the device needs them.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct RadialExponent<T>
    where T : unmanaged, INumber<T>
{
    /// <summary>First elements and strides of a (rows) and b (columns); a stride of 0 repeats one element.</summary>
    public long OffsetRow, LeadingRow, OffsetColumn, LeadingColumn;

    /// <summary>Minus gamma.</summary>
    public T NegativeGamma;

    /// <summary>1 for the exponential kernel, which takes the root of the sum over the features, 0 for the others.</summary>
    public int OfDistance;

    /// <summary><c>log k - b</c> for four rows against one column with offset b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Four<T> Of<TReal>(Four<T> sum, T columnOffset)
        where TReal : struct, IReal<T>
    {
        Four<T> r = sum;
        if (OfDistance != 0)
        {
            r.X = TReal.Sqrt(sum.X);
            r.Y = TReal.Sqrt(sum.Y);
            r.Z = TReal.Sqrt(sum.Z);
            r.W = TReal.Sqrt(sum.W);
        }
        r.X = TReal.Fma(NegativeGamma, r.X, -columnOffset);
        r.Y = TReal.Fma(NegativeGamma, r.Y, -columnOffset);
        r.Z = TReal.Fma(NegativeGamma, r.Z, -columnOffset);
        r.W = TReal.Fma(NegativeGamma, r.W, -columnOffset);
        return r;
    }
}
