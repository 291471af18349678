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
/// <c>C = alpha op(A) op(B) + beta C</c> in managed code: blocks of both operands are packed into panels that the innermost loop reads in order
/// (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008). Operands of type TIn are converted to T while they are packed.
/// <para>Panel shapes: A in strips of 6 rows, B in strips of 2 vectors; 12 accumulators, 2 vectors of B and 1 of A fit 16 registers. A block of
/// A is at most 72 x 256 (L2), a strip of B 256 deep (L1). Every element is summed in the same order whatever the number of threads.</para>
/// </summary>
internal static unsafe class PackedProduct<TIn, T>
    where TIn : unmanaged, IBinaryFloatingPointIeee754<TIn>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of a strip of A.</summary>
    public const int RowStrip = 6;

    private const int BlockDepth = 256, BlockRows = 72;

    // Blocks of the inner dimension that are packed at a time: fewer meetings of the threads when it is long.
    private const int BlocksAtOnce = 8;

    /// <summary>Columns of a strip of B.</summary>
    public static int ColumnStrip => 2 * Vector<T>.Count;

    /// <summary>Computes the product; C is row-major. With <paramref name="lowerOnly"/>, tiles strictly above the diagonal are left alone.</summary>
    public static void Multiply(
        Workers workers, T alpha, Operand<TIn> a, Operand<TIn> b, T beta, T* c, nint leadingC, int m, int n, int k, bool lowerOnly = false)
    {
        int columnStrips = (n + ColumnStrip - 1) / ColumnStrip;
        int rowBlock = Math.Min(BlockRows, Math.Max(RowStrip, RoundUp((m + (2 * workers.Count) - 1) / (2 * workers.Count), RowStrip)));
        int rowBlocks = (m + rowBlock - 1) / rowBlock;
        int depthAtOnce = (int)Math.Min(k, BlockDepth * Math.Clamp((4L << 20) / (sizeof(T) * BlockDepth * Math.Max(1L, (long)columnStrips * ColumnStrip)), 1, BlocksAtOnce));
        long work = 2L * m * n * k;
        T* packedB = Allocate((long)columnStrips * ColumnStrip * depthAtOnce);
        try
        {
            for (int first = 0; first < k; first += depthAtOnce)
            {
                int depth = Math.Min(depthAtOnce, k - first);
                bool initial = first == 0;
                workers.Run(columnStrips, work, strip => PackColumns(b, first, depth, strip * ColumnStrip, n, packedB + ((nint)strip * ColumnStrip * depth)));
                workers.Run(rowBlocks, work, block =>
                {
                    int top = block * rowBlock, rows = Math.Min(rowBlock, m - top), strips = (rows + RowStrip - 1) / RowStrip;
                    T* packedA = Allocate((long)strips * RowStrip * Math.Min(depth, BlockDepth));
                    try
                    {
                        for (int from = 0; from < depth; from += BlockDepth)
                        {
                            int span = Math.Min(BlockDepth, depth - from);
                            PackRows(a, top, rows, first + from, span, packedA);
                            T old = initial && from == 0 ? beta : T.One;
                            for (int q = 0; q < columnStrips; q++)
                            {
                                int left = q * ColumnStrip;
                                T* panelB = packedB + ((nint)q * ColumnStrip * depth) + ((nint)from * ColumnStrip);
                                for (int p = 0; p < strips; p++)
                                {
                                    int row = top + (p * RowStrip);
                                    if (lowerOnly && left > row + RowStrip - 1)
                                        continue;
                                    MultiplyStrip(
                                        span, packedA + ((nint)p * RowStrip * span), panelB, alpha, old, c + (row * leadingC) + left, leadingC,
                                        Math.Min(RowStrip, m - row), Math.Min(ColumnStrip, n - left));
                                }
                            }
                        }
                    }
                    finally
                    {
                        NativeMemory.AlignedFree(packedA);
                    }
                });
            }
        }
        finally
        {
            NativeMemory.AlignedFree(packedB);
        }
    }

    /// <summary>Aligned memory with undefined contents, to be freed with <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static T* Allocate(long elements) => (T*)NativeMemory.AlignedAlloc((nuint)(Math.Max(1, elements) * sizeof(T)), CpuStorage.Alignment);

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    /// <summary>op(A)[top .. top + rows, from .. from + depth] in strips of 6 rows, each strip depth-major; missing rows are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackRows(Operand<TIn> a, int top, int rows, int from, int depth, T* to)
    {
        for (int row = 0; row < rows; row += RowStrip)
        {
            int count = Math.Min(RowStrip, rows - row);
            for (int r = 0; r < RowStrip; r++)
            {
                TIn* source = a.Start + ((top + row + r) * a.RowStride) + (from * a.ColumnStride);
                T* target = to + r;
                if (r < count)
                {
                    for (int l = 0; l < depth; l++)
                        target[(nint)l * RowStrip] = Convert(source[l * a.ColumnStride]);
                }
                else
                {
                    for (int l = 0; l < depth; l++)
                        target[(nint)l * RowStrip] = T.Zero;
                }
            }
            to += (nint)RowStrip * depth;
        }
    }

    /// <summary>op(B)[from .. from + depth, left .. left + strip], depth-major; missing columns are zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackColumns(Operand<TIn> b, int from, int depth, int left, int n, T* to)
    {
        int strip = ColumnStrip, count = Math.Min(strip, n - left);
        for (int l = 0; l < depth; l++)
        {
            TIn* source = b.Start + ((from + l) * b.RowStride) + (left * b.ColumnStride);
            for (int j = 0; j < count; j++)
                to[j] = Convert(source[j * b.ColumnStride]);
            for (int j = count; j < strip; j++)
                to[j] = T.Zero;
            to += strip;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Convert(TIn value)
    {
        if (typeof(TIn) == typeof(T))
            return (T)(object)value;
        return (T)(object)(double)(float)(object)value;
    }

    /// <summary><c>c = alpha (strip of A)(strip of B) + beta c</c> for rows x columns of C, at most 6 x 2 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyStrip(int depth, T* a, T* b, T alpha, T beta, T* c, nint leadingC, int rows, int columns)
    {
        int lanes = Vector<T>.Count;
        Vector<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default;
        Vector<T> c30 = default, c31 = default, c40 = default, c41 = default, c50 = default, c51 = default;
        for (int l = 0; l < depth; l++)
        {
            Vector<T> b0 = *(Vector<T>*)b, b1 = *(Vector<T>*)(b + lanes);
            var x = new Vector<T>(a[0]);
            c00 = Lanes.Fma(x, b0, c00);
            c01 = Lanes.Fma(x, b1, c01);
            x = new Vector<T>(a[1]);
            c10 = Lanes.Fma(x, b0, c10);
            c11 = Lanes.Fma(x, b1, c11);
            x = new Vector<T>(a[2]);
            c20 = Lanes.Fma(x, b0, c20);
            c21 = Lanes.Fma(x, b1, c21);
            x = new Vector<T>(a[3]);
            c30 = Lanes.Fma(x, b0, c30);
            c31 = Lanes.Fma(x, b1, c31);
            x = new Vector<T>(a[4]);
            c40 = Lanes.Fma(x, b0, c40);
            c41 = Lanes.Fma(x, b1, c41);
            x = new Vector<T>(a[5]);
            c50 = Lanes.Fma(x, b0, c50);
            c51 = Lanes.Fma(x, b1, c51);
            a += RowStrip;
            b += 2 * lanes;
        }
        Vector<T>* tile = stackalloc Vector<T>[2 * RowStrip] { c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51 };
        for (int r = 0; r < rows; r++)
            Merge((T*)(tile + (2 * r)), alpha, beta, c + (r * leadingC), columns);
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
