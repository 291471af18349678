using System.Numerics;
using System.Runtime.Intrinsics;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Points as the loops read them.</summary>
/// <param name="start">The first point.</param>
/// <param name="leading">From one point to the next.</param>
/// <param name="count">Points.</param>
/// <param name="offset">For each what is added to the binary logarithm of the kernel; null if the kernel has none.</param>
/// <param name="scale">For each what the sum over the features is multiplied by; null for nothing.</param>
internal readonly unsafe struct PointSet<T>(T* start, nint leading, int count, T* offset, T* scale = null)
    where T : unmanaged
{
    public readonly T* Start = start;
    public readonly nint Leading = leading;
    public readonly int Count = count;
    public readonly T* Offset = offset;
    public readonly T* Scale = scale;
}

/// <summary>Kernel matrices times blocks and their logarithmic row sums, tile by tile, at one width of vectors. Every element is summed in the same order whatever the number of threads.</summary>
internal abstract unsafe class KernelLoops<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The loops at the widest vectors that this processor has.</summary>
    public static KernelLoops<T> Widest { get; } =
        Vector512.IsHardwareAccelerated ? new KernelLoops<T, Lanes512<T>, Vector512<T>>()
        : Vector256.IsHardwareAccelerated ? new KernelLoops<T, Lanes256<T>, Vector256<T>>()
        : new KernelLoops<T, Lanes128<T>, Vector128<T>>();

    /// <summary>Points from which on <see cref="SymmetricProduct"/> is faster than <see cref="Product"/>.</summary>
    public const int SmallestSymmetric = 4 * SymmetricPoints;

    /// <summary>Blocks of a symmetric product are multiples of this: of the rows of a tile and of the points of a panel at every width.</summary>
    protected const int SymmetricPoints = 288;

    /// <summary><c>out_i = sum_j k(x_i, y_j) v_j</c>, offsets included.</summary>
    /// <param name="workers">The threads.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="x">(n, d).</param>
    /// <param name="y">(m, d), m at least 1.</param>
    /// <param name="dimension">d, 0 included.</param>
    /// <param name="v">(m, p).</param>
    /// <param name="output">(n, p).</param>
    public abstract void Product<TKernel>(Workers workers, TKernel kernel, PointSet<T> x, PointSet<T> y, int dimension, CpuMatrix<T> v, CpuMatrix<T> output)
        where TKernel : struct, IPairwiseKernel<T>;

    /// <summary>
    /// <c>out_i = l_i sum_j k(x_i, x_j) r_j v_j</c>: a kernel matrix of points with themselves, of which every value beyond the blocks of the diagonal is computed once and used
    /// twice. It takes scratch memory of 2 n p elements.
    /// </summary>
    /// <param name="workers">The threads.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="x">(n, d); offsets that are not zero are not for this form, since each value serves a row and a column.</param>
    /// <param name="dimension">d, 0 included.</param>
    /// <param name="left">l, n numbers; null for ones.</param>
    /// <param name="right">r, n numbers; null for ones.</param>
    /// <param name="v">(n, p).</param>
    /// <param name="output">(n, p).</param>
    public abstract void SymmetricProduct<TKernel>(Workers workers, TKernel kernel, PointSet<T> x, int dimension, T* left, T* right, CpuMatrix<T> v, CpuMatrix<T> output)
        where TKernel : struct, IPairwiseKernel<T>;

    /// <summary><c>out_i = log sum_j k(x_i, y_j)</c>, offsets included, for kernels with a logarithm.</summary>
    /// <inheritdoc cref="Product"/>
    public abstract void LogSum<TKernel>(Workers workers, TKernel kernel, PointSet<T> x, PointSet<T> y, int dimension, CpuMatrix<T> output)
        where TKernel : struct, IPairwiseKernel<T>;
}

