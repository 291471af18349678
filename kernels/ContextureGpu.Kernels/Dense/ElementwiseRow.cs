using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Element-wise operations on one row in host memory.</summary>
internal static class ElementwiseRow
{
    /// <summary>Rows start to end of a matrix to those of another; narrow blocks have little else to do, so it is fast from the first call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void CopyRows<T>(CpuMatrix<T> from, CpuMatrix<T> to, int start, int end)
        where T : unmanaged
    {
        int columns = from.Columns;
        T* source = from.Pointer + ((nint)start * from.LeadingDimension), target = to.Pointer + ((nint)start * to.LeadingDimension);
        for (int i = start; i < end; i++, source += from.LeadingDimension, target += to.LeadingDimension)
            new ReadOnlySpan<T>(source, columns).CopyTo(new Span<T>(target, columns));
    }

    /// <summary><c>y = s x</c>; y may be x.</summary>
    public static void Scale<T>(T s, ReadOnlySpan<T> x, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ReadOnlySpan<Vector<T>> wide = MemoryMarshal.Cast<T, Vector<T>>(x);
        Span<Vector<T>> target = MemoryMarshal.Cast<T, Vector<T>>(y);
        var factor = new Vector<T>(s);
        for (int j = 0; j < wide.Length; j++)
            target[j] = factor * wide[j];
        for (int j = wide.Length * Vector<T>.Count; j < x.Length; j++)
            y[j] = s * x[j];
    }

    /// <summary><c>y = alpha x + beta y</c>, where a zero factor hides what it multiplies; y may be x.</summary>
    public static void Combine<T>(T alpha, ReadOnlySpan<T> x, T beta, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (T.IsZero(alpha) && T.IsZero(beta))
        {
            y.Clear();
        }
        else if (T.IsZero(alpha))
        {
            Scale<T>(beta, y, y);
        }
        else if (T.IsZero(beta))
        {
            if (alpha == T.One)
                x.CopyTo(y);
            else
                Scale(alpha, x, y);
        }
        else
        {
            ReadOnlySpan<Vector<T>> wide = MemoryMarshal.Cast<T, Vector<T>>(x);
            Span<Vector<T>> target = MemoryMarshal.Cast<T, Vector<T>>(y);
            Vector<T> a = new(alpha), b = new(beta);
            for (int j = 0; j < wide.Length; j++)
                target[j] = (a * wide[j]) + (b * target[j]);
            for (int j = wide.Length * Vector<T>.Count; j < x.Length; j++)
                y[j] = (alpha * x[j]) + (beta * y[j]);
        }
    }
}
