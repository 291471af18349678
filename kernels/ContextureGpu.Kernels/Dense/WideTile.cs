using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// 14 rows by 2 vectors of 512 bits: 28 accumulators, 2 vectors of B and 1 of A fit 32 registers. Rows are addressed from every third one, so that the addresses fit the 16 general
/// registers beside them.
/// </summary>
internal readonly unsafe struct WideTile<T> : IRegisterTile<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = 14;

    public static int Rows => Height;

    public static int Columns => 2 * Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply(
        int depth, T* a, nint rowStride, nint depthStride, T* b, T alpha, T beta, T* c, nint leadingC, int rows, int columns)
    {
        nint second = rowStride, third = 2 * rowStride;
        T* a0 = a, a3 = a + (3 * rowStride), a6 = a + (6 * rowStride), a9 = a + (9 * rowStride), a12 = a + (12 * rowStride);
        Vector512<T> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default;
        Vector512<T> s30 = default, s31 = default, s40 = default, s41 = default, s50 = default, s51 = default;
        Vector512<T> s60 = default, s61 = default, s70 = default, s71 = default, s80 = default, s81 = default;
        Vector512<T> s90 = default, s91 = default, sa0 = default, sa1 = default, sb0 = default, sb1 = default;
        Vector512<T> sc0 = default, sc1 = default, sd0 = default, sd1 = default;
        for (; depth > 0; depth--)
        {
            Vector512<T> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Vector512<T>.Count);
            Vector512<T> x = Vector512.Create(*a0);
            s00 = Lanes.Fma(x, b0, s00);
            s01 = Lanes.Fma(x, b1, s01);
            x = Vector512.Create(a0[second]);
            s10 = Lanes.Fma(x, b0, s10);
            s11 = Lanes.Fma(x, b1, s11);
            x = Vector512.Create(a0[third]);
            s20 = Lanes.Fma(x, b0, s20);
            s21 = Lanes.Fma(x, b1, s21);
            x = Vector512.Create(*a3);
            s30 = Lanes.Fma(x, b0, s30);
            s31 = Lanes.Fma(x, b1, s31);
            x = Vector512.Create(a3[second]);
            s40 = Lanes.Fma(x, b0, s40);
            s41 = Lanes.Fma(x, b1, s41);
            x = Vector512.Create(a3[third]);
            s50 = Lanes.Fma(x, b0, s50);
            s51 = Lanes.Fma(x, b1, s51);
            x = Vector512.Create(*a6);
            s60 = Lanes.Fma(x, b0, s60);
            s61 = Lanes.Fma(x, b1, s61);
            x = Vector512.Create(a6[second]);
            s70 = Lanes.Fma(x, b0, s70);
            s71 = Lanes.Fma(x, b1, s71);
            x = Vector512.Create(a6[third]);
            s80 = Lanes.Fma(x, b0, s80);
            s81 = Lanes.Fma(x, b1, s81);
            x = Vector512.Create(*a9);
            s90 = Lanes.Fma(x, b0, s90);
            s91 = Lanes.Fma(x, b1, s91);
            x = Vector512.Create(a9[second]);
            sa0 = Lanes.Fma(x, b0, sa0);
            sa1 = Lanes.Fma(x, b1, sa1);
            x = Vector512.Create(a9[third]);
            sb0 = Lanes.Fma(x, b0, sb0);
            sb1 = Lanes.Fma(x, b1, sb1);
            x = Vector512.Create(*a12);
            sc0 = Lanes.Fma(x, b0, sc0);
            sc1 = Lanes.Fma(x, b1, sc1);
            x = Vector512.Create(a12[second]);
            sd0 = Lanes.Fma(x, b0, sd0);
            sd1 = Lanes.Fma(x, b1, sd1);
            a0 += depthStride;
            a3 += depthStride;
            a6 += depthStride;
            a9 += depthStride;
            a12 += depthStride;
            b += 2 * Vector512<T>.Count;
        }
        Vector512<T>* sums = stackalloc Vector512<T>[2 * Height]
        {
            s00, s01, s10, s11, s20, s21, s30, s31, s40, s41, s50, s51, s60, s61,
            s70, s71, s80, s81, s90, s91, sa0, sa1, sb0, sb1, sc0, sc1, sd0, sd1,
        };
        for (int r = 0; r < rows; r++)
            Merge((T*)(sums + (2 * r)), alpha, beta, c + (r * leadingC), columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Merge(T* sum, T alpha, T beta, T* c, int columns)
    {
        int j = 0;
        bool overwrite = beta == T.Zero;
        for (; j <= columns - Vector512<T>.Count; j += Vector512<T>.Count)
        {
            Vector512<T> value = alpha * Vector512.Load(sum + j);
            if (!overwrite)
                value += beta * Vector512.Load(c + j);
            value.Store(c + j);
        }
        for (; j < columns; j++)
            c[j] = overwrite ? alpha * sum[j] : (alpha * sum[j]) + (beta * c[j]);
    }
}
