using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>The innermost sums of <see cref="TallInnerProducts{TIn}"/>: a packed strip of a narrow operand by some columns of a wide one.</summary>
/// <typeparam name="T">Type of the terms and of sums over a slab: that of packed operands. Slabs are added in float64.</typeparam>
internal unsafe interface IInnerTile<T>
    where T : unmanaged
{
    /// <summary>Rows of a strip of the narrow operand.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the wide operand.</summary>
    static abstract int Columns { get; }

    /// <summary>Whether the wide operand is read where it lies and widened in registers, a whole tile at a time; otherwise it is a packed panel.</summary>
    static abstract bool InPlace { get; }

    /// <summary><c>c = A^T B</c>, or that added to c.</summary>
    /// <typeparam name="TIn">float or double; T for a packed panel.</typeparam>
    /// <param name="depth">Terms of each sum, added in their order.</param>
    /// <param name="a">The strip, depth-major.</param>
    /// <param name="b">Row 0 of the wide operand.</param>
    /// <param name="leadingB">From one of its rows to the next.</param>
    /// <param name="add">Whether the old contents count.</param>
    /// <param name="c">Element (0, 0) of the tile.</param>
    /// <param name="leadingC">From one row of C to the next.</param>
    /// <param name="rows">Rows of the tile, at most <see cref="Rows"/>.</param>
    /// <param name="columns">Columns of the tile, <see cref="Columns"/> where the operand lies in place.</param>
    static abstract void Multiply<TIn>(int depth, T* a, TIn* b, nint leadingB, bool add, double* c, nint leadingC, int rows, int columns)
        where TIn : unmanaged;
}

/// <summary>A register tile on packed panels: for many rows, which share one packed copy.</summary>
/// <typeparam name="TTile">The register tile.</typeparam>
internal readonly unsafe struct PackedInnerTile<TTile> : IInnerTile<double>
    where TTile : struct, IRegisterTile<double>
{
    public static int Rows => TTile.Rows;

    public static int Columns => TTile.Columns;

    public static bool InPlace => false;

    public static void Multiply<TIn>(int depth, double* a, TIn* b, nint leadingB, bool add, double* c, nint leadingC, int rows, int columns)
        where TIn : unmanaged =>
        TTile.Multiply(depth, a, 1, TTile.Rows, (double*)b, 1, add ? 1 : 0, c, leadingC, rows, columns);
}

