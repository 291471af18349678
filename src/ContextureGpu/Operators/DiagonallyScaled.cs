using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary><c>D_l T D_r</c> with diagonal D_l and D_r: the normalised operator <c>B = D_w^(1/2) P D_PA^(-1/2)</c> of theory.md section 2.</summary>
internal sealed class DiagonallyScaled<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly LinearOperator<T> _inner;
    private readonly DeviceMatrix<T> _left, _right;
    private readonly Workspace<T> _scaled;

    /// <param name="left">Diagonal of D_l, one value for each row.</param>
    /// <param name="inner">T; owned from here on.</param>
    /// <param name="right">Diagonal of D_r, one value for each column.</param>
    /// <param name="structure">What the caller knows of the product.</param>
    public DiagonallyScaled(ReadOnlySpan<double> left, LinearOperator<T> inner, ReadOnlySpan<double> right, OperatorStructure structure)
        : base(inner.Arithmetic, inner.Rows, inner.Columns, structure)
    {
        _inner = inner;
        _left = Arithmetic.UploadColumn(left);
        _right = Arithmetic.UploadColumn(right);
        _scaled = new Workspace<T>(Arithmetic);
    }

    public override int LeastBlock => _inner.LeastBlock;

    public override double Work => _inner.Work;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> scaled = _scaled.Get(x.Rows, x.Columns);
        Arithmetic.ScaleRows(_right, x, scaled);
        _inner.Apply(scaled, y);
        Arithmetic.ScaleRows(_left, y, y);
    }

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> scaled = _scaled.Get(x.Rows, x.Columns);
        Arithmetic.ScaleRows(_left, x, scaled);
        _inner.ApplyAdjoint(scaled, y);
        Arithmetic.ScaleRows(_right, y, y);
    }

    protected override void Dispose(bool disposing)
    {
        _scaled.Dispose();
        _left.Dispose();
        _right.Dispose();
        _inner.Dispose();
    }
}
