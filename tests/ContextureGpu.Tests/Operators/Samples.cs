using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Tests.Operators;

/// <summary>Small operators that the contracts are instantiated with, and their dense matrices written by hand.</summary>
internal static class Samples
{
    /// <summary>A (4, 3) row-stochastic matrix with an empty column in its third row.</summary>
    public static readonly double[] WalkDense = [0.5, 0.25, 0.25, 0, 1, 0, 0.125, 0, 0.875, 0.75, 0.25, 0];

    /// <summary>A (2, 3) matrix.</summary>
    public static readonly double[] BlockDense = [1, 0, -2, 0, 3, 4];

    public static LinearOperator<T> Walk<T>(Arithmetic<T> arithmetic)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new SparseOperator<T>(
            arithmetic,
            new CompressedRows(4, 3, [0, 3, 4, 6, 8], [0, 1, 2, 1, 0, 2, 0, 1], [0.5, 0.25, 0.25, 1, 0.125, 0.875, 0.75, 0.25]),
            OperatorStructure.MassPreserving);

    public static LinearOperator<T> Block<T>(Arithmetic<T> arithmetic)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new SparseOperator<T>(
            arithmetic, new CompressedRows(2, 3, [0, 2, 4], [0, 2, 1, 2], [1, -2, 3, 4]), OperatorStructure.None);

    private const int DeflatedRows = 20, DeflatedColumns = 19;

    private static double[] Mass(int count) => [.. Enumerable.Range(0, count).Select(i => 1 + (i * 7 % 5))];

    private static int[] Groups(int count, int groups) => [.. Enumerable.Range(0, count).Select(i => i % groups)];

    private static double[] Matrix()
    {
        var values = new double[DeflatedRows * DeflatedColumns];
        new Philox(9, 1).Normals<double>(0, values);
        return values;
    }

    /// <summary><c>(I - G G^T) B (I - H H^T)</c> by plain loops.</summary>
    public static double[] DeflatedDense(int groups)
    {
        double[] b = Matrix();
        double[] rowMass = Mass(DeflatedRows), columnMass = Mass(DeflatedColumns);
        int[] rowGroup = Groups(DeflatedRows, groups), columnGroup = Groups(DeflatedColumns, groups);
        for (int c = 0; c < groups; c++)
        {
            double rowTotal = Enumerable.Range(0, DeflatedRows).Where(i => rowGroup[i] == c).Sum(i => rowMass[i]);
            for (int j = 0; j < DeflatedColumns; j++)
            {
                double along = Enumerable.Range(0, DeflatedRows).Where(i => rowGroup[i] == c).Sum(i => Math.Sqrt(rowMass[i] / rowTotal) * b[i * DeflatedColumns + j]);
                for (int i = 0; i < DeflatedRows; i++)
                    if (rowGroup[i] == c)
                        b[i * DeflatedColumns + j] -= Math.Sqrt(rowMass[i] / rowTotal) * along;
            }
        }
        for (int c = 0; c < groups; c++)
        {
            double columnTotal = Enumerable.Range(0, DeflatedColumns).Where(j => columnGroup[j] == c).Sum(j => columnMass[j]);
            for (int i = 0; i < DeflatedRows; i++)
            {
                double along = Enumerable.Range(0, DeflatedColumns).Where(j => columnGroup[j] == c).Sum(j => Math.Sqrt(columnMass[j] / columnTotal) * b[i * DeflatedColumns + j]);
                for (int j = 0; j < DeflatedColumns; j++)
                    if (columnGroup[j] == c)
                        b[i * DeflatedColumns + j] -= Math.Sqrt(columnMass[j] / columnTotal) * along;
            }
        }
        return b;
    }

    /// <summary>A deflated operator that owns the operator it deflates, so that the contract can dispose it.</summary>
    public sealed class Deflation<T> : LinearOperator<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly LinearOperator<T> _inner;
        private readonly Deflated<T> _deflated;

        public Deflation(Arithmetic<T> arithmetic, int groups)
            : base(arithmetic, DeflatedRows, DeflatedColumns, OperatorStructure.None)
        {
            _inner = new DenseOperator<T>(arithmetic, arithmetic.UploadMatrix(Matrix(), DeflatedRows, DeflatedColumns), OperatorStructure.None);
            _deflated = new Deflated<T>(
                _inner,
                new GroupProjector<T>(arithmetic, Mass(DeflatedRows), Groups(DeflatedRows, groups), groups),
                new GroupProjector<T>(arithmetic, Mass(DeflatedColumns), Groups(DeflatedColumns, groups), groups));
        }

        protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => _deflated.Apply(x, y);

        protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => _deflated.ApplyAdjoint(x, y);

        protected override void Dispose(bool disposing)
        {
            _deflated.Dispose();
            _inner.Dispose();
        }
    }

    /// <summary>The adjoint of an operator, owning it.</summary>
    public sealed class Owning<T>(LinearOperator<T> inner) : LinearOperator<T>(inner.Arithmetic, inner.Columns, inner.Rows, OperatorStructure.None)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Adjoint<T> _adjoint = new(inner);

        protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => _adjoint.Apply(x, y);

        protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => _adjoint.ApplyAdjoint(x, y);

        protected override void Dispose(bool disposing) => inner.Dispose();
    }
}
