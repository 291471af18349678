using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// <c>(I - U U^T) B (I - V V^T)</c>: B without singular pairs (U, V) that are known exactly. Does not own B.
/// Projecting on both sides, rather than subtracting <c>U S V^T</c>, keeps rounding errors from growing back along the known pairs.
/// </summary>
internal sealed class Deflated<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly LinearOperator<T> _inner;
    private readonly GroupProjector<T> _left, _right;
    private readonly Workspace<T> _projected;

    /// <summary>Takes ownership of the projectors, not of <paramref name="inner"/>.</summary>
    public Deflated(LinearOperator<T> inner, GroupProjector<T> left, GroupProjector<T> right)
        : base(inner.Arithmetic, inner.Rows, inner.Columns, inner.Structure & OperatorStructure.SelfAdjoint)
    {
        (_inner, _left, _right, _projected) = (inner, left, right, new Workspace<T>(inner.Arithmetic));
    }

    public override int LeastBlock => _inner.LeastBlock;

    public override double Work => _inner.Work;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> projected = _projected.Get(x.Rows, x.Columns);
        Arithmetic.Copy(x, projected);
        _right.RemoveFrom(projected);
        _inner.Apply(projected, y);
        _left.RemoveFrom(y);
    }

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> projected = _projected.Get(x.Rows, x.Columns);
        Arithmetic.Copy(x, projected);
        _left.RemoveFrom(projected);
        _inner.ApplyAdjoint(projected, y);
        _right.RemoveFrom(y);
    }

    // U and V belong to each other, so one projection on each side removes what the other two would.
    protected override void ApplySquareCore(DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> between)
    {
        _inner.ApplyAdjoint(x, between);
        _right.RemoveFrom(between);
        _inner.Apply(between, y);
        _left.RemoveFrom(y);
    }

    protected override void Dispose(bool disposing)
    {
        _projected.Dispose();
        _left.Dispose();
        _right.Dispose();
    }
}