/// <summary>
/// 8 rows by 2 vectors of 512 bits in place: for few rows, a packed copy of the wide operand costs more than the products. Terms and the sums of a slab are of type T.
/// </summary>
internal readonly unsafe struct InPlaceTile512<T> : IInnerTile<T>
    where T : unmanaged
{
    private const int Height = 8;

    public static int Rows => Height;

    public static int Columns => 2 * Vector512<T>.Count;

    public static bool InPlace => true;

    /// <summary>Rows of the narrow operand up to which it pays.</summary>
    public static int MostRows => 3 * Height;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TIn>(int depth, T* a, TIn* b, nint leadingB, bool add, double* c, nint leadingC, int rows, int columns)
        where TIn : unmanaged
    {
        T* sums = stackalloc T[Height * Columns];
        Sum(depth, a, b, leadingB, sums);
        SlabSums.Merge(sums, Columns, rows, add, c, leadingC);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Sum<TIn>(int depth, T* a, TIn* b, nint leadingB, T* sums)
        where TIn : unmanaged
    {
        Vector512<T> s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        Vector512<T> s40 = default, s41 = default, s50 = default, s51 = default, s60 = default, s61 = default, s70 = default, s71 = default;
        for (; depth > 0; depth--)
        {
            Vector512<T> b0 = Load(b), b1 = Load(b + Vector512<T>.Count);
            Vector512<T> x = Vector512.Create(a[0]);
            s00 = Lanes.Fma(x, b0, s00);
            s01 = Lanes.Fma(x, b1, s01);
            x = Vector512.Create(a[1]);
            s10 = Lanes.Fma(x, b0, s10);
            s11 = Lanes.Fma(x, b1, s11);
            x = Vector512.Create(a[2]);
            s20 = Lanes.Fma(x, b0, s20);
            s21 = Lanes.Fma(x, b1, s21);
            x = Vector512.Create(a[3]);
            s30 = Lanes.Fma(x, b0, s30);
            s31 = Lanes.Fma(x, b1, s31);
            x = Vector512.Create(a[4]);
            s40 = Lanes.Fma(x, b0, s40);
            s41 = Lanes.Fma(x, b1, s41);
            x = Vector512.Create(a[5]);
            s50 = Lanes.Fma(x, b0, s50);
            s51 = Lanes.Fma(x, b1, s51);
            x = Vector512.Create(a[6]);
            s60 = Lanes.Fma(x, b0, s60);
            s61 = Lanes.Fma(x, b1, s61);
            x = Vector512.Create(a[7]);
            s70 = Lanes.Fma(x, b0, s70);
            s71 = Lanes.Fma(x, b1, s71);
            a += Height;
            b += leadingB;
        }
        var to = (Vector512<T>*)sums;
        (to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7]) = (s00, s01, s10, s11, s20, s21, s30, s31);
        (to[8], to[9], to[10], to[11], to[12], to[13], to[14], to[15]) = (s40, s41, s50, s51, s60, s61, s70, s71);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Load<TIn>(TIn* source)
        where TIn : unmanaged => typeof(TIn) == typeof(T)
        ? Vector512.Load((T*)source)
        : Vector512.WidenLower(Vector256.Load((float*)source).ToVector512Unsafe()).As<double, T>();
}

/// <summary>4 rows by 3 vectors of 256 bits in place: 12 sums, 3 vectors and 1 element fill 16 registers. Terms and the sums of a slab are of type T.</summary>
internal readonly unsafe struct InPlaceTile256<T> : IInnerTile<T>
    where T : unmanaged
{
    private const int Height = 4, Vectors = 3;

    public static int Rows => Height;

    public static int Columns => Vectors * Vector256<T>.Count;

    public static bool InPlace => true;

    /// <inheritdoc cref="InPlaceTile512{T}.MostRows"/>
    public static int MostRows => Vector256.IsHardwareAccelerated ? 2 * Height : 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply<TIn>(int depth, T* a, TIn* b, nint leadingB, bool add, double* c, nint leadingC, int rows, int columns)
        where TIn : unmanaged
    {
        T* sums = stackalloc T[Height * Columns];
        Sum(depth, a, b, leadingB, sums);
        SlabSums.Merge(sums, Columns, rows, add, c, leadingC);
    }

    // A method of its own: see Panel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Sum<TIn>(int depth, T* a, TIn* b, nint leadingB, T* sums)
        where TIn : unmanaged
    {
        Vector256<T> s00 = default, s01 = default, s02 = default, s10 = default, s11 = default, s12 = default;
        Vector256<T> s20 = default, s21 = default, s22 = default, s30 = default, s31 = default, s32 = default;
        for (; depth > 0; depth--)
        {
            Vector256<T> b0 = Load(b), b1 = Load(b + Vector256<T>.Count), b2 = Load(b + (2 * Vector256<T>.Count));
            Vector256<T> x = Vector256.Create(a[0]);
            s00 = Lanes.Fma(x, b0, s00);
            s01 = Lanes.Fma(x, b1, s01);
            s02 = Lanes.Fma(x, b2, s02);
            x = Vector256.Create(a[1]);
            s10 = Lanes.Fma(x, b0, s10);
            s11 = Lanes.Fma(x, b1, s11);
            s12 = Lanes.Fma(x, b2, s12);
            x = Vector256.Create(a[2]);
            s20 = Lanes.Fma(x, b0, s20);
            s21 = Lanes.Fma(x, b1, s21);
            s22 = Lanes.Fma(x, b2, s22);
            x = Vector256.Create(a[3]);
            s30 = Lanes.Fma(x, b0, s30);
            s31 = Lanes.Fma(x, b1, s31);
            s32 = Lanes.Fma(x, b2, s32);
            a += Height;
            b += leadingB;
        }
        var to = (Vector256<T>*)sums;
        (to[0], to[1], to[2], to[3], to[4], to[5]) = (s00, s01, s02, s10, s11, s12);
        (to[6], to[7], to[8], to[9], to[10], to[11]) = (s20, s21, s22, s30, s31, s32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Load<TIn>(TIn* source)
        where TIn : unmanaged => typeof(TIn) == typeof(T)
        ? Vector256.Load((T*)source)
        : Vector256.WidenLower(Vector128.Load((float*)source).ToVector256Unsafe()).As<double, T>();
}

/// <summary>The sums of one slab.</summary>
internal static unsafe class SlabSums
{
    /// <summary>Writes sums, or adds them, in float64.</summary>
    /// <param name="sums">Row-major (<paramref name="rows"/> at least, <paramref name="columns"/>).</param>
    /// <param name="columns">A multiple of 4.</param>
    /// <param name="rows">Rows that are wanted.</param>
    /// <param name="add">Whether the old contents count.</param>
    /// <param name="c">Element (0, 0) of the tile.</param>
    /// <param name="leadingC">From one row of C to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Merge<T>(T* sums, int columns, int rows, bool add, double* c, nint leadingC)
        where T : unmanaged
    {
        for (int r = 0; r < rows; r++, c += leadingC, sums += columns)
        {
            for (int j = 0; j < columns; j += Vector256<double>.Count)
            {
                Vector256<double> sum = typeof(T) == typeof(double) ? Vector256.Load((double*)(sums + j)) : Vector256.WidenLower(Vector128.Load((float*)(sums + j)).ToVector256Unsafe());
                (add ? sum + Vector256.Load(c + j) : sum).Store(c + j);
            }
        }
    }
}
