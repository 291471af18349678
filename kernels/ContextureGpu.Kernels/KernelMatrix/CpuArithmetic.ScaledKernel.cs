namespace ContextureGpu.Kernels.Cpu;

/// <content>Kernel matrices of points that have a scale each: the same loops, with a tile's sums multiplied by the scales before the kernel takes them.</content>
internal sealed unsafe partial class CpuArithmetic<T>
{
    protected override void ScaledKernelProductCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output) =>
        Run(kernel, Own(x.Points), OwnOrNull(x.Offset), Own(y.Points), OwnOrNull(y.Offset), Own(v), Own(output), (Own(x.Scale), Own(y.Scale)));

    protected override void ScaledKernelLogSumCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> output) =>
        Run(kernel, Own(x.Points), null, Own(y.Points), OwnOrNull(y.Offset), null, Own(output), (Own(x.Scale), Own(y.Scale)));

    // A column in a row.
    private static T* Packed(CpuMatrix<T> column, T* to)
    {
        for (nint i = 0; i < column.Rows; i++)
            to[i] = column.Pointer[i * column.LeadingDimension];
        return to;
    }
}
