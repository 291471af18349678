using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// S = K* K, with K the normalised operator <c>D_w^(1/2) P D_a^(-1/2)</c> for functions of a, its adjoint for functions of x, or either with a weighting Lambda behind it: B is the
/// covariance of what the context makes of the functions.
/// </summary>
internal sealed class ContextMoments<T>(LinearOperator<T> through, double[] mass, int outputs) : FunctionMoments<T>(through, mass, outputs)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly DeviceMatrix<T> _back = through.Arithmetic.Allocate(through.Columns, outputs);

    protected override void MeasureImage(DeviceMatrix<T> f) => On.InnerProducts(Image, Image, B);

    protected override DeviceMatrix<T> Returned()
    {
        Through.ApplyAdjoint(Image, _back);
        return _back;
    }

    protected override void Dispose(bool disposing)
    {
        _back.Dispose();
        base.Dispose(disposing);
    }
}
