using System.Numerics;

namespace ContextureGpu.Kernels;

/// <summary>Does every operation by that of another; a derived class does some of them otherwise.</summary>
/// <param name="inner">Does the operations; its matrices are the matrices of this.</param>
internal abstract class ForwardingArithmetic<T>(Arithmetic<T> inner) : Arithmetic<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <inheritdoc/>
    public override ComputeDevice Device => inner.Device;

    /// <inheritdoc/>
    public override DeviceMatrix<T> Allocate(int rows, int columns) => inner.Allocate(rows, columns);

    /// <inheritdoc/>
    public override SparseMatrix<T> CreateSparse(CompressedRows matrix) => inner.CreateSparse(matrix);

    /// <inheritdoc/>
    public override GroupSampler<T> CreateSampler(JointLaw law, GroupKind kind, int groups, int members, ulong seed) => inner.CreateSampler(law, kind, groups, members, seed);

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination) => inner.Upload(rowMajor, destination);

    /// <inheritdoc/>
    protected override void DownloadCore(DeviceMatrix<T> source, Span<T> rowMajor) => inner.Download(source, rowMajor);

    /// <inheritdoc/>
    internal override SideTransfers<T>? CreateSideTransfers() => inner.CreateSideTransfers();

    /// <inheritdoc/>
    protected override void FillCore(DeviceMatrix<T> destination, T value) => inner.Fill(destination, value);

    /// <inheritdoc/>
    protected override void MultiplyCore(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c) =>
        inner.Multiply(alpha, a, orientationA, b, orientationB, beta, c);

    /// <inheritdoc/>
    protected override void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c) => inner.InnerProducts(a, b, c);

    /// <inheritdoc/>
    protected override void ProjectionCoefficientsCore(DeviceMatrix<T> q, DeviceMatrix<T> x, Span<double> c) => inner.ProjectionCoefficients(q, x, c);

    /// <inheritdoc/>
    protected override void ScaleRowsCore(DeviceMatrix<T> scale, DeviceMatrix<T> x, DeviceMatrix<T> y) => inner.ScaleRows(scale, x, y);

    /// <inheritdoc/>
    protected override void NormalizeRowsCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => inner.NormalizeRows(x, y);

    /// <inheritdoc/>
    protected override void CombineCore(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y) => inner.Combine(alpha, x, beta, y);

    /// <inheritdoc/>
    protected override void ColumnMomentsCore(DeviceMatrix<T> x, DeviceMatrix<T>? weights, Span<double> mean, Span<double> variance) =>
        inner.ColumnMoments(x, weights, mean, variance);

    /// <inheritdoc/>
    protected override void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output) => inner.KernelProduct(kernel, x, rowOffset, y, columnOffset, v, output);

    /// <inheritdoc/>
    protected override void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output) =>
        inner.KernelProduct(kernel, x, y, v, output);

    /// <inheritdoc/>
    protected override void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output) =>
        inner.KernelLogSum(kernel, x, y, columnOffset, output);

    /// <inheritdoc/>
    protected override void ScaledKernelProductCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output) =>
        inner.ScaledKernelProduct(kernel, x, y, v, output);

    /// <inheritdoc/>
    protected override void ScaledKernelLogSumCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> output) =>
        inner.ScaledKernelLogSum(kernel, x, y, output);

    /// <inheritdoc/>
    protected override void SparseProductCore(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        inner.SparseProduct(s, orientation, x, y);

    /// <inheritdoc/>
    protected override void ActivateCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T>? skip, DeviceMatrix<T> y) =>
        inner.Activate(activation, z, bias, skip, y);

    /// <inheritdoc/>
    protected override void ActivateBackwardCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T> gradient, DeviceMatrix<T> output) =>
        inner.ActivateBackward(activation, z, bias, gradient, output);

    /// <inheritdoc/>
    protected override void LayerNormCore(DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> y) =>
        inner.LayerNorm(x, gain, statistics, y);

    /// <inheritdoc/>
    protected override void LayerNormBackwardCore(
        DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> gradient, DeviceMatrix<T> byInput, DeviceMatrix<T> byGain) =>
        inner.LayerNormBackward(x, gain, statistics, gradient, byInput, byGain);

    /// <inheritdoc/>
    protected override void ColumnSumsCore(DeviceMatrix<T> x, DeviceMatrix<T> sums) => inner.ColumnSums(x, sums);

    /// <inheritdoc/>
    protected override double SumOfSquaresCore(DeviceMatrix<T> x) => inner.SumOfSquares(x);

    /// <inheritdoc/>
    protected override void AdamCore(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters) =>
        inner.Adam(update, gradient, first, second, parameters);
}
