using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <content>Kernel matrices, never stored: <see cref="KernelLoops{T}"/> at the widest vectors of this processor.</content>
internal sealed unsafe partial class CpuArithmetic<T>
{
    private static readonly double Log2E = 1 / Math.Log(2);

    protected override void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        CpuMatrix<T> values = Own(v), to = Own(output);
        Run(kernel, Own(x), OwnOrNull(rowOffset), Own(y), OwnOrNull(columnOffset), values, to);
    }

    protected override void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output) =>
        Run(kernel, Own(x), null, Own(y), OwnOrNull(columnOffset), null, Own(output));

    protected override void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        CpuMatrix<T> from = Own(x), points = Own(y);
        var polynomial = new PolynomialOfProduct<T>(T.CreateTruncating(kernel.Gamma), T.CreateTruncating(kernel.Constant), kernel.Degree);
        var left = new PointSet<T>(from.Pointer, from.LeadingDimension, x.Rows, null);
        if (AreOne(from, points))
            KernelLoops<T>.Widest.SymmetricProduct(workers, polynomial, left, x.Columns, null, null, Own(v), Own(output));
        else
            KernelLoops<T>.Widest.Product(workers, polynomial, left, new PointSet<T>(points.Pointer, points.LeadingDimension, y.Rows, null), x.Columns, Own(v), Own(output));
    }

    protected override void NormalizeRowsCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        CpuMatrix<T> from = Own(x), to = Own(y);
        EachRow(from, i =>
        {
            ReadOnlySpan<T> row = from.Row(i);
            double largest = 0, sum = 0;
            foreach (T value in row)
                largest = Math.Max(largest, Math.Abs(double.CreateTruncating(value)));
            foreach (T value in row)
            {
                double part = largest == 0 ? 0 : double.CreateTruncating(value) / largest;
                sum += part * part;
            }
            double norm = Math.Sqrt(sum);
            Span<T> result = to.Row(i);
            for (int f = 0; f < row.Length; f++)
                result[f] = largest == 0 ? T.Zero : T.CreateTruncating(double.CreateTruncating(row[f]) / largest / norm);
        });
    }

    // The product with v or, without one, the logarithmic row sums.
    private void Run(
        RadialKernel kernel, CpuMatrix<T> x, CpuMatrix<T>? a, CpuMatrix<T> y, CpuMatrix<T>? b, CpuMatrix<T>? v, CpuMatrix<T> output, (CpuMatrix<T> X, CpuMatrix<T> Y)? scales = null)
    {
        T scale = kernel.GammaTimes<T>(Log2E);
        switch (kernel.Kind)
        {
            case RadialKernelKind.Gaussian:
                Run(new GaussianOfDifferences<T>(scale), x, a, y, b, v, output, scales);
                break;
            case RadialKernelKind.Exponential:
                Run(new ExponentialOfDistance<T>(scale), x, a, y, b, v, output, scales);
                break;
            case RadialKernelKind.Laplacian:
                Run(new LaplacianOfDifferences<T>(scale), x, a, y, b, v, output, scales);
                break;
            default:
                throw new ArgumentException($"the CPU device does not know the kernel {kernel.Kind}", nameof(kernel));
        }
    }

    private void Run<TKernel>(
        TKernel kernel, CpuMatrix<T> x, CpuMatrix<T>? a, CpuMatrix<T> y, CpuMatrix<T>? b, CpuMatrix<T>? v, CpuMatrix<T> output, (CpuMatrix<T> X, CpuMatrix<T> Y)? scales)
        where TKernel : struct, IPairwiseKernel<T>
    {
        int n = x.Rows, m = y.Rows, d = x.Columns;
        // A radial kernel is at most 1, so what is lost where it underflows a factor of at most 1 would have lost as well.
        bool isSymmetric = v is not null && AreOne(x, y) && (scales is null || scales.Value.X.Pointer == scales.Value.Y.Pointer) && IsNonNegative(a) && IsNonNegative(b);
        T* ofX = Panel<T>.Allocate((3L * n) + (2L * m)), ofY = ofX + n, zeros = ofY + m;
        try
        {
            T* scaleX = scales is null ? null : Packed(scales.Value.X, zeros + n), scaleY = scales is null ? null : Packed(scales.Value.Y, zeros + (2 * (nint)n));
            if (isSymmetric)
            {
                new Span<T>(zeros, n).Clear();
                Factors(a, n, ofX);
                Factors(b, m, ofY);
                KernelLoops<T>.Widest.SymmetricProduct(workers, kernel, new PointSet<T>(x.Pointer, x.LeadingDimension, n, zeros, scaleX), d, ofX, ofY, v!, output);
                return;
            }
            BinaryOffsets(a, n, ofX);
            BinaryOffsets(b, m, ofY);
            var from = new PointSet<T>(x.Pointer, x.LeadingDimension, n, ofX, scaleX);
            var points = new PointSet<T>(y.Pointer, y.LeadingDimension, m, ofY, scaleY);
            if (v is null)
                KernelLoops<T>.Widest.LogSum(workers, kernel, from, points, d, output);
            else
                KernelLoops<T>.Widest.Product(workers, kernel, from, points, d, v, output);
        }
        finally
        {
            NativeMemory.AlignedFree(ofX);
        }
    }

    // Whether the kernel matrix is of points with themselves, and large enough for half of it to be worth a schedule.
    private static bool AreOne(CpuMatrix<T> x, CpuMatrix<T> y) =>
        x.Pointer == y.Pointer && x.Rows == y.Rows && x.LeadingDimension == y.LeadingDimension && x.Rows >= KernelLoops<T>.SmallestSymmetric;

    private static bool IsNonNegative(CpuMatrix<T>? offset)
    {
        for (int i = 0; offset is not null && i < offset.Rows; i++)
        {
            if (!(offset.Pointer[(nint)i * offset.LeadingDimension] >= T.Zero))
                return false;
        }
        return true;
    }

    // The factors exp(-offset).
    private static void Factors(CpuMatrix<T>? offset, int count, T* to)
    {
        for (int i = 0; i < count; i++)
            to[i] = offset is null ? T.One : T.CreateTruncating(Math.Exp(-double.CreateTruncating(offset.Pointer[(nint)i * offset.LeadingDimension])));
    }

    // What an offset of the natural logarithm takes off the binary one.
    private static void BinaryOffsets(CpuMatrix<T>? offset, int count, T* to)
    {
        for (int i = 0; i < count; i++)
            to[i] = offset is null ? T.Zero : T.CreateTruncating(-double.CreateTruncating(offset.Pointer[(nint)i * offset.LeadingDimension]) * Log2E);
    }
}
