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
    private sealed class Corrupted(Arithmetic<float> inner, string broken) : ForwardingArithmetic<float>(inner)
    {
        protected override void MultiplyCore(
            float alpha, DeviceMatrix<float> a, Orientation orientationA, DeviceMatrix<float> b, Orientation orientationB, float beta, DeviceMatrix<float> c)
        {
            base.MultiplyCore(alpha, a, orientationA, b, orientationB, beta, c);
            Spoil("Multiply", c);
        }

        protected override void InnerProductsCore(DeviceMatrix<float> a, DeviceMatrix<float> b, Span<double> c)
        {
            base.InnerProductsCore(a, b, c);
            if (broken == "InnerProducts")
                c[^1] += 0.01;
        }

        protected override void KernelProductCore(
            RadialKernel kernel, DeviceMatrix<float> x, DeviceMatrix<float>? rowOffset, DeviceMatrix<float> y, DeviceMatrix<float>? columnOffset,
            DeviceMatrix<float> v, DeviceMatrix<float> output)
        {
            base.KernelProductCore(kernel, x, rowOffset, y, columnOffset, v, output);
            Spoil("KernelProduct", output);
        }

        protected override void SparseProductCore(SparseMatrix<float> s, Orientation orientation, DeviceMatrix<float> x, DeviceMatrix<float> y)
        {
            base.SparseProductCore(s, orientation, x, y);
            Spoil("SparseProduct", y);
        }

        private void Spoil(string operation, DeviceMatrix<float> result)
        {
            if (broken != operation)
                return;
            var values = new float[result.Rows * result.Columns];
            Download(result, values);
            values[^1] += 0.01f;
            Upload(values, result);
        }
    }
}
