using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Kernel matrices, tile by tile: a tile of 48 rows and 256 columns is formed (distances, exponents, exponentials) and used while it is in the cache, and never
/// stored.
/// </summary>
internal sealed unsafe partial class CpuArithmetic<T>
{
    private const int TileRows = 48, TileColumns = 256;

    protected override void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        CpuMatrix<T> from = Own(x), points = Own(y), values = Own(v), to = Own(output);
        CpuMatrix<T>? a = OwnOrNull(rowOffset);
        T[]? b = Offsets(columnOffset);
        int n = from.Rows, m = points.Rows, d = from.Columns, p = to.Columns;
        int strip = Panel<T>.Columns, strips = (p + strip - 1) / strip;
        long work = (long)n * m * (d + p + 16);
        using var packed = new PackedPoints<T>(workers, points.Pointer, points.LeadingDimension, m, d);
        T* packedV = Panel<T>.Allocate((long)strips * strip * m);
        try
        {
            Operand<T> operand = Operand<T>.Of(values.Pointer, values.LeadingDimension, Orientation.Normal);
            workers.Run(strips, (long)m * p, s => Panel<T>.PackColumns(operand, 0, m, s * strip, p, packedV + ((nint)s * strip * m)));
            EachTileRow(n, work, (first, rows) =>
            {
                T* tile = Panel<T>.Allocate((long)TileRows * TileColumns);
                for (int left = 0; left < m; left += TileColumns)
                {
                    int columns = Math.Min(TileColumns, m - left);
                    Exponents(kernel, from, packed, first, rows, left, columns, a, b, tile);
                    for (int i = 0; i < rows; i++)
                        ExponentialRow(tile + (i * TileColumns), columns);
                    for (int s = 0; s < strips; s++)
                    {
                        for (int r = 0; r < rows; r += Panel<T>.Rows)
                        {
                            Panel<T>.Multiply(
                                columns, tile + (r * TileColumns), TileColumns, 1, packedV + ((nint)s * strip * m) + ((nint)left * strip), T.One, left == 0 ? T.Zero : T.One,
                                to.Pointer + ((nint)(first + r) * to.LeadingDimension) + (s * strip), to.LeadingDimension,
                                Math.Min(Panel<T>.Rows, rows - r), Math.Min(strip, p - (s * strip)));
                        }
                    }
                }
                NativeMemory.AlignedFree(tile);
            });
        }
        finally
        {
            NativeMemory.AlignedFree(packedV);
        }
    }

    protected override void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
    {
        CpuMatrix<T> from = Own(x), points = Own(y), to = Own(output);
        T[]? b = Offsets(columnOffset);
        int n = from.Rows, m = points.Rows, d = from.Columns;
        using var packed = new PackedPoints<T>(workers, points.Pointer, points.LeadingDimension, m, d);
        EachTileRow(n, (long)n * m * (d + 16), (first, rows) =>
        {
            T* tile = Panel<T>.Allocate((long)TileRows * TileColumns);
            T* largest = stackalloc T[TileRows];
            double* sum = stackalloc double[TileRows];
            for (int i = 0; i < rows; i++)
                (largest[i], sum[i]) = (T.NegativeInfinity, 0);
            for (int left = 0; left < m; left += TileColumns)
            {
                int columns = Math.Min(TileColumns, m - left);
                Exponents(kernel, from, packed, first, rows, left, columns, null, b, tile);
                for (int i = 0; i < rows; i++)
                {
                    var row = new Span<T>(tile + (i * TileColumns), columns);
                    T top = System.Numerics.Tensors.TensorPrimitives.Max<T>(row);
                    if (!(top <= largest[i]))
                    {
                        sum[i] *= Math.Exp(double.CreateTruncating(largest[i]) - double.CreateTruncating(top));
                        largest[i] = top;
                    }
                    System.Numerics.Tensors.TensorPrimitives.Subtract(row, largest[i], row);
                    ExponentialRow(tile + (i * TileColumns), columns);
                    sum[i] += double.CreateTruncating(System.Numerics.Tensors.TensorPrimitives.Sum<T>(row));
                }
            }
            for (int i = 0; i < rows; i++)
                to.Row(first + i)[0] = T.CreateTruncating(double.CreateTruncating(largest[i]) + Math.Log(sum[i]));
            NativeMemory.AlignedFree(tile);
        });
    }

    // body(first row, rows) for blocks of rows, smaller ones where there are few rows.
    private void EachTileRow(int n, long work, Action<int, int> body)
    {
        int size = Math.Clamp((n / (2 * workers.Count)) / 4 * 4, 4, TileRows);
        int blocks = (n + size - 1) / size;
        workers.Run(blocks, work, block => body(block * size, Math.Min(size, n - (block * size))));
    }

    // Column offsets, with zeros behind them up to a whole vector.
    private T[]? Offsets(DeviceMatrix<T>? offset)
    {
        if (OwnOrNull(offset) is not { } own)
            return null;
        var values = new T[own.Rows + TileColumns];
        DownloadCore(own, values.AsSpan(0, own.Rows));
        return values;
    }

    // tile_ij = log k(x_i, y_j) - a_i - b_j.
    private static void Exponents(
        RadialKernel kernel, CpuMatrix<T> x, PackedPoints<T> points, int first, int rows, int left, int columns, CpuMatrix<T>? a, T[]? b, T* tile)
    {
        int strip = PackedPoints<T>.Strip, strips = (columns + strip - 1) / strip;
        T gamma = T.CreateTruncating(kernel.Gamma);
        for (int i = 0; i < rows; i += 4)
            points.SquaredDistances(x.Pointer + ((nint)(first + i) * x.LeadingDimension), x.LeadingDimension, Math.Min(4, rows - i), left / strip, strips, tile + (i * TileColumns), TileColumns);
        fixed (T* offsets = b)
        {
            for (int i = 0; i < rows; i++)
                ExponentRow(kernel.Kind, -gamma, a is null ? T.Zero : a.Row(first + i)[0], b is null ? null : offsets + left, tile + (i * TileColumns), columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ExponentRow(RadialKernelKind kind, T factor, T rowOffset, T* columnOffset, T* row, int columns)
    {
        Vector<T> scale = new(factor), shift = new(-rowOffset);
        for (int j = 0; j < columns; j += Vector<T>.Count)
        {
            Vector<T> distance = *(Vector<T>*)(row + j);
            if (kind == RadialKernelKind.Exponential)
                distance = Vector.SquareRoot(distance);
            Vector<T> exponent = Lanes.Fma(scale, distance, shift);
            if (columnOffset is not null)
                exponent -= *(Vector<T>*)(columnOffset + j);
            *(Vector<T>*)(row + j) = exponent;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ExponentialRow(T* row, int columns)
    {
        for (int j = 0; j < columns; j += Vector<T>.Count)
            *(Vector<T>*)(row + j) = Lanes.Exp(*(Vector<T>*)(row + j));
    }
}
