using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>A stored dense matrix, which it owns.</summary>
internal sealed class DenseOperator<T>(Arithmetic<T> arithmetic, DeviceMatrix<T> matrix, OperatorStructure structure)
    : LinearOperator<T>(arithmetic, matrix.Rows, matrix.Columns, structure)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Arithmetic.Multiply(T.One, matrix, Orientation.Normal, x, Orientation.Normal, T.Zero, y);

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Arithmetic.Multiply(T.One, matrix, Orientation.Transposed, x, Orientation.Normal, T.Zero, y);

    protected override void Dispose(bool disposing) => matrix.Dispose();
}
