using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// <c>C = alpha op(A) op(B) + beta C</c> in managed code. Every element is summed in the same order whatever the number of threads.
/// </summary>
internal static unsafe class PackedProduct<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Computes the product; C is row-major.</summary>
    public static void Multiply(
        Workers workers, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint leadingC, int m, int n, int k)
    {
        if (!Vector512.IsHardwareAccelerated)
            PackedProduct<T, PortableTile<T>>.Multiply(workers, alpha, a, b, beta, c, leadingC, m, n, k);
        else if (n > Vector512<T>.Count)
            PackedProduct<T, WideTile<T>>.Multiply(workers, alpha, a, b, beta, c, leadingC, m, n, k);
        else
            PackedProduct<T, NarrowTile<T>>.Multiply(workers, alpha, a, b, beta, c, leadingC, m, n, k);
    }
}

/// <summary>
/// The loops round a register tile: blocks of A of at most 168 x 256 stay in the second-level cache, a panel of B 256 deep in the first. Where C is small and the sums are long, the
/// sums are cut into chunks, which follow from the shape and are added in their order.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TTile">The tile.</typeparam>
internal static unsafe class PackedProduct<T, TTile>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TTile : struct, IRegisterTile<T>
{
    private const int BlockDepth = 256, BlockRows = 168;

    // Blocks of the inner dimension that are packed at a time: fewer meetings of the threads when it is long.
    private const int BlocksAtOnce = 8;

    // Panels up to which packing rows that lie in order costs more than it brings.
    private const int FewPanels = 4;

    // A chunk of a long sum, the most chunks, and the elements that all of them may take together.
    private const int ChunkDepth = 4 * BlockDepth, MostChunks = 64, MostPartialElements = 1 << 20;

    /// <inheritdoc cref="PackedProduct{T}.Multiply"/>
    public static void Multiply(
        Workers workers, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint leadingC, int m, int n, int k)
    {
        int chunks = (int)Math.Min(Math.Min(MostChunks, MostPartialElements / Math.Max(1, (long)m * n)), k / ChunkDepth);
        if (chunks >= 4)
            MultiplyChunks(workers, alpha, a, b, beta, c, leadingC, m, n, k, chunks);
        else
            MultiplyBlocks(workers, alpha, a, b, beta, c, leadingC, m, n, k);
    }

    private static void MultiplyBlocks(
        Workers workers, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint leadingC, int m, int n, int k)
    {
        int panelWidth = TTile.Columns, panels = (n + panelWidth - 1) / panelWidth;
        int rowBlock = Math.Min(BlockRows / TTile.Rows * TTile.Rows, Math.Max(TTile.Rows, RoundUp((m + (2 * workers.Count) - 1) / (2 * workers.Count), TTile.Rows)));
        int rowBlocks = (m + rowBlock - 1) / rowBlock;
        int depthAtOnce = (int)Math.Min(k, BlockDepth * Math.Clamp((4L << 20) / (sizeof(T) * BlockDepth * Math.Max(1L, (long)panels * panelWidth)), 1, BlocksAtOnce));
        long work = 2L * m * n * k;
        T* packedB = Panel<T>.Allocate((long)panels * panelWidth * depthAtOnce);
        try
        {
            for (int first = 0; first < k; first += depthAtOnce)
            {
                int depth = Math.Min(depthAtOnce, k - first);
                T old = first == 0 ? beta : T.One;
                workers.Run(panels, (long)n * depth, panel =>
                    Packing<T>.Columns(b, first, depth, panel * panelWidth, n, panelWidth, packedB + ((nint)panel * panelWidth * depth)));
                workers.Run(rowBlocks, work, block =>
                    MultiplyRows(alpha, a, block * rowBlock, Math.Min(rowBlock, m - (block * rowBlock)), first, depth, packedB, old, c, leadingC, n));
            }
        }
        finally
        {
            NativeMemory.AlignedFree(packedB);
        }
    }

    private static void MultiplyChunks(
        Workers workers, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint leadingC, int m, int n, int k, int chunks)
    {
        int panelWidth = TTile.Columns, panels = (n + panelWidth - 1) / panelWidth, chunkDepth = RoundUp((k + chunks - 1) / chunks, BlockDepth), size = m * n;
        chunks = (k + chunkDepth - 1) / chunkDepth;
        T* sums = Panel<T>.Allocate((long)chunks * size);
        try
        {
            workers.Run(chunks, 2L * m * n * k, chunk =>
            {
                T* packedB = Panel<T>.Allocate((long)panels * panelWidth * BlockDepth), partial = sums + ((nint)chunk * size);
                int begin = chunk * chunkDepth, end = Math.Min(k, begin + chunkDepth);
                for (int first = begin; first < end; first += BlockDepth)
                {
                    int depth = Math.Min(BlockDepth, end - first);
                    for (int panel = 0; panel < panels; panel++)
                        Packing<T>.Columns(b, first, depth, panel * panelWidth, n, panelWidth, packedB + ((nint)panel * panelWidth * depth));
                    MultiplyRows(T.One, a, 0, m, first, depth, packedB, first == begin ? T.Zero : T.One, partial, n, n);
                }
                NativeMemory.AlignedFree(packedB);
            });
            for (int chunk = 1; chunk < chunks; chunk++)
                ElementwiseRow.Combine(T.One, new ReadOnlySpan<T>(sums + ((nint)chunk * size), size), T.One, new Span<T>(sums, size));
            for (int i = 0; i < m; i++)
                ElementwiseRow.Combine(alpha, new ReadOnlySpan<T>(sums + ((nint)i * n), n), beta, new Span<T>(c + (i * leadingC), n));
        }
        finally
        {
            NativeMemory.AlignedFree(sums);
        }
    }

    // Rows top .. top + rows of A times the packed panels.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyRows(T alpha, Operand<T> a, int top, int rows, int first, int depth, T* packedB, T beta, T* c, nint leadingC, int n)
    {
        int height = TTile.Rows, panelWidth = TTile.Columns, strips = (rows + height - 1) / height;
        int inPlace = a.ColumnStride == 1 && n <= FewPanels * panelWidth ? rows / height : 0;
        T* packedA = inPlace == strips ? null : Panel<T>.Allocate((long)(strips - inPlace) * height * Math.Min(depth, BlockDepth));
        for (int from = 0; from < depth; from += BlockDepth)
        {
            int span = Math.Min(BlockDepth, depth - from);
            if (inPlace < strips)
                Packing<T>.Rows(a, top + (inPlace * height), rows - (inPlace * height), height, first + from, span, packedA);
            T old = from == 0 ? beta : T.One;
            for (int left = 0; left < n; left += panelWidth)
            {
                T* panel = packedB + ((nint)left * depth) + ((nint)from * panelWidth);
                for (int p = 0; p < strips; p++)
                {
                    int row = p * height;
                    bool packed = p >= inPlace;
                    T* strip = packed ? packedA + ((nint)(p - inPlace) * height * span) : a.Start + ((top + row) * a.RowStride) + first + from;
                    TTile.Multiply(
                        span, strip, packed ? 1 : a.RowStride, packed ? height : 1, panel, alpha, old, c + ((top + row) * leadingC) + left, leadingC,
                        Math.Min(height, rows - row), Math.Min(panelWidth, n - left));
                }
            }
        }
        NativeMemory.AlignedFree(packedA);
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
