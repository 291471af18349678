using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The self-test passes on a device that computes right and names the operation on one that does not.</summary>
[Collection("ilgpu-cpu")]
public sealed class DeviceSelfTestTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("Multiply", "the dense product in Single")]
    [InlineData("InnerProducts", "the product of a matrix with its transpose in Single")]
    [InlineData("KernelProduct", "the kernel product in Single")]
    [InlineData("SparseProduct", "the sparse product in Single")]
    public void Wrong_operation_is_named(string broken, string? operation)
    {
        var device = new Corrupted(TestAccelerators.Get(BackendKind.IlgpuCpu).Arithmetic<float>(), broken);
        Exception? failure = Record.Exception(() => DeviceSelfTest.Run(device));
        if (operation is null)
            Assert.Null(failure);
        else
            Assert.Contains(operation, Assert.IsType<DeviceFailureException>(failure).Message, StringComparison.Ordinal);
    }

    /// <summary>A device that puts one wrong number into the last element of one operation's result.</summary>
    private sealed class Corrupted(Arithmetic<float> inner, string broken) : Arithmetic<float>
    {
        public override ComputeDevice Device => inner.Device;

        public override DeviceMatrix<float> Allocate(int rows, int columns) => inner.Allocate(rows, columns);

        public override SparseMatrix<float> CreateSparse(CompressedRows matrix) => inner.CreateSparse(matrix);

        protected override void UploadCore(ReadOnlySpan<float> rowMajor, DeviceMatrix<float> destination) => inner.Upload(rowMajor, destination);

        protected override void DownloadCore(DeviceMatrix<float> source, Span<float> rowMajor) => inner.Download(source, rowMajor);

        protected override void FillCore(DeviceMatrix<float> destination, float value) => inner.Fill(destination, value);

        protected override void MultiplyCore(
            float alpha, DeviceMatrix<float> a, Orientation orientationA, DeviceMatrix<float> b, Orientation orientationB, float beta, DeviceMatrix<float> c)
        {
            inner.Multiply(alpha, a, orientationA, b, orientationB, beta, c);
            Spoil("Multiply", c);
        }

        protected override void InnerProductsCore(DeviceMatrix<float> a, DeviceMatrix<float> b, Span<double> c)
        {
            inner.InnerProducts(a, b, c);
            if (broken == "InnerProducts")
                c[^1] += 0.01;
        }

        protected override void ScaleRowsCore(DeviceMatrix<float> scale, DeviceMatrix<float> x, DeviceMatrix<float> y) => inner.ScaleRows(scale, x, y);

        protected override void NormalizeRowsCore(DeviceMatrix<float> x, DeviceMatrix<float> y) => inner.NormalizeRows(x, y);

        protected override void CombineCore(float alpha, DeviceMatrix<float> x, float beta, DeviceMatrix<float> y) => inner.Combine(alpha, x, beta, y);

        protected override void ColumnMomentsCore(DeviceMatrix<float> x, DeviceMatrix<float>? weights, Span<double> mean, Span<double> variance) =>
            inner.ColumnMoments(x, weights, mean, variance);

        protected override void ActivateCore(Activation activation, DeviceMatrix<float> z, DeviceMatrix<float> bias, DeviceMatrix<float>? skip, DeviceMatrix<float> y) =>
            inner.Activate(activation, z, bias, skip, y);

        protected override void ActivateBackwardCore(
            Activation activation, DeviceMatrix<float> z, DeviceMatrix<float> bias, DeviceMatrix<float> gradient, DeviceMatrix<float> output) =>
            inner.ActivateBackward(activation, z, bias, gradient, output);

        protected override void LayerNormCore(DeviceMatrix<float> x, DeviceMatrix<float> gain, DeviceMatrix<float> statistics, DeviceMatrix<float> y) =>
            inner.LayerNorm(x, gain, statistics, y);

        protected override void LayerNormBackwardCore(
            DeviceMatrix<float> x, DeviceMatrix<float> gain, DeviceMatrix<float> statistics, DeviceMatrix<float> gradient, DeviceMatrix<float> byInput, DeviceMatrix<float> byGain) =>
            inner.LayerNormBackward(x, gain, statistics, gradient, byInput, byGain);

        protected override void ColumnSumsCore(DeviceMatrix<float> x, DeviceMatrix<float> sums) => inner.ColumnSums(x, sums);

        protected override double SumOfSquaresCore(DeviceMatrix<float> x) => inner.SumOfSquares(x);

        protected override void AdamCore(AdamStep update, DeviceMatrix<float> gradient, DeviceMatrix<float> first, DeviceMatrix<float> second, DeviceMatrix<float> parameters) =>
            inner.Adam(update, gradient, first, second, parameters);

        protected override void KernelProductCore(
            RadialKernel kernel, DeviceMatrix<float> x, DeviceMatrix<float>? rowOffset, DeviceMatrix<float> y, DeviceMatrix<float>? columnOffset,
            DeviceMatrix<float> v, DeviceMatrix<float> output)
        {
            inner.KernelProduct(kernel, x, rowOffset, y, columnOffset, v, output);
            Spoil("KernelProduct", output);
        }

        protected override void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<float> x, DeviceMatrix<float> y, DeviceMatrix<float> v, DeviceMatrix<float> output) =>
            inner.KernelProduct(kernel, x, y, v, output);

        protected override void KernelLogSumCore(
            RadialKernel kernel, DeviceMatrix<float> x, DeviceMatrix<float> y, DeviceMatrix<float>? columnOffset, DeviceMatrix<float> output) =>
            inner.KernelLogSum(kernel, x, y, columnOffset, output);

        protected override void ScaledKernelProductCore(
            RadialKernel kernel, ScaledPoints<float> x, ScaledPoints<float> y, DeviceMatrix<float> v, DeviceMatrix<float> output) => inner.ScaledKernelProduct(kernel, x, y, v, output);

        protected override void ScaledKernelLogSumCore(RadialKernel kernel, ScaledPoints<float> x, ScaledPoints<float> y, DeviceMatrix<float> output) =>
            inner.ScaledKernelLogSum(kernel, x, y, output);

        protected override void SparseProductCore(SparseMatrix<float> s, Orientation orientation, DeviceMatrix<float> x, DeviceMatrix<float> y)
        {
            inner.SparseProduct(s, orientation, x, y);
            Spoil("SparseProduct", y);
        }

        private void Spoil(string operation, DeviceMatrix<float> result)
        {
            if (broken != operation)
                return;
            var values = new float[result.Rows * result.Columns];
            inner.Download(result, values);
            values[^1] += 0.01f;
            inner.Upload(values, result);
        }
    }
}
