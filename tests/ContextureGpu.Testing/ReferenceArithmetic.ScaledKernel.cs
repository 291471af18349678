using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <content>Kernel matrices of points that have a scale each.</content>
public partial class ReferenceArithmetic<T>
{
    /// <inheritdoc/>
    protected override void ScaledKernelProductCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        (ReferenceMatrix<T> rv, ReferenceMatrix<T> ro, ReferenceMatrix<T>? a) = (Own(v), Own(output), OwnOrNull(x.Offset));
        RefuseOverlap(ro, rv, a, Own(x.Points), Own(x.Scale), Own(y.Points), Own(y.Scale), OwnOrNull(y.Offset));
        for (int i = 0; i < x.Rows; i++)
        {
            double[] sum = new double[v.Columns], exponents = Exponents(kernel, x, i, y);
            for (int j = 0; j < y.Rows; j++)
            {
                double weight = Math.Exp(exponents[j] - Offset(a, i));
                for (int p = 0; p < v.Columns; p++)
                    sum[p] += weight * Wide(rv[j, p]);
            }
            for (int p = 0; p < v.Columns; p++)
                ro[i, p] = Round(sum[p]);
        }
    }

    /// <inheritdoc/>
    protected override void ScaledKernelLogSumCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> output)
    {
        ReferenceMatrix<T> ro = Own(output);
        RefuseOverlap(ro, Own(x.Points), Own(x.Scale), Own(y.Points), Own(y.Scale), OwnOrNull(y.Offset));
        for (int i = 0; i < x.Rows; i++)
        {
            double[] exponents = Exponents(kernel, x, i, y);
            double largest = exponents.Max(), sum = 0;
            foreach (double exponent in exponents)
                sum += Math.Exp(exponent - largest);
            ro[i, 0] = Round(largest + Math.Log(sum));
        }
    }

    /// <summary>The logarithm of a kernel whose sum over the features is multiplied by two scales, one after the other: the product of the scales alone may be out of range.</summary>
    private protected virtual double Scaled(double logKernel, double s, double t) => logKernel * s * t;

    // log k_ij - b_j for all j; of the exponential kernel the scales are under the root.
    private double[] Exponents(RadialKernel kernel, ScaledPoints<T> x, int i, ScaledPoints<T> y)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> rs, ReferenceMatrix<T> ry, ReferenceMatrix<T> rt) = (Own(x.Points), Own(x.Scale), Own(y.Points), Own(y.Scale));
        ReferenceMatrix<T>? b = OwnOrNull(y.Offset);
        bool underRoot = kernel.Kind == RadialKernelKind.Exponential;
        var exponents = new double[y.Rows];
        for (int j = 0; j < exponents.Length; j++)
        {
            (double s, double t) = (Wide(rs[i, 0]), Wide(rt[j, 0]));
            exponents[j] = Scaled(LogKernel(kernel, rx, i, ry, j), underRoot ? Math.Sqrt(s) : s, underRoot ? Math.Sqrt(t) : t) - Offset(b, j);
        }
        return exponents;
    }
}
