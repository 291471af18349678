using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using Xunit;

namespace ContextureGpu.Tests.Operators;

public sealed class DenseOperatorContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) =>
        new DenseOperator<T>(arithmetic, arithmetic.UploadMatrix(Dense(), 5, 3), OperatorStructure.None);

    protected override double[] Dense() => Normals(1, 15);
}

public sealed class SparseOperatorContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => Samples.Walk(arithmetic);

    protected override double[] Dense() => Samples.WalkDense;
}

public sealed class SelfAdjointSparseOperatorContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new SparseOperator<T>(
        arithmetic, new CompressedRows(2, 2, [0, 2, 3], [0, 1, 0], [1, 3, 3]), OperatorStructure.SelfAdjoint);

    protected override double[] Dense() => [1, 3, 3, 0];
}

public sealed class KernelWalkContract : OperatorContract
{
    private const double Gamma = 0.7;

    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new KernelWalk<T>(
        arithmetic, new RadialKernel(RadialKernelKind.Gaussian, Gamma),
        arithmetic.UploadMatrix(Normals(1, 12), 6, 2), arithmetic.UploadMatrix(Normals(2, 8), 4, 2));

    protected override double[] Dense()
    {
        double[] x = Normals(1, 12), y = Normals(2, 8), p = new double[24];
        for (int i = 0; i < 6; i++)
        {
            for (int j = 0; j < 4; j++)
                p[i * 4 + j] = Math.Exp(-Gamma * (Math.Pow(x[2 * i] - y[2 * j], 2) + Math.Pow(x[2 * i + 1] - y[2 * j + 1], 2)));
            double sum = p.AsSpan(i * 4, 4).ToArray().Sum();
            for (int j = 0; j < 4; j++)
                p[i * 4 + j] /= sum;
        }
        return p;
    }
}

public sealed class ScaledKernelWalkContract : OperatorContract
{
    private static readonly double[] ScaleX = [1, 0.5, 2, 3, 0.25, 1.5], ScaleY = [0.7, 2, 1, 0.3], Mass = [0.1, 0.4, 0.3, 0.2];

    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new ScaledKernelWalk<T>(
        arithmetic, new RadialKernel(RadialKernelKind.Laplacian, 1),
        new ScaledPoints<T>(arithmetic.UploadMatrix(Normals(1, 12), 6, 2), arithmetic.UploadColumn<T>(ScaleX)),
        new ScaledPoints<T>(arithmetic.UploadMatrix(Normals(2, 8), 4, 2), arithmetic.UploadColumn<T>(ScaleY)), Mass);

    protected override double[] Dense()
    {
        double[] x = Normals(1, 12), y = Normals(2, 8), p = new double[24];
        for (int i = 0; i < 6; i++)
        {
            for (int j = 0; j < 4; j++)
                p[i * 4 + j] = Mass[j] * Math.Exp(-ScaleX[i] * ScaleY[j] * (Math.Abs(x[2 * i] - y[2 * j]) + Math.Abs(x[2 * i + 1] - y[2 * j + 1])));
            double sum = p.AsSpan(i * 4, 4).ToArray().Sum();
            for (int j = 0; j < 4; j++)
                p[i * 4 + j] /= sum;
        }
        return p;
    }
}

public sealed class PosteriorWalkContract : OperatorContract
{
    private const double Gamma = 0.7;
    private const int Views = 3, Count = 5, Atoms = 4;

    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new PosteriorWalk<T>(
        arithmetic, new RadialKernel(RadialKernelKind.Gaussian, Gamma), arithmetic.UploadMatrix(Normals(1, Views * Count * 2), Views * Count, 2), Count,
        arithmetic.UploadMatrix(Normals(2, Atoms * 2), Atoms, 2), arithmetic.UploadColumn<T>(Normals(3, Atoms)));

    protected override double[] Dense()
    {
        double[] views = Normals(1, Views * Count * 2), atoms = Normals(2, Atoms * 2), evidence = Normals(3, Atoms), p = new double[Count * Atoms];
        for (int i = 0; i < Count; i++)
        {
            for (int a = 0; a < Atoms; a++)
                for (int v = 0; v < Views; v++)
                    p[(i * Atoms) + a] += Math.Exp((-Gamma * Enumerable.Range(0, 2).Sum(f => Math.Pow(views[(((v * Count) + i) * 2) + f] - atoms[(a * 2) + f], 2))) - evidence[a]);
            double sum = p.AsSpan(i * Atoms, Atoms).ToArray().Sum();
            for (int a = 0; a < Atoms; a++)
                p[(i * Atoms) + a] /= sum;
        }
        return p;
    }
}

public sealed class MaskedKernelWalkContract : OperatorContract
{
    private const double Gamma = 0.7;

    // All features, some, one, none.
    private static readonly int[][] Visible = [[0, 1, 2], [0, 2], [1], []];

    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new MaskedKernelWalk<T>(
        arithmetic, new RadialKernel(RadialKernelKind.Laplacian, Gamma),
        arithmetic.UploadMatrix(Normals(1, 18), 6, 3), arithmetic.UploadMatrix(Normals(2, 12), 4, 3), Visible);

    protected override double[] Dense()
    {
        double[] x = Normals(1, 18), y = Normals(2, 12), p = new double[24];
        foreach (int[] visible in Visible)
        {
            for (int i = 0; i < 6; i++)
            {
                double[] row = [.. Enumerable.Range(0, 4).Select(j => Math.Exp(-Gamma * visible.Sum(f => Math.Abs(x[3 * i + f] - y[3 * j + f]))))];
                for (int j = 0; j < 4; j++)
                    p[i * 4 + j] += row[j] / row.Sum() / Visible.Length;
            }
        }
        return p;
    }
}

