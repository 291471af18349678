namespace ContextureGpu.Kernels.Cpu;

/// <summary>Products: thick ones in the native library where there is one, the others by panels.</summary>
internal sealed unsafe partial class CpuArithmetic<T>
{
    /// <summary>Extent below which a product is thin and the panels, which need less packing, are quicker than the native library.</summary>
    private const int WorthNative = 64;

    protected override void MultiplyCore(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        CpuMatrix<T> left = Own(a), right = Own(b), to = Own(c);
        int k = orientationA == Orientation.Normal ? a.Columns : a.Rows;
        if (blas is not null && Math.Min(k, Math.Min(c.Rows, c.Columns)) >= WorthNative)
        {
            blas.Multiply(
                workers, alpha, left.Pointer, left.LeadingDimension, orientationA, right.Pointer, right.LeadingDimension, orientationB,
                beta, to.Pointer, to.LeadingDimension, c.Rows, c.Columns, k);
            return;
        }
        PackedProduct<T>.Multiply(
            workers, alpha, Operand<T>.Of(left.Pointer, left.LeadingDimension, orientationA), Operand<T>.Of(right.Pointer, right.LeadingDimension, orientationB),
            beta, to.Pointer, to.LeadingDimension, c.Rows, c.Columns, k);
    }

    protected override void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c)
    {
        CpuMatrix<T> left = Own(a), right = Own(b);
        TallInnerProducts<T>.Compute(workers, left.Pointer, left.LeadingDimension, a.Columns, right.Pointer, right.LeadingDimension, b.Columns, a.Rows, c);
    }

    protected override void ProjectionCoefficientsCore(DeviceMatrix<T> q, DeviceMatrix<T> x, Span<double> c)
    {
        CpuMatrix<T> left = Own(q), right = Own(x);
        TallInnerProducts<T>.ComputeShort(workers, left.Pointer, left.LeadingDimension, q.Columns, right.Pointer, right.LeadingDimension, x.Columns, q.Rows, c);
    }

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
