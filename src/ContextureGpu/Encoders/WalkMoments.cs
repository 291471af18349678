using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// S = K, symmetric: one step of a reversible walk, or the exchange of the two points of every pair of a batch. <c>tr C - tr B</c> is half the mean squared distance of the
/// functions at two ends.
/// </summary>
internal sealed class WalkMoments<T>(LinearOperator<T> through, double[] mass, int outputs) : FunctionMoments<T>(through, mass, outputs)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    protected override void MeasureImage(DeviceMatrix<T> f)
    {
        On.InnerProducts(f, Image, B);
        int d = Mean.Length;
        for (int i = 0; i < d; i++)
        {
            // Symmetric but for rounding.
            for (int j = 0; j < i; j++)
                B[(i * d) + j] = B[(j * d) + i] = 0.5 * (B[(i * d) + j] + B[(j * d) + i]);
        }
    }

    protected override DeviceMatrix<T> Returned() => Image;
}
