using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// The random walk of a radial kernel, <c>P_ij = k(x_i, y_j) q_j / sum_l k(x_i, y_l) q_l</c>, never stored: entries are recomputed as
/// <c>exp(log k(x_i, y_j) + log q_j - a_i)</c> with <c>a_i</c> the log-sum of row i, so no row can underflow. The masses q are alike where none are given.
/// </summary>
internal sealed class KernelWalk<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Functions whose share of a kernel product is about that of the kernel's values.</summary>
    public const int EconomicBlock = 16;

    private readonly RadialKernel _kernel;
    private readonly DeviceMatrix<T> _x, _y, _logSum;
    private readonly DeviceMatrix<T>? _offset;

    /// <summary>Takes ownership of x, (n, d), and y, (m, d); they may be the same matrix.</summary>
    /// <param name="arithmetic">The device.</param>
    /// <param name="kernel">k.</param>
    /// <param name="x">Where a step begins.</param>
    /// <param name="y">Where it can end.</param>
    /// <param name="mass">q, m positive numbers.</param>
    public KernelWalk(Arithmetic<T> arithmetic, RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, double[]? mass = null)
        : base(arithmetic, x.Rows, y.Rows, OperatorStructure.MassPreserving)
    {
        (_kernel, _x, _y) = (kernel, x, y);
        _offset = mass is null ? null : arithmetic.UploadColumn<T>(Array.ConvertAll(mass, q => -Math.Log(q * mass.Length)));
        _logSum = arithmetic.Allocate(x.Rows, 1);
        arithmetic.KernelLogSum(kernel, x, y, _offset, _logSum);
    }

    public override int LeastBlock => EconomicBlock;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Arithmetic.KernelProduct(_kernel, _x, _logSum, _y, _offset, x, y);

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Arithmetic.KernelProduct(_kernel, _y, _offset, _x, _logSum, x, y);

    protected override void Dispose(bool disposing)
    {
        _logSum.Dispose();
        _offset?.Dispose();
        _x.Dispose();
        _y.Dispose();
    }
}
