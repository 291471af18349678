namespace ContextureGpu.Kernels;

/// <content>Kernel matrices of points that have a scale each, never stored as a whole.</content>
public abstract partial class Arithmetic<T>
{
    /// <summary>
    /// <c>out_i = sum_j exp(log k_ij - a_i - b_j) v_j</c> with scales s of X and t of Y: <c>log k_ij = -gamma s_i t_j ||x_i - y_j||^2</c>, of the exponential kernel
    /// <c>-gamma sqrt(s_i t_j) ||x_i - y_j||</c>, of the Laplacian <c>-gamma s_i t_j sum_f |x_if - y_jf|</c>. Otherwise as the product without scales; a device may take scratch memory for a
    /// slab of the matrix, <see cref="ScaledKernel.SlabElements"/> elements or 64 rows, whichever is more.
    /// </summary>
    /// <param name="kernel">The kernel; its gamma is positive and finite.</param>
    /// <param name="x">n points with s and a.</param>
    /// <param name="y">m points with t and b.</param>
    /// <param name="v">(m, p).</param>
    /// <param name="output">(n, p), overwritten.</param>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public void ScaledKernelProduct(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        CheckScaled(kernel, x, y);
        CheckBlock(x.Points, y.Points, v, output);
        if (x.Offset is not null)
            CheckColumnVector(x.Offset, x.Rows, nameof(x));
        if (output.IsEmpty)
            return;
        if (y.Rows == 0)
            FillCore(output, T.Zero);
        else
            ScaledKernelProductCore(kernel, x, y, v, output);
    }

    /// <summary><c>out_i = log sum_j exp(log k_ij - b_j)</c> with the kernel of <see cref="ScaledKernelProduct"/>, shifted by the row's maximum so that it neither overflows nor underflows.</summary>
    /// <param name="kernel">The kernel; its gamma is positive and finite.</param>
    /// <param name="x">n points with s; their offset is not read.</param>
    /// <param name="y">m points with t and b, m at least 1.</param>
    /// <param name="output">(n, 1), overwritten.</param>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public void ScaledKernelLogSum(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> output)
    {
        CheckScaled(kernel, x, y);
        CheckColumnVector(output, x.Rows, nameof(output));
        ArgumentOutOfRangeException.ThrowIfLessThan(y.Rows, 1);
        if (!output.IsEmpty)
            ScaledKernelLogSumCore(kernel, x, y, output);
    }

    /// <summary>Implements <see cref="ScaledKernelProduct"/>; the dimension d can be 0, where every distance is 0.</summary>
    protected abstract void ScaledKernelProductCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output);

    /// <summary>Implements <see cref="ScaledKernelLogSum"/>; the dimension d can be 0, where every distance is 0.</summary>
    protected abstract void ScaledKernelLogSumCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> output);

    private static void CheckScaled(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y)
    {
        CheckKernel(kernel, x.Points, y.Points, y.Offset);
        CheckColumnVector(x.Scale, x.Rows, nameof(x));
        CheckColumnVector(y.Scale, y.Rows, nameof(y));
    }
}
