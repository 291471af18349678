using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>12 rows by 1 vector of 512 bits, for products with few columns. Rows are addressed from every third one, as in <see cref="WideTile{T}"/>.</summary>
internal readonly unsafe struct NarrowTile<T> : IRegisterTile<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Height = 12;

    public static int Rows => Height;

    public static int Columns => Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply(
        int depth, T* a, nint rowStride, nint depthStride, T* b, T alpha, T beta, T* c, nint leadingC, int rows, int columns)
    {
        nint second = rowStride, third = 2 * rowStride;
        T* a0 = a, a3 = a + (3 * rowStride), a6 = a + (6 * rowStride), a9 = a + (9 * rowStride);
        Vector512<T> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        Vector512<T> s6 = default, s7 = default, s8 = default, s9 = default, sa = default, sb = default;
        for (; depth > 0; depth--)
        {
            Vector512<T> row = Vector512.Load(b);
            s0 = Lanes.Fma(Vector512.Create(*a0), row, s0);
            s1 = Lanes.Fma(Vector512.Create(a0[second]), row, s1);
            s2 = Lanes.Fma(Vector512.Create(a0[third]), row, s2);
            s3 = Lanes.Fma(Vector512.Create(*a3), row, s3);
            s4 = Lanes.Fma(Vector512.Create(a3[second]), row, s4);
            s5 = Lanes.Fma(Vector512.Create(a3[third]), row, s5);
            s6 = Lanes.Fma(Vector512.Create(*a6), row, s6);
            s7 = Lanes.Fma(Vector512.Create(a6[second]), row, s7);
            s8 = Lanes.Fma(Vector512.Create(a6[third]), row, s8);
            s9 = Lanes.Fma(Vector512.Create(*a9), row, s9);
            sa = Lanes.Fma(Vector512.Create(a9[second]), row, sa);
            sb = Lanes.Fma(Vector512.Create(a9[third]), row, sb);
            a0 += depthStride;
            a3 += depthStride;
            a6 += depthStride;
            a9 += depthStride;
            b += Vector512<T>.Count;
        }
        Vector512<T>* sums = stackalloc Vector512<T>[Height] { s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, sa, sb };
        bool overwrite = beta == T.Zero;
        for (int r = 0; r < rows; r++, c += leadingC)
        {
            if (columns == Vector512<T>.Count)
            {
                Vector512<T> value = alpha * sums[r];
                (overwrite ? value : value + (beta * Vector512.Load(c))).Store(c);
                continue;
            }
            T* sum = (T*)(sums + r);
            for (int j = 0; j < columns; j++)
                c[j] = overwrite ? alpha * sum[j] : (alpha * sum[j]) + (beta * c[j]);
        }
    }
}