/// <inheritdoc/>
internal sealed unsafe partial class KernelLoops<T, TLanes, TVector> : KernelLoops<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TLanes : struct, IVectorLanes<TVector, T>
    where TVector : unmanaged
{
    // Points x that a thread takes at a time: what it reads of Y and V is used for so many.
    private const int BlockPoints = 256;

    private static readonly T Lowest = T.CreateSaturating(typeof(T) == typeof(float) ? float.MinValue : double.MinValue);

    private static int Width => KernelPanels<T, TLanes, TVector>.Width;

    private static int TileRows => KernelPanels<T, TLanes, TVector>.TileRows;

    public override void Product<TKernel>(Workers workers, TKernel kernel, PointSet<T> x, PointSet<T> y, int dimension, CpuMatrix<T> v, CpuMatrix<T> output)
    {
        int p = output.Columns, sumRows = (p + KernelPanels<T, TLanes, TVector>.Rows - 1) / KernelPanels<T, TLanes, TVector>.Rows * KernelPanels<T, TLanes, TVector>.Rows;
        T* block = v.Pointer, to = output.Pointer;
        nint leadingV = v.LeadingDimension, leadingTo = output.LeadingDimension;
        EachBlock(workers, x.Count, (long)x.Count * y.Count * (dimension + p + 16), (first, count) =>
        {
            int panels = (count + Width - 1) / Width;
            using var scratch = new Scratch(panels, dimension, sumRows);
            Pack(x, first, count, dimension, scratch);
            new Span<T>(scratch.Sums, panels * sumRows * Width).Clear();
            for (int j = 0; j < y.Count; j += TileRows)
            {
                int rows = Math.Min(TileRows, y.Count - j);
                for (int panel = 0; panel < panels; panel++)
                {
                    KernelPanels<T, TLanes, TVector>.Sums<TKernel>(scratch.Points + ((nint)panel * dimension * Width), dimension, y.Start + (j * y.Leading), y.Leading, rows, scratch.Tile);
                    if (y.Scale is not null)
                        KernelPanels<T, TLanes, TVector>.ScaleSums(rows, y.Scale + j, scratch.Scales + (panel * Width), scratch.Tile);
                    KernelPanels<T, TLanes, TVector>.Values(kernel, rows, y.Offset + j, scratch.Offsets + (panel * Width), scratch.Tile);
                    KernelPanels<T, TLanes, TVector>.AddProduct(scratch.Tile, rows, block + (j * leadingV), leadingV, p, scratch.Sums + ((nint)panel * sumRows * Width));
                }
            }
            for (int i = 0; i < count; i++)
            {
                T* sum = scratch.Sums + ((nint)(i / Width) * sumRows * Width) + (i % Width), row = to + ((first + i) * leadingTo);
                for (int c = 0; c < p; c++)
                    row[c] = sum[c * Width];
            }
        });
    }

    public override void LogSum<TKernel>(Workers workers, TKernel kernel, PointSet<T> x, PointSet<T> y, int dimension, CpuMatrix<T> output)
    {
        T* to = output.Pointer;
        nint leadingTo = output.LeadingDimension;
        EachBlock(workers, x.Count, (long)x.Count * y.Count * (dimension + 16), (first, count) =>
        {
            int panels = (count + Width - 1) / Width;
            using var scratch = new Scratch(panels, dimension, 2);
            Pack(x, first, count, dimension, scratch);
            T* largest = scratch.Sums, sums = scratch.Sums + (panels * Width);
            new Span<T>(largest, panels * Width).Fill(Lowest);
            new Span<T>(sums, panels * Width).Clear();
            for (int j = 0; j < y.Count; j += TileRows)
            {
                int rows = Math.Min(TileRows, y.Count - j);
                for (int panel = 0; panel < panels; panel++)
                {
                    KernelPanels<T, TLanes, TVector>.Sums<TKernel>(scratch.Points + ((nint)panel * dimension * Width), dimension, y.Start + (j * y.Leading), y.Leading, rows, scratch.Tile);
                    if (y.Scale is not null)
                        KernelPanels<T, TLanes, TVector>.ScaleSums(rows, y.Scale + j, scratch.Scales + (panel * Width), scratch.Tile);
                    KernelPanels<T, TLanes, TVector>.IncludeExponents(kernel, rows, y.Offset + j, scratch.Tile, largest + (panel * Width), sums + (panel * Width));
                }
            }
            for (int i = 0; i < count; i++)
            {
                double exponent = double.CreateTruncating(largest[i]) + double.CreateTruncating(scratch.Offsets[i]) + Math.Log2(double.CreateTruncating(sums[i]));
                to[(first + i) * leadingTo] = T.CreateTruncating(exponent * Math.Log(2));
            }
        });
    }

    // body(first point, points) for blocks of whole panels, smaller ones where there are few points.
    private static void EachBlock(Workers workers, int n, long work, Action<int, int> body)
    {
        int size = Math.Clamp(n / (4 * workers.Count) / Width * Width, Width, Math.Max(Width, BlockPoints));
        int blocks = (int)(((long)n + size - 1) / size);
        workers.Run(blocks, work, block => body(block * size, Math.Min(size, n - (block * size))));
    }

    // Points first .. first + count - 1 and their offsets; behind the last are zeros.
    private static void Pack(PointSet<T> x, int first, int count, int dimension, Scratch scratch)
    {
        for (int i = 0; i < scratch.Panels * Width; i++)
        {
            T* to = scratch.Points + ((nint)(i / Width) * dimension * Width) + (i % Width), from = x.Start + ((first + i) * x.Leading);
            for (int f = 0; f < dimension; f++)
                to[f * Width] = i < count ? from[f] : T.Zero;
            scratch.Offsets[i] = i < count && x.Offset is not null ? x.Offset[first + i] : T.Zero;
            scratch.Scales[i] = i < count && x.Scale is not null ? x.Scale[first + i] : T.Zero;
        }
    }

    /// <summary>What a thread needs beside its inputs: <c>256 (d + p + 2)</c> numbers and a tile.</summary>
    private readonly struct Scratch : IDisposable
    {
        public readonly int Panels;
        public readonly T* Points, Offsets, Scales, Sums, Tile;

        public Scratch(int panels, int dimension, int sumRows)
        {
            Panels = panels;
            long points = (long)panels * Width;
            Tile = Panel<T>.Allocate((TileRows * Width) + (points * (2L + dimension + sumRows)));
            Offsets = Tile + (TileRows * Width);
            Scales = Offsets + points;
            Points = Scales + points;
            Sums = Points + (points * dimension);
        }

        public void Dispose() => System.Runtime.InteropServices.NativeMemory.AlignedFree(Tile);
    }
}
