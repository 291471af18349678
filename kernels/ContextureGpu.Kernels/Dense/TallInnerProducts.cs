using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary><c>C = A^T B</c> in float64 for matrices with many rows and few columns.</summary>
internal static unsafe class TallInnerProducts<TIn>
    where TIn : unmanaged
{
    /// <summary>Computes C, row-major (p, q), from A (n, p) and B (n, q), all at least 1. If A and B are the same matrix, half is computed and mirrored.</summary>
    public static void Compute(Workers workers, TIn* a, nint leadingA, int p, TIn* b, nint leadingB, int q, int n, Span<double> c)
    {
        int narrow = Math.Min(p, q);
        if (!Vector512.IsHardwareAccelerated)
        {
            if (narrow <= WideningTile256.MostRows)
                TallInnerProducts<TIn, WideningTile256>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
            else
                TallInnerProducts<TIn, PackedInnerTile<PortableTile<double>>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
        else if (Math.Max(p, q) <= Vector512<double>.Count)
        {
            TallInnerProducts<TIn, PackedInnerTile<NarrowTile<double>>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
        else if (narrow <= WideningTile512.MostRows)
        {
            TallInnerProducts<TIn, WideningTile512>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
        else
        {
            TallInnerProducts<TIn, PackedInnerTile<WideTile<double>>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
    }
}

/// <summary>
/// The rows are cut into chunks, each chunk is summed by itself, slab by slab, and the chunks are added in their order. The chunks follow from the shape, so the result does not
/// depend on the number of threads.
/// </summary>
internal static unsafe class TallInnerProducts<TIn, TTile>
    where TIn : unmanaged
    where TTile : struct, IInnerTile
{
    // A slab of the wide operand's panel stays in the first-level cache beside a strip of the narrow one.
    private const int SlabRows = 256;

    private const int ChunkRows = 512, MostChunks = 64;

    // Elements that the chunks' sums may take together.
    private const long MostPartialElements = 1 << 20;

    /// <inheritdoc cref="TallInnerProducts{TIn}.Compute"/>
    public static void Compute(Workers workers, TIn* a, nint leadingA, int p, TIn* b, nint leadingB, int q, int n, Span<double> c)
    {
        bool symmetric = a == b && p == q && leadingA == leadingB, swapped = q > p;
        TIn* wide = swapped ? b : a, narrow = swapped ? a : b;
        (nint leadingWide, nint leadingNarrow, int w, int v) = swapped ? (leadingB, leadingA, q, p) : (leadingA, leadingB, p, q);
        int panels = (w + TTile.Columns - 1) / TTile.Columns;
        int chunks = (int)Math.Clamp(Math.Min(MostPartialElements / ((long)v * w), ((long)n + ChunkRows - 1) / ChunkRows), 1, MostChunks);
        int rows = (int)(((long)n + chunks - 1) / chunks), groups = Math.Clamp(((2 * workers.Count) + chunks - 1) / chunks, 1, panels);
        double* sums = Panel<double>.Allocate((long)chunks * v * w);
        try
        {
            workers.Run(chunks * groups, 2L * n * v * w, task =>
            {
                int chunk = task / groups, first = chunk * rows;
                var part = new Part(
                    new Operand<TIn>(narrow + (first * leadingNarrow), 1, leadingNarrow), v, new Operand<TIn>(wide + (first * leadingWide), leadingWide, 1), w,
                    Math.Min(rows, n - first), symmetric, sums + ((nint)chunk * v * w));
                part.Add(task % groups, groups);
            });
            var total = new Span<double>(sums, v * w);
            for (int chunk = 1; chunk < chunks; chunk++)
                TensorPrimitives.Add(total, new ReadOnlySpan<double>(sums + ((nint)chunk * v * w), v * w), total);
            Store(sums, v, w, symmetric, transposed: !swapped, c);
        }
        finally
        {
            NativeMemory.AlignedFree(sums);
        }
    }

    // The sums are (v, w) = (narrow, wide), the lower triangle of them if symmetric.
    private static void Store(double* sums, int v, int w, bool symmetric, bool transposed, Span<double> c)
    {
        if (!symmetric && !transposed)
        {
            new Span<double>(sums, v * w).CopyTo(c);
            return;
        }
        for (int i = 0; i < v; i++)
        {
            for (int j = 0; j < (symmetric ? i + 1 : w); j++)
            {
                double value = sums[((nint)i * w) + j];
                c[(j * v) + i] = value;
                if (symmetric)
                    c[(i * v) + j] = value;
            }
        }
    }

    /// <summary>One chunk of rows.</summary>
    private readonly struct Part(Operand<TIn> narrow, int v, Operand<TIn> wide, int w, int rows, bool symmetric, double* sums)
    {
        /// <summary>Computes the panels <paramref name="group"/>, <paramref name="group"/> + <paramref name="groups"/>, ... of the chunk's sums.</summary>
        public void Add(int group, int groups)
        {
            int height = TTile.Rows, strips = (v + height - 1) / height, panelWidth = TTile.Columns, slab = Math.Min(SlabRows, rows);
            double* panel = Panel<double>.Allocate((long)slab * panelWidth), packed = Panel<double>.Allocate((long)slab * strips * height);
            for (int from = 0; from < rows; from += SlabRows)
            {
                int depth = Math.Min(SlabRows, rows - from);
                Packing<double>.Rows(narrow, 0, v, height, from, depth, packed);
                for (int left = group * panelWidth; left < w; left += groups * panelWidth)
                {
                    int columns = Math.Min(panelWidth, w - left);
                    bool inPlace = TTile.InPlace && columns == panelWidth;
                    if (!inPlace)
                        Packing<double>.Columns(wide, from, depth, left, w, panelWidth, panel);
                    for (int s = symmetric ? left / height : 0; s < strips; s++)
                    {
                        int row = s * height;
                        double* strip = packed + ((nint)row * depth), to = sums + ((nint)row * w) + left;
                        int count = Math.Min(height, v - row);
                        if (inPlace)
                            TTile.Multiply(depth, strip, wide.Start + (from * wide.RowStride) + left, wide.RowStride, from > 0, to, w, count, columns);
                        else if (TTile.InPlace)
                            Edge(depth, strip, panel, from > 0, to, count, columns);
                        else
                            TTile.Multiply(depth, strip, panel, panelWidth, from > 0, to, w, count, columns);
                    }
                }
            }
            NativeMemory.AlignedFree(packed);
            NativeMemory.AlignedFree(panel);
        }

        // The last columns of an operand in place, from a packed panel.
        [SkipLocalsInit]
        private void Edge(int depth, double* strip, double* panel, bool add, double* to, int count, int columns)
        {
            double* tile = stackalloc double[TTile.Rows * TTile.Columns];
            TTile.Multiply(depth, strip, panel, TTile.Columns, false, tile, TTile.Columns, count, TTile.Columns);
            for (int r = 0; r < count; r++)
                for (int j = 0; j < columns; j++)
                    to[((nint)r * w) + j] = tile[(r * TTile.Columns) + j] + (add ? to[((nint)r * w) + j] : 0);
        }
    }
}
