using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Products: in the native library where there is one, else packed.</summary>
internal sealed unsafe partial class CpuArithmetic<T>
{
    /// <summary>Operations below which a call of the native library is not worth its overhead.</summary>
    private const long WorthNative = 1 << 12;

    // Rows whose conversion to float64 is held at a time by the native path.
    private const int ConvertedRows = 2048;

    protected override void MultiplyCore(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        CpuMatrix<T> left = Own(a), right = Own(b), to = Own(c);
        int k = orientationA == Orientation.Normal ? a.Columns : a.Rows;
        if (blas is not null && (long)c.Rows * c.Columns * k >= WorthNative)
        {
            blas.Multiply(
                alpha, left.Pointer, left.LeadingDimension, orientationA, right.Pointer, right.LeadingDimension, orientationB,
                beta, to.Pointer, to.LeadingDimension, c.Rows, c.Columns, k);
            return;
        }
        PackedProduct<T, T>.Multiply(
            workers, alpha, Operand<T>.Of(left.Pointer, left.LeadingDimension, orientationA), Operand<T>.Of(right.Pointer, right.LeadingDimension, orientationB),
            beta, to.Pointer, to.LeadingDimension, c.Rows, c.Columns, k);
    }

    protected override void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c)
    {
        CpuMatrix<T> left = Own(a), right = Own(b);
        int n = a.Rows, p = a.Columns, q = b.Columns;
        bool symmetric = p == q && left.Pointer == right.Pointer && left.LeadingDimension == right.LeadingDimension;
        using var sum = new AlignedCopy(p * q);
        if (blas is not null && (long)n * p * q >= WorthNative)
        {
            NativeInnerProducts(left, right, symmetric, sum.Start);
        }
        else
        {
            PackedProduct<T, double>.Multiply(
                workers, 1, Operand<T>.Of(left.Pointer, left.LeadingDimension, Orientation.Transposed),
                Operand<T>.Of(right.Pointer, right.LeadingDimension, Orientation.Normal), 0, sum.Start, q, p, q, n, symmetric);
        }
        sum.Span.CopyTo(c);
        if (symmetric)
        {
            for (int i = 0; i < p; i++)
                for (int j = 0; j < i; j++)
                    c[(j * p) + i] = c[(i * p) + j];
        }
    }

    // Slabs of rows in float64, summed by the library.
    private void NativeInnerProducts(CpuMatrix<T> a, CpuMatrix<T> b, bool symmetric, double* c)
    {
        int n = a.Rows, p = a.Columns, q = b.Columns;
        if (typeof(T) == typeof(double))
        {
            if (symmetric)
                blas!.Gram((double*)a.Pointer, a.LeadingDimension, 0, c, n, p);
            else
                blas!.Multiply(1.0, (double*)a.Pointer, a.LeadingDimension, Orientation.Transposed, (double*)b.Pointer, b.LeadingDimension, Orientation.Normal, 0.0, c, q, p, q, n);
            return;
        }
        int slab = Math.Min(n, ConvertedRows);
        double* wideA = Allocate((long)slab * p), wideB = symmetric ? wideA : Allocate((long)slab * q);
        try
        {
            for (int start = 0; start < n; start += slab)
            {
                int rows = Math.Min(slab, n - start);
                double old = start == 0 ? 0 : 1;
                Widen(a, start, rows, wideA);
                if (symmetric)
                {
                    blas!.Gram(wideA, p, old, c, rows, p);
                    continue;
                }
                Widen(b, start, rows, wideB);
                blas!.Multiply(1.0, wideA, p, Orientation.Transposed, wideB, q, Orientation.Normal, old, c, q, p, q, rows);
            }
        }
        finally
        {
            NativeMemory.AlignedFree(wideA);
            if (!symmetric)
                NativeMemory.AlignedFree(wideB);
        }
    }

    private void Widen(CpuMatrix<T> from, int start, int rows, double* to) =>
        workers.Rows(rows, 64, (long)rows * from.Columns, (first, end) =>
        {
            for (int i = first; i < end; i++)
            {
                System.Numerics.Tensors.TensorPrimitives.ConvertTruncating(
                    (ReadOnlySpan<T>)from.Row(start + i), new Span<double>(to + ((nint)i * from.Columns), from.Columns));
            }
        });

    private static double* Allocate(long elements) => (double*)NativeMemory.AlignedAlloc((nuint)(Math.Max(1, elements) * sizeof(double)), CpuStorage.Alignment);

    protected override void ColumnMomentsCore(DeviceMatrix<T> x, DeviceMatrix<T>? weights, Span<double> mean, Span<double> variance)
    {
        CpuMatrix<T> from = Own(x);
        CpuMatrix<T>? w = OwnOrNull(weights);
        int b = from.Columns;
        double mass = 0;
        for (int i = 0; i < from.Rows; i++)
            mass += w is null ? 1 : double.CreateTruncating(w.Row(i)[0]);
        double[] first = SumRows(from, w, null);
        for (int j = 0; j < b; j++)
            mean[j] = first[j] /= mass;
        double[] second = SumRows(from, w, first);
        for (int j = 0; j < b; j++)
            variance[j] = second[j] / mass;
    }

    // sum_i w_i x_ij, or sum_i w_i (x_ij - mean_j)^2: slabs of a fixed size, added in their order.
    private double[] SumRows(CpuMatrix<T> x, CpuMatrix<T>? weights, double[]? mean)
    {
        const int Slab = 1024;
        int b = x.Columns, slabs = (x.Rows + Slab - 1) / Slab;
        var partial = new double[slabs][];
        workers.Run(slabs, (long)x.Rows * b, s =>
        {
            var sum = new double[b];
            for (int i = s * Slab; i < Math.Min(x.Rows, (s + 1) * Slab); i++)
            {
                double weight = weights is null ? 1 : double.CreateTruncating(weights.Row(i)[0]);
                ReadOnlySpan<T> row = x.Row(i);
                for (int j = 0; j < b; j++)
                {
                    double value = double.CreateTruncating(row[j]);
                    if (mean is not null)
                    {
                        value -= mean[j];
                        value *= value;
                    }
                    sum[j] += weight * value;
                }
            }
            partial[s] = sum;
        });
        for (int s = 1; s < slabs; s++)
            System.Numerics.Tensors.TensorPrimitives.Add(partial[0], partial[s], partial[0]);
        return partial[0];
    }
}
