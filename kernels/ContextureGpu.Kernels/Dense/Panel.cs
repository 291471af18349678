using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>An operand of a product: element (i, j) of op(A) lies at <c>Start + i RowStride + j ColumnStride</c>.</summary>
internal readonly unsafe struct Operand<T>(T* start, nint rowStride, nint columnStride)
    where T : unmanaged
{
    public readonly T* Start = start;
    public readonly nint RowStride = rowStride, ColumnStride = columnStride;

    /// <summary>A row-major matrix as it is or transposed.</summary>
    public static Operand<T> Of(T* start, int leadingDimension, Orientation orientation) =>
        orientation == Orientation.Normal ? new(start, leadingDimension, 1) : new(start, 1, leadingDimension);
}

/// <summary>
/// The innermost product: 6 rows of A times a panel of 2 vectors of B, so that 12 accumulators, 2 vectors of B and 1 of A fit 16 registers. B is packed (Goto and van de Geijn,
/// "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008); A is read where it lies if its rows are contiguous, and packed otherwise. Packing converts to T.
/// </summary>
internal static unsafe class Panel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of A at a time.</summary>
    public const int Rows = 6;

    /// <summary>Columns of B at a time.</summary>
    public static int Columns => 2 * Vector<T>.Count;

    /// <summary>Aligned memory with undefined contents, to be freed with <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static T* Allocate(long elements) => (T*)NativeMemory.AlignedAlloc((nuint)(Math.Max(1, elements) * sizeof(T)), CpuStorage.Alignment);

    /// <summary>op(B)[from .. from + depth, left .. left + panel], depth-major; missing columns are zeros.</summary>
    public static void PackColumns<TIn>(Operand<TIn> b, int from, int depth, int left, int n, T* to)
        where TIn : unmanaged =>
        Packing<T>.Columns(b, from, depth, left, n, Columns, to);

    /// <summary><c>c = alpha A B + beta c</c> for rows x columns of C, at most 6 x 2 vectors. B is a packed panel.</summary>
    /// <param name="depth">Terms of each sum, added in their order.</param>
    /// <param name="a">Element (r, l) of A lies at <c>r rowStride + l depthStride</c>.</param>
    /// <param name="rowStride">1 for a packed strip, the leading dimension for rows in place.</param>
    /// <param name="depthStride">6 for a packed strip, 1 for rows in place.</param>
    /// <param name="b">The panel.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of the old contents; 0 ignores them.</param>
    /// <param name="c">Element (0, 0) of the tile.</param>
    /// <param name="leadingC">From one row of C to the next.</param>
    /// <param name="rows">Rows of the tile; A is not read beyond them.</param>
    /// <param name="columns">Columns of the tile.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Multiply(
        int depth, T* a, nint rowStride, nint depthStride, T* b, T alpha, T beta, T* c, nint leadingC, int rows, int columns)
    {
        Vector<T>* tile = stackalloc Vector<T>[2 * Rows];
        Sum(depth, a, rowStride, depthStride, b, rows, tile);
        for (int r = 0; r < rows; r++)
            Merge((T*)(tile + (2 * r)), alpha, beta, c + (r * leadingC), columns);
    }

    /// <summary>
    /// The sums of a tile. A method of its own, with nothing else in it: of 16 registers the loop needs all, and with alpha and beta at hand or a call behind it (one clears the stack
    /// where locals are initialised) the compiler spills accumulators in every turn.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Sum(int depth, T* a, nint rowStride, nint depthStride, T* b, int rows, Vector<T>* tile)
    {
        int lanes = Vector<T>.Count;
        T* a0 = a, a1 = rows > 1 ? a + rowStride : a, a2 = rows > 2 ? a + (2 * rowStride) : a;
        T* a3 = rows > 3 ? a + (3 * rowStride) : a, a4 = rows > 4 ? a + (4 * rowStride) : a, a5 = rows > 5 ? a + (5 * rowStride) : a;
        Vector<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector<T> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        nint end = depth * depthStride;
        for (nint l = 0; l < end; l += depthStride)
        {
            Vector<T> b0 = *(Vector<T>*)b, b1 = *(Vector<T>*)(b + lanes);
            var x = new Vector<T>(a0[l]);
            c00 = Lanes.Fma(x, b0, c00);
            c01 = Lanes.Fma(x, b1, c01);
            x = new Vector<T>(a1[l]);
            c10 = Lanes.Fma(x, b0, c10);
            c11 = Lanes.Fma(x, b1, c11);
            x = new Vector<T>(a2[l]);
            c20 = Lanes.Fma(x, b0, c20);
            c21 = Lanes.Fma(x, b1, c21);
            x = new Vector<T>(a3[l]);
            c30 = Lanes.Fma(x, b0, c30);
            c31 = Lanes.Fma(x, b1, c31);
            x = new Vector<T>(a4[l]);
            c40 = Lanes.Fma(x, b0, c40);
            c41 = Lanes.Fma(x, b1, c41);
            x = new Vector<T>(a5[l]);
            c50 = Lanes.Fma(x, b0, c50);
            c51 = Lanes.Fma(x, b1, c51);
            b += 2 * lanes;
        }
        (tile[0], tile[1], tile[2], tile[3], tile[4], tile[5]) = (c00, c01, c10, c11, c20, c21);
        (tile[6], tile[7], tile[8], tile[9], tile[10], tile[11]) = (c30, c31, c40, c41, c50, c51);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Merge(T* sum, T alpha, T beta, T* c, int columns)
    {
        int lanes = Vector<T>.Count, j = 0;
        var factor = new Vector<T>(alpha);
        var old = new Vector<T>(beta);
        bool overwrite = beta == T.Zero;
        for (; j <= columns - lanes; j += lanes)
        {
            Vector<T> value = factor * *(Vector<T>*)(sum + j);
            *(Vector<T>*)(c + j) = overwrite ? value : value + (old * *(Vector<T>*)(c + j));
        }
        for (; j < columns; j++)
            c[j] = overwrite ? alpha * sum[j] : (alpha * sum[j]) + (beta * c[j]);
    }
}
