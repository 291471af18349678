using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>The block-Krylov solver on matrices of chosen spectra: values, residuals, spaces; and multiplicities wider than a block, which it must not miss.</summary>
public sealed class KrylovSolverTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, int, int, int> Cases =>
        [.. from name in Spectra.All(60).Select(s => s.Name)
            from shape in new[] { (60, 90, 7), (90, 60, 7), (60, 60, 60), (61, 60, 1), (60, 75, 33) }
            select new TheoryDataRow<string, int, int, int>(name, shape.Item1, shape.Item2, shape.Item3)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Chosen_spectra_are_found(string name, int rows, int columns, int dimension)
    {
        double[] spectrum = Spectra.All(60).Single(s => s.Name == name).Values;
        Check<double>(spectrum, rows, columns, dimension, 1e-9);
        Check<float>(spectrum, rows, columns, dimension, 1e-5);
    }

    [Theory]
    [InlineData(45, 8)]
    [InlineData(120, 16)]
    [InlineData(17, 16)]
    public void An_eigenvalue_with_more_directions_than_a_block_has_columns_is_found_whole(int multiplicity, int width)
    {
        const int n = 300;
        double[] spectrum = [.. Enumerable.Range(0, n).Select(i => i < multiplicity ? 0.8 : 0.5 * Math.Pow(0.99, i))];
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<double> on = device.Arithmetic<double>();
        using var b = new DenseOperator<double>(on, on.UploadMatrix(Spectra.Rectangular(n, n, spectrum, 3), n, n), OperatorStructure.None);
        using SingularTriplets<double> found = KrylovSolver.Solve(
            b, multiplicity + 2, device.LinearAlgebra, new KrylovSolverOptions { Tolerance = 1e-9, BlockWidth = width }, Token);
        for (int i = 0; i < multiplicity + 2; i++)
            Tolerance.AssertClose($"s_{i + 1}", spectrum[i], found.Values[i], 1e-9);
        Assert.Equal(StoppingReason.Converged, found.Certificate.Stopped);
    }

    [Fact]
    public void A_small_basis_restarts_and_gives_the_same_values()
    {
        const int n = 200;
        double[] spectrum = [.. Enumerable.Range(0, n).Select(i => 1 / (1 + (0.05 * i)))];
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<double> on = device.Arithmetic<double>();
        using var b = new DenseOperator<double>(on, on.UploadMatrix(Spectra.Rectangular(n, 230, spectrum, 3), n, 230), OperatorStructure.None);
        using SingularTriplets<double> found = KrylovSolver.Solve(
            b, 20, device.LinearAlgebra, new KrylovSolverOptions { Tolerance = 1e-9, BlockWidth = 4, BasisSize = 36 }, Token);
        for (int i = 0; i < 20; i++)
            Tolerance.AssertClose($"s_{i + 1}", spectrum[i], found.Values[i], 1e-9);
        Assert.True(found.Certificate.Iterations > 2, "this was to need restarts");
        Assert.Equal(StoppingReason.Converged, found.Certificate.Stopped);
    }

    [Fact]
    public void Too_few_restarts_are_admitted_by_the_certificate()
    {
        double[] spectrum = Spectra.Flat(200);
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<double> on = device.Arithmetic<double>();
        using var b = new DenseOperator<double>(on, on.UploadMatrix(Spectra.Rectangular(200, 200, spectrum, 3), 200, 200), OperatorStructure.None);
        var options = new KrylovSolverOptions { Tolerance = 1e-9, BlockWidth = 4, BasisSize = 20, MaximumRestarts = 1 };
        using SingularTriplets<double> found = KrylovSolver.Solve(b, 8, device.LinearAlgebra, options, Token);
        Assert.Equal(StoppingReason.IterationLimit, found.Certificate.Stopped);
        Assert.True(found.Certificate.Residuals.Max() > options.Tolerance);
    }

    [Fact]
    public void Bad_requests_are_refused_and_memory_comes_back()
    {
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<double> on = device.Arithmetic<double>();
        var options = new KrylovSolverOptions();
        using (var bad = new DenseOperator<double>(on, on.UploadMatrix([1, 2, 3, 4, 5, double.NaN], 3, 2), OperatorStructure.None))
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => KrylovSolver.Solve(bad, 0, device.LinearAlgebra, options, Token));
            Assert.Throws<ArgumentOutOfRangeException>(() => KrylovSolver.Solve(bad, 3, device.LinearAlgebra, options, Token));
            Assert.Throws<NumericalException>(() => KrylovSolver.Solve(bad, 1, device.LinearAlgebra, options, Token));
            Assert.Throws<OperationCanceledException>(() => KrylovSolver.Solve(bad, 1, device.LinearAlgebra, options, new CancellationToken(true)));
        }
        using (var good = new DenseOperator<double>(on, on.UploadMatrix(Spectra.Rectangular(90, 70, Spectra.Decaying(70), 1), 90, 70), OperatorStructure.None))
        {
            long before = device.Memory.LiveBytes;
            device.Memory.ResetPeak();
            KrylovSolver.Solve(good, 5, device.LinearAlgebra, options, Token).Dispose();
            Assert.Equal(before, device.Memory.LiveBytes);
            long declared = sizeof(double) * KrylovSolver.PeakElements(90, 70, 5, options);
            Assert.True(device.Memory.PeakBytes - before <= declared, $"{device.Memory.PeakBytes - before} bytes were used, {declared} declared");
        }
    }

    private static void Check<T>(double[] spectrum, int rows, int columns, int dimension, double tolerance)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<T> on = device.Arithmetic<T>();
        using var b = new DenseOperator<T>(on, on.UploadMatrix<T>(Spectra.Rectangular(rows, columns, spectrum, 5), rows, columns), OperatorStructure.None);
        using SingularTriplets<T> found = KrylovSolver.Solve(b, dimension, device.LinearAlgebra, new KrylovSolverOptions { Tolerance = tolerance }, Token);
        for (int i = 0; i < dimension; i++)
            Tolerance.AssertClose($"s_{i + 1}^2", spectrum[i] * spectrum[i], found.Values[i] * found.Values[i], tolerance);
        Tolerance.AssertWithin("orthogonality", found.Certificate.Orthogonality, Tolerance.Relative<T>(rows, 8));   // a few blocks, each orthogonal to rounding
        Tolerance.AssertWithin("residual", found.Certificate.Residuals.Max(), tolerance);
        Assert.Equal(StoppingReason.Converged, found.Certificate.Stopped);
    }
}
