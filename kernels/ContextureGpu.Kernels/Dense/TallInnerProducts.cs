using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary><c>C = A^T B</c> for matrices with many rows and few columns.</summary>
internal static unsafe class TallInnerProducts<TIn>
    where TIn : unmanaged
{
    /// <summary>
    /// As <see cref="Compute"/>, but on float32 with 256-bit vectors at least in short sums of float32 that are added in float64: twice the lanes, and nothing to convert before.
    /// </summary>
    public static void ComputeShort(Workers workers, TIn* a, nint leadingA, int p, TIn* b, nint leadingB, int q, int n, Span<double> c)
    {
        if (sizeof(TIn) != sizeof(float) || !Vector256.IsHardwareAccelerated)
            Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        else if (Vector512.IsHardwareAccelerated)
            TallInnerProducts<float, float, InPlaceTile512<float>>.Compute(workers, (float*)a, leadingA, p, (float*)b, leadingB, q, n, c);
        else
            TallInnerProducts<float, float, InPlaceTile256<float>>.Compute(workers, (float*)a, leadingA, p, (float*)b, leadingB, q, n, c);
    }

    /// <summary>Computes C in float64, row-major (p, q), from A (n, p) and B (n, q), all at least 1. If A and B are the same matrix, half is computed and mirrored.</summary>
    public static void Compute(Workers workers, TIn* a, nint leadingA, int p, TIn* b, nint leadingB, int q, int n, Span<double> c)
    {
        int narrow = Math.Min(p, q);
        if (!Vector512.IsHardwareAccelerated)
        {
            if (narrow <= InPlaceTile256<double>.MostRows)
                TallInnerProducts<TIn, double, InPlaceTile256<double>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
            else
                TallInnerProducts<TIn, double, PackedInnerTile<PortableTile<double>>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
        else if (Math.Max(p, q) <= Vector512<double>.Count)
        {
            TallInnerProducts<TIn, double, PackedInnerTile<NarrowTile<double>>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
        else if (narrow <= InPlaceTile512<double>.MostRows)
        {
            TallInnerProducts<TIn, double, InPlaceTile512<double>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
        else
        {
            TallInnerProducts<TIn, double, PackedInnerTile<WideTile<double>>>.Compute(workers, a, leadingA, p, b, leadingB, q, n, c);
        }
    }
}

/// <summary>
/// The rows are cut into chunks, each chunk is summed by itself, slab by slab, and the chunks are added in their order. The chunks follow from the shape, so the result does not
/// depend on the number of threads.
/// </summary>
internal static unsafe class TallInnerProducts<TIn, T, TTile>
    where TIn : unmanaged
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TTile : struct, IInnerTile<T>
{
    private const int ChunkRows = 512, MostChunks = 64;

    /// <summary>
    /// Terms of a sum in T at most. A slab of the wide operand's panel stays in the first-level cache beside a strip of the narrow one. A sum of 64 products of float32 is off by a few units of
    /// their rounding, of either sign from one slab to the next: less than what the factors lost when they were rounded to float32.
    /// </summary>
    public static int SlabRows => typeof(T) == typeof(float) ? 64 : 256;

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
            T* panel = Panel<T>.Allocate((long)slab * panelWidth), packed = Panel<T>.Allocate((long)slab * strips * height);
            for (int from = 0; from < rows; from += SlabRows)
            {
                int depth = Math.Min(SlabRows, rows - from);
                Packing<T>.Rows(narrow, 0, v, height, from, depth, packed);
                for (int left = group * panelWidth; left < w; left += groups * panelWidth)
                {
                    int columns = Math.Min(panelWidth, w - left);
                    bool inPlace = TTile.InPlace && columns == panelWidth;
                    if (!inPlace)
                        Packing<T>.Columns(wide, from, depth, left, w, panelWidth, panel);
                    for (int s = symmetric ? left / height : 0; s < strips; s++)
                    {
                        int row = s * height;
                        T* strip = packed + ((nint)row * depth);
                        double* to = sums + ((nint)row * w) + left;
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
        private void Edge(int depth, T* strip, T* panel, bool add, double* to, int count, int columns)
        {
            double* tile = stackalloc double[TTile.Rows * TTile.Columns];
            TTile.Multiply(depth, strip, panel, TTile.Columns, false, tile, TTile.Columns, count, TTile.Columns);
            for (int r = 0; r < count; r++)
                for (int j = 0; j < columns; j++)
                    to[((nint)r * w) + j] = tile[(r * TTile.Columns) + j] + (add ? to[((nint)r * w) + j] : 0);
        }
    }
}
