using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Operators;

/// <summary>An operator that recomputes its entries asks for blocks, through every composition, and the Krylov solver listens; so it is with the work of an application.</summary>
public sealed class LeastBlockTests
{
    private const int N = 6, Asked = KernelWalk<double>.EconomicBlock;

    [Fact]
    public void Every_composition_hands_it_on()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> on = device.Arithmetic<double>();
        double[] ones = [.. Enumerable.Repeat(1.0, N)];
        using LinearOperator<double> stored = Stored(on);
        Assert.Equal(1, stored.LeastBlock);
        using LinearOperator<double> walk = Walk(on);
        using var adjoint = new Adjoint<double>(walk);
        using var deflated = new Deflated<double>(walk, new GroupProjector<double>(on, ones, new int[N], 1), new GroupProjector<double>(on, ones, new int[N], 1));
        using var product = new Product<double>(Stored(on), Walk(on));
        using var sum = new WeightedSum<double>([(0.5, Stored(on)), (0.5, Walk(on))]);
        using var side = new SideBySide<double>([(0.5, Walk(on)), (0.5, Stored(on))]);
        using var scaled = new DiagonallyScaled<double>(ones, Walk(on), ones, OperatorStructure.None);
        LinearOperator<double>[] compositions = [walk, adjoint, deflated, product, sum, side, scaled];
        Assert.All(compositions, composition => Assert.Equal(Asked, composition.LeastBlock));
    }

    [Fact]
    public void Compositions_take_the_work_of_their_parts()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> on = device.Arithmetic<double>();
        const double Dense = N * N, Few = 3;
        double[] ones = [.. Enumerable.Repeat(1.0, N)];
        LinearOperator<double> Sparse() => new SparseOperator<double>(on, new CompressedRows(N, N, [0, 1, 1, 3, 3, 3, 3], [2, 0, 5], [1, 2, 3]), OperatorStructure.None);
        using LinearOperator<double> walk = Walk(on);
        using var masked = new MaskedKernelWalk<double>(on, new RadialKernel(RadialKernelKind.Gaussian, 0.3), Points(on), Points(on), [[0], [], [0]]);
        using var adjoint = new Adjoint<double>(walk);
        using var deflated = new Deflated<double>(walk, new GroupProjector<double>(on, ones, new int[N], 1), new GroupProjector<double>(on, ones, new int[N], 1));
        using var product = new Product<double>(Sparse(), Walk(on));
        using var sum = new WeightedSum<double>([(0.5, Sparse()), (0.5, Walk(on))]);
        using var side = new SideBySide<double>([(0.5, Walk(on)), (0.5, Sparse())]);
        using var scaled = new DiagonallyScaled<double>(ones, Sparse(), ones, OperatorStructure.None);
        Assert.Equal(
            [Dense, 3 * Dense, Dense, Dense, Few + Dense, Few + Dense, Dense + Few, Few],
            new LinearOperator<double>[] { walk, masked, adjoint, deflated, product, sum, side, scaled }.Select(t => t.Work));
    }

    [Fact]
    public void The_solver_takes_wider_blocks_unless_it_was_told_a_width()
    {
        Assert.Equal(8, KrylovSolver.BlockWidth(1000, 33, new KrylovSolverOptions()));
        Assert.Equal(16, KrylovSolver.BlockWidth(1000, 33, new KrylovSolverOptions { LeastBlock = 16 }));
        Assert.Equal(32, KrylovSolver.BlockWidth(1000, 600, new KrylovSolverOptions { LeastBlock = 16 }));
        Assert.Equal(4, KrylovSolver.BlockWidth(1000, 33, new KrylovSolverOptions { LeastBlock = 16, BlockWidth = 4 }));
        Assert.Equal(5, KrylovSolver.BlockWidth(5, 3, new KrylovSolverOptions { LeastBlock = 16 }));
    }

    private static DenseOperator<double> Stored(Arithmetic<double> on) => new(on, on.UploadMatrix(new double[N * N], N, N), OperatorStructure.None);

    private static DeviceMatrix<double> Points(Arithmetic<double> on) => on.UploadMatrix([1, 2, 3, 4, 5, 6], N, 1);

    private static KernelWalk<double> Walk(Arithmetic<double> on)
    {
        DeviceMatrix<double> points = Points(on);
        return new KernelWalk<double>(on, new RadialKernel(RadialKernelKind.Gaussian, 0.3), points, points);
    }
}
