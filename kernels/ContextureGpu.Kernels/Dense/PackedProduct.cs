using System.Numerics;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// <c>C = alpha op(A) op(B) + beta C</c> in managed code by <see cref="Panel{T}"/>: blocks of A of at most 72 x 256 stay in the second-level cache, a panel of B 256 deep in the
/// first. Every element is summed in the same order whatever the number of threads.
/// </summary>
internal static unsafe class PackedProduct<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int BlockDepth = 256, BlockRows = 72;

    // Blocks of the inner dimension that are packed at a time: fewer meetings of the threads when it is long.
    private const int BlocksAtOnce = 8;

    /// <summary>Computes the product; C is row-major.</summary>
    public static void Multiply(
        Workers workers, T alpha, Operand<T> a, Operand<T> b, T beta, T* c, nint leadingC, int m, int n, int k)
    {
        int panelWidth = Panel<T>.Columns, panels = (n + panelWidth - 1) / panelWidth;
        int rowBlock = Math.Min(BlockRows, Math.Max(Panel<T>.Rows, RoundUp((m + (2 * workers.Count) - 1) / (2 * workers.Count), Panel<T>.Rows)));
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
                workers.Run(panels, (long)n * depth, panel => Panel<T>.PackColumns(b, first, depth, panel * panelWidth, n, packedB + ((nint)panel * panelWidth * depth)));
                workers.Run(rowBlocks, work, block =>
                    MultiplyRows(alpha, a, block * rowBlock, Math.Min(rowBlock, m - (block * rowBlock)), first, depth, packedB, old, c, leadingC, n));
            }
        }
        finally
        {
            NativeMemory.AlignedFree(packedB);
        }
    }

    // Rows top .. top + rows of A times the packed panels.
    private static void MultiplyRows(T alpha, Operand<T> a, int top, int rows, int first, int depth, T* packedB, T beta, T* c, nint leadingC, int n)
    {
        bool inPlace = a.ColumnStride == 1;
        int strips = (rows + Panel<T>.Rows - 1) / Panel<T>.Rows, panelWidth = Panel<T>.Columns;
        T* packedA = inPlace ? null : Panel<T>.Allocate((long)strips * Panel<T>.Rows * Math.Min(depth, BlockDepth));
        for (int from = 0; from < depth; from += BlockDepth)
        {
            int span = Math.Min(BlockDepth, depth - from);
            if (!inPlace)
                Panel<T>.PackRows(a, top, rows, first + from, span, packedA);
            for (int left = 0; left < n; left += panelWidth)
            {
                T* panel = packedB + ((nint)left * depth) + ((nint)from * panelWidth);
                for (int p = 0; p < strips; p++)
                {
                    int row = p * Panel<T>.Rows, height = Math.Min(Panel<T>.Rows, rows - row), width = Math.Min(panelWidth, n - left);
                    T* to = c + ((top + row) * leadingC) + left;
                    T old = from == 0 ? beta : T.One;
                    if (inPlace)
                        Panel<T>.Multiply(span, a.Start + ((top + row) * a.RowStride) + first + from, a.RowStride, 1, panel, alpha, old, to, leadingC, height, width);
                    else
                        Panel<T>.Multiply(span, packedA + ((nint)row * span), 1, Panel<T>.Rows, panel, alpha, old, to, leadingC, height, width);
                }
            }
        }
        NativeMemory.AlignedFree(packedA);
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
