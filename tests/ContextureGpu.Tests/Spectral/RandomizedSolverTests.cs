using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>The solver by identities on matrices of chosen spectra: values, residuals, orthonormality, and spaces by principal angles.</summary>
public sealed class RandomizedSolverTests
{
    private const int Rows = 31, Columns = 17;

    public static TheoryData<string> SpectrumNames => [.. Spectra.All(Columns).Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(SpectrumNames))]
    public void At_full_width_the_decomposition_is_exact(string name)
    {
        double[] spectrum = Spectra.All(Columns).Single(s => s.Name == name).Values;
        CheckFullWidth<double>(spectrum);
        CheckFullWidth<float>(spectrum);
    }

    [Fact]
    public void Passes_over_a_decaying_spectrum_find_the_top_space()
    {
        const int d = 4;
        double[] spectrum = Spectra.Decaying(Columns), matrix = Spectra.Rectangular(Rows, Columns, spectrum, 5);
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using var b = new DenseOperator<double>(arithmetic, arithmetic.UploadMatrix(matrix, Rows, Columns), OperatorStructure.None);
        var options = new RandomizedSolverOptions { Oversampling = 4, PowerIterations = 40 };
        using SingularTriplets<double> found = RandomizedSolver.Solve(b, d, ReferenceLinearAlgebra.Instance, options, TestContext.Current.CancellationToken);
        using SingularTriplets<double> all = RandomizedSolver.Solve(
            b, Columns, ReferenceLinearAlgebra.Instance, new RandomizedSolverOptions(), TestContext.Current.CancellationToken);
        for (int i = 0; i < d; i++)
            Tolerance.AssertClose($"s_{i + 1}", spectrum[i], found.Values[i], Tolerance.Relative<double>(Rows * Columns));
        Tolerance.AssertWithin(
            "angle to the true space",
            Subspace.LargestSine(arithmetic.DownloadDouble(found.Left), arithmetic.DownloadDouble(all.Left.ColumnRange(0, d)), Rows, d),
            Tolerance.Relative<double>(Rows * Columns, 10));
        Assert.Equal(StoppingReason.Converged, found.Certificate.Stopped);
    }

    [Fact]
    public void Too_few_passes_are_admitted_by_the_certificate()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using var b = new DenseOperator<double>(
            arithmetic, arithmetic.UploadMatrix(Spectra.Rectangular(Rows, Columns, Spectra.Flat(Columns), 5), Rows, Columns), OperatorStructure.None);
        var options = new RandomizedSolverOptions { Oversampling = 0, PowerIterations = 0 };
        using SingularTriplets<double> found = RandomizedSolver.Solve(b, 5, ReferenceLinearAlgebra.Instance, options, TestContext.Current.CancellationToken);
        Assert.Equal(StoppingReason.IterationLimit, found.Certificate.Stopped);
        Assert.True(found.Certificate.Residuals.Max() > options.Tolerance);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits()
    {
        double[] first = Left(seed: 1), second = Left(seed: 1), other = Left(seed: 2);
        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Bad_requests_are_refused()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using var b = new DenseOperator<double>(arithmetic, arithmetic.UploadMatrix([1, 2, 3, 4, 5, double.NaN], 3, 2), OperatorStructure.None);
        var options = new RandomizedSolverOptions();
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomizedSolver.Solve(b, 0, ReferenceLinearAlgebra.Instance, options, TestContext.Current.CancellationToken));
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomizedSolver.Solve(b, 3, ReferenceLinearAlgebra.Instance, options, TestContext.Current.CancellationToken));
        Assert.Throws<NumericalException>(() => RandomizedSolver.Solve(b, 1, ReferenceLinearAlgebra.Instance, options, TestContext.Current.CancellationToken));
        Assert.Throws<OperationCanceledException>(() => RandomizedSolver.Solve(b, 1, ReferenceLinearAlgebra.Instance, options, new CancellationToken(true)));
    }

    private static void CheckFullWidth<T>(double[] spectrum)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<T> arithmetic = device.Arithmetic<T>();
        double[] matrix = Spectra.Rectangular(Rows, Columns, spectrum, 5);
        double[] expected = [.. spectrum.Select(Math.Abs).OrderDescending()];
        double size = Math.Max(expected[0], 1);
        using (var b = new DenseOperator<T>(arithmetic, arithmetic.UploadMatrix(matrix, Rows, Columns), OperatorStructure.None))
        using (SingularTriplets<T> found = RandomizedSolver.Solve(b, Columns, ReferenceLinearAlgebra.Instance, new RandomizedSolverOptions(), default))
        {
            double allowed = Tolerance.Relative<T>(Rows * Columns, 4 * size);
            for (int i = 0; i < Columns; i++)
                Tolerance.AssertClose($"s_{i + 1}", expected[i], found.Values[i], allowed);
            Tolerance.AssertWithin("residual", found.Certificate.Residuals.Max(), allowed * size);
            double[] u = arithmetic.DownloadDouble(found.Left), v = arithmetic.DownloadDouble(found.Right);
            double loss = Subspace.LossOfOrthogonality(u, Rows, Columns);
            Tolerance.AssertWithin("loss of orthogonality", loss, Tolerance.Relative<T>(Rows, Columns));
            Tolerance.AssertClose("the certificate's", loss, found.Certificate.Orthogonality, Tolerance.Relative<double>(Rows, 1));

            double worst = 0;                                       // B = U S V^T, also where s is tiny
            for (int i = 0; i < Rows; i++)
            {
                for (int j = 0; j < Columns; j++)
                {
                    double sum = 0;
                    for (int c = 0; c < Columns; c++)
                        sum += u[(i * Columns) + c] * found.Values[c] * v[(j * Columns) + c];
                    worst = Math.Max(worst, Math.Abs(sum - matrix[(i * Columns) + j]));
                }
            }
            double dropped = expected.Skip(found.Rank).DefaultIfEmpty(0).Max();
            Tolerance.AssertWithin("reconstruction", worst, allowed + (2 * dropped));
            Assert.True(dropped * dropped <= 64 * Tolerance.Epsilon<T>() * size * size, $"s = {dropped} was counted as zero");
        }
        Assert.Equal(0, device.Memory.LiveBytes);
    }

    private static double[] Left(ulong seed)
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<float> arithmetic = device.Arithmetic<float>();
        using var b = new DenseOperator<float>(
            arithmetic, arithmetic.UploadMatrix(Spectra.Rectangular(Rows, Columns, Spectra.Flat(Columns), 5), Rows, Columns), OperatorStructure.None);
        using SingularTriplets<float> found = RandomizedSolver.Solve(
            b, 3, ReferenceLinearAlgebra.Instance, new RandomizedSolverOptions { Seed = seed }, TestContext.Current.CancellationToken);
        return arithmetic.DownloadDouble(found.Left);
    }
}
