using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>A stored sparse matrix: neighbour graphs, edge lists, labels.</summary>
internal sealed class SparseOperator<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly SparseMatrix<T> _matrix;

    public SparseOperator(Arithmetic<T> arithmetic, CompressedRows matrix, OperatorStructure structure)
        : base(arithmetic, matrix.Rows, matrix.Columns, structure) =>
        _matrix = arithmetic.CreateSparse(matrix);

    public override double Work => _matrix.NonZeros;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Arithmetic.SparseProduct(_matrix, Orientation.Normal, x, y);

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Arithmetic.SparseProduct(_matrix, Orientation.Transposed, x, y);

    protected override void Dispose(bool disposing) => _matrix.Dispose();
}
