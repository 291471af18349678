using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// 8 rows of a packed narrow operand by 2 vectors of 512 bits of a wide one, which is read where it lies and widened to float64 in registers: for few rows, a packed copy of the
/// wide operand costs more than the products.
/// </summary>
/// <typeparam name="TIn">float or double.</typeparam>
internal static unsafe class WideningTile<TIn>
    where TIn : unmanaged
{
    /// <summary>Rows of a strip.</summary>
    public const int Rows = 8;

    /// <summary>Columns of the wide operand.</summary>
    public static int Columns => 2 * Vector512<double>.Count;

    /// <summary>Whether it pays: few rows, and vectors of 512 bits at full speed.</summary>
    public static bool Pays(int rows) => Vector512.IsHardwareAccelerated && rows <= 3 * Rows;

    /// <summary><c>c = A^T B</c>, or that added to c, for rows x 16 elements of C.</summary>
    /// <param name="depth">Terms of each sum, added in their order.</param>
    /// <param name="a">A strip of 8 packed rows, depth-major.</param>
    /// <param name="b">Row 0 of the wide operand.</param>
    /// <param name="leadingB">From one of its rows to the next.</param>
    /// <param name="add">Whether the old contents count.</param>
    /// <param name="c">Element (0, 0) of the tile.</param>
    /// <param name="leadingC">From one row of C to the next.</param>
    /// <param name="rows">Rows of the tile, at most 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply(int depth, double* a, TIn* b, nint leadingB, bool add, double* c, nint leadingC, int rows)
    {
        Vector512<double> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        Vector512<double> s40 = default, s41 = default, s50 = default, s51 = default, s60 = default, s61 = default, s70 = default, s71 = default;
        for (; depth > 0; depth--)
        {
            Vector512<double> b0 = Load(b), b1 = Load(b + Vector512<double>.Count);
            Vector512<double> x = Vector512.Create(a[0]);
            s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
            x = Vector512.Create(a[1]);
            s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
            x = Vector512.Create(a[2]);
            s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
            x = Vector512.Create(a[3]);
            s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
            x = Vector512.Create(a[4]);
            s40 = Vector512.FusedMultiplyAdd(x, b0, s40);
            s41 = Vector512.FusedMultiplyAdd(x, b1, s41);
            x = Vector512.Create(a[5]);
            s50 = Vector512.FusedMultiplyAdd(x, b0, s50);
            s51 = Vector512.FusedMultiplyAdd(x, b1, s51);
            x = Vector512.Create(a[6]);
            s60 = Vector512.FusedMultiplyAdd(x, b0, s60);
            s61 = Vector512.FusedMultiplyAdd(x, b1, s61);
            x = Vector512.Create(a[7]);
            s70 = Vector512.FusedMultiplyAdd(x, b0, s70);
            s71 = Vector512.FusedMultiplyAdd(x, b1, s71);
            a += Rows;
            b += leadingB;
        }
        Vector512<double>* sums = stackalloc Vector512<double>[2 * Rows] { s00, s01, s10, s11, s20, s21, s30, s31, s40, s41, s50, s51, s60, s61, s70, s71 };
        for (int r = 0; r < rows; r++, c += leadingC)
        {
            (Vector512<double> low, Vector512<double> high) = (sums[2 * r], sums[(2 * r) + 1]);
            if (add)
                (low, high) = (low + Vector512.Load(c), high + Vector512.Load(c + Vector512<double>.Count));
            low.Store(c);
            high.Store(c + Vector512<double>.Count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load(TIn* source) => sizeof(TIn) == sizeof(double)
        ? Vector512.Load((double*)source)
        : Vector512.WidenLower(Vector256.Load((float*)source).ToVector512Unsafe());
}