public sealed class ProductContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) =>
        new Product<T>(new DenseOperator<T>(arithmetic, arithmetic.UploadMatrix(Normals(1, 10), 5, 2), OperatorStructure.None), Samples.Block(arithmetic));

    protected override double[] Dense() => Multiply(Normals(1, 10), 5, 2, Samples.BlockDense, 3, transposed: false);
}

public sealed class WeightedSumContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) =>
        new WeightedSum<T>([(0.25, Samples.Walk(arithmetic)), (0.75, new SparseOperator<T>(
            arithmetic, new CompressedRows(4, 3, [0, 1, 2, 3, 4], [2, 1, 0, 0], [1, 1, 1, 1]), OperatorStructure.MassPreserving))]);

    protected override double[] Dense()
    {
        double[] second = [0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0];
        return [.. Samples.WalkDense.Zip(second, (a, b) => 0.25 * a + 0.75 * b)];
    }
}

public sealed class SideBySideContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new SideBySide<T>(
        [(0.4, Samples.Walk(arithmetic)), (0.6, new DenseOperator<T>(arithmetic, arithmetic.UploadMatrix(Normals(3, 8), 4, 2), OperatorStructure.None))]);

    protected override double[] Dense()
    {
        double[] right = Normals(3, 8), dense = new double[20];
        for (int i = 0; i < 4; i++)
        {
            for (int j = 0; j < 3; j++)
                dense[i * 5 + j] = 0.4 * Samples.WalkDense[i * 3 + j];
            for (int j = 0; j < 2; j++)
                dense[i * 5 + 3 + j] = 0.6 * right[i * 2 + j];
        }
        return dense;
    }
}

public sealed class DiagonallyScaledContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) =>
        new DiagonallyScaled<T>([2, -1, 0, 0.5], Samples.Walk(arithmetic), [1, 3, -2], OperatorStructure.None);

    protected override double[] Dense()
    {
        double[] left = [2, -1, 0, 0.5], right = [1, 3, -2];
        return [.. Samples.WalkDense.Select((v, e) => left[e / 3] * v * right[e % 3])];
    }
}

public sealed class AdjointContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new Samples.Owning<T>(Samples.Walk(arithmetic));

    protected override double[] Dense() => [.. Enumerable.Range(0, 12).Select(e => Samples.WalkDense[e % 4 * 3 + e / 4])];
}

public sealed class DeflatedContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new Samples.Deflation<T>(arithmetic, groups: 1);

    protected override double[] Dense() => Samples.DeflatedDense(groups: 1);
}

/// <summary>Enough groups for the projector to be stored sparse.</summary>
public sealed class DeflatedByManyGroupsContract : OperatorContract
{
    private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) => new Samples.Deflation<T>(arithmetic, groups: 17);

    protected override double[] Dense() => Samples.DeflatedDense(groups: 17);
}

/// <summary>An operator whose adjoint forgets to transpose: the contract must say so.</summary>
public sealed class BrokenOperatorTests
{
    [Fact]
    public void The_contract_sees_a_wrong_adjoint()
    {
        var broken = new WrongAdjoint();
        Assert.ThrowsAny<Exception>(broken.Passes_the_dot_test);
        Assert.ThrowsAny<Exception>(() => broken.Applies_as_its_dense_matrix_does(1));
        Assert.ThrowsAny<Exception>(broken.Composes_with_its_adjoint);
    }

    [Fact]
    public void The_contract_sees_a_false_promise() => Assert.ThrowsAny<Exception>(new FalsePromise().Its_declared_structure_is_true);

    [Fact]
    public void Every_operator_has_a_contract()
    {
        string[] operators = [.. typeof(LinearOperator<>).Assembly.GetTypes()
            .Where(t => !t.IsAbstract && t.BaseType is { IsGenericType: true } b && b.GetGenericTypeDefinition() == typeof(LinearOperator<>))
            .Select(t => t.Name.Split('`')[0])];
        string[] contracts = [.. typeof(OperatorContract).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(OperatorContract))).Select(t => t.Name)];
        Assert.True(operators.Length >= 9, "the reflection finds the operators");
        Assert.All(operators, name => Assert.Contains(name + "Contract", contracts));
    }

    private sealed class WrongAdjoint : OperatorContract
    {
        private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) =>
            new Untransposed<T>(arithmetic, arithmetic.UploadMatrix(Dense(), 3, 3));

        protected override double[] Dense() => Normals(1, 9);
    }

    private sealed class FalsePromise : OperatorContract
    {
        private protected override LinearOperator<T> Create<T>(Arithmetic<T> arithmetic) =>
            new DenseOperator<T>(arithmetic, arithmetic.UploadMatrix(Dense(), 3, 3), OperatorStructure.SelfAdjoint);

        protected override double[] Dense() => Normals(1, 9);
    }

    private sealed class Untransposed<T>(Arithmetic<T> arithmetic, DeviceMatrix<T> matrix) : LinearOperator<T>(arithmetic, 3, 3, OperatorStructure.None)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
            Arithmetic.Multiply(T.One, matrix, Orientation.Normal, x, Orientation.Normal, T.Zero, y);

        protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => ApplyCore(x, y);

        protected override void Dispose(bool disposing) => matrix.Dispose();
    }
}
