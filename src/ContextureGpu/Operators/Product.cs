using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary><c>T_1 T_2</c>, applied factor by factor and never multiplied out. Convolution of contexts.</summary>
internal sealed class Product<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly LinearOperator<T> _left, _right;
    private readonly Workspace<T> _between;

    public Product(LinearOperator<T> left, LinearOperator<T> right)
        : base(left.Arithmetic, left.Rows, right.Columns, left.Structure & right.Structure & ~OperatorStructure.SelfAdjoint)
    {
        if (left.Columns != right.Rows)
            throw new ArgumentException($"({left.Rows}, {left.Columns}) times ({right.Rows}, {right.Columns}): the inner sizes differ", nameof(right));
        (_left, _right, _between) = (left, right, new Workspace<T>(left.Arithmetic));
    }

    public override int LeastBlock => Math.Max(_left.LeastBlock, _right.LeastBlock);

    public override double Work => _left.Work + _right.Work;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> between = _between.Get(_right.Rows, x.Columns);
        _right.Apply(x, between);
        _left.Apply(between, y);
    }

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> between = _between.Get(_left.Columns, x.Columns);
        _left.ApplyAdjoint(x, between);
        _right.ApplyAdjoint(between, y);
    }

    protected override void Dispose(bool disposing)
    {
        _between.Dispose();
        _left.Dispose();
        _right.Dispose();
    }
}
