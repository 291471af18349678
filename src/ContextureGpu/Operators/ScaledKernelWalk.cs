using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// The <see cref="KernelWalk{T}"/> of points that have a scale each, <c>P_ij = k_ij q_j / sum_l k_il q_l</c> with <c>k_ij</c> the kernel of
/// <see cref="Arithmetic{T}.ScaledKernelProduct"/>: never stored as a whole, and no row can underflow.
/// </summary>
internal sealed class ScaledKernelWalk<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly RadialKernel _kernel;
    private readonly ScaledPoints<T> _x, _y;

    /// <summary>Takes ownership of the matrices of x, (n, d) with (n, 1), and y, (m, d) with (m, 1); they may be the same. Neither has an offset yet.</summary>
    /// <param name="arithmetic">The device.</param>
    /// <param name="kernel">The kernel before it is scaled.</param>
    /// <param name="x">Where a step begins.</param>
    /// <param name="y">Where it can end.</param>
    /// <param name="mass">q, m positive numbers; null for equal ones.</param>
    public ScaledKernelWalk(Arithmetic<T> arithmetic, RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, double[]? mass = null)
        : base(arithmetic, x.Rows, y.Rows, OperatorStructure.MassPreserving)
    {
        _kernel = kernel;
        _y = y with { Offset = mass is null ? null : arithmetic.UploadColumn<T>(Array.ConvertAll(mass, q => -Math.Log(q * mass.Length))) };
        _x = x with { Offset = arithmetic.Allocate(x.Rows, 1) };
        arithmetic.ScaledKernelLogSum(kernel, _x, _y, _x.Offset);
    }

    public override int LeastBlock => KernelWalk<T>.EconomicBlock;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => Arithmetic.ScaledKernelProduct(_kernel, _x, _y, x, y);

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => Arithmetic.ScaledKernelProduct(_kernel, _y, _x, x, y);

    protected override void Dispose(bool disposing)
    {
        foreach (ScaledPoints<T> points in (ReadOnlySpan<ScaledPoints<T>>)[_x, _y])
        {
            points.Offset?.Dispose();
            points.Scale.Dispose();
            points.Points.Dispose();
        }
    }
}
