using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary><c>T*</c> as an operator: the two verbs exchanged. Does not own T.</summary>
internal sealed class Adjoint<T>(LinearOperator<T> inner)
    : LinearOperator<T>(inner.Arithmetic, inner.Columns, inner.Rows, inner.Structure & OperatorStructure.SelfAdjoint)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override int LeastBlock => inner.LeastBlock;

    public override double Work => inner.Work;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => inner.ApplyAdjoint(x, y);

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => inner.Apply(x, y);

    protected override void Dispose(bool disposing)
    {
    }
}
