using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>The dense solver on matrices of chosen spectra, wide and tall, and on a context with a closed form.</summary>
public sealed class ExactSolverTests
{
    public static TheoryData<string, int, int> Cases =>
        [.. Spectra.All(13).SelectMany(_ => new[] { (13, 29), (29, 13), (13, 13) }, (s, shape) => new TheoryDataRow<string, int, int>(s.Name, shape.Item1, shape.Item2))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_singular_value_is_right_to_rounding(string name, int rows, int columns)
    {
        double[] spectrum = Spectra.All(13).Single(s => s.Name == name).Values;
        double[] expected = [.. spectrum.Select(Math.Abs).OrderDescending()];
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using (var b = new DenseOperator<double>(
            arithmetic, arithmetic.UploadMatrix(Spectra.Rectangular(rows, columns, spectrum, 5), rows, columns), OperatorStructure.None))
        using (SingularTriplets<double> found = ExactSolver.Solve(b, 13, ReferenceLinearAlgebra.Instance, TestContext.Current.CancellationToken))
        {
            double allowed = Tolerance.Relative<double>(rows * columns, 4 * Math.Max(1, expected[0]));
            for (int i = 0; i < 13; i++)
                Tolerance.AssertClose($"s_{i + 1}", expected[i], found.Values[i], allowed);
            Tolerance.AssertWithin("residual", found.Certificate.Residuals.Max(), allowed);
            Tolerance.AssertWithin("loss of orthogonality", found.Certificate.Orthogonality, Tolerance.Relative<double>(rows, 13));
            Assert.Equal(StoppingReason.Direct, found.Certificate.Stopped);
        }
        Assert.Equal(0, device.Memory.LiveBytes);
    }

    /// <summary>theory.md section 6: bits flipped with probability p are the Gaussian walk with gamma = log((1-p)/p); multiplicities C(n, k).</summary>
    [Theory]
    [InlineData(4, 0.1)]
    [InlineData(5, 0.3)]
    public void The_hypercube_has_the_spectrum_of_its_parities(int bits, double flip)
    {
        int n = 1 << bits;
        double[] x = [.. Enumerable.Range(0, n * bits).Select(e => (double)((e / bits >> (e % bits)) & 1))];
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        DeviceMatrix<double> points = arithmetic.UploadMatrix(x, n, bits);
        using var walk = new KernelWalk<double>(arithmetic, new RadialKernel(RadialKernelKind.Gaussian, Math.Log((1 - flip) / flip)), points, points);
        double[] uniform = [.. Enumerable.Repeat(1.0 / n, n)];
        using var deflated = new Deflated<double>(
            walk, new GroupProjector<double>(arithmetic, uniform, new int[n], 1), new GroupProjector<double>(arithmetic, uniform, new int[n], 1));
        using SingularTriplets<double> found = ExactSolver.Solve(deflated, n, ReferenceLinearAlgebra.Instance, TestContext.Current.CancellationToken);

        double[] expected = [.. Enumerable.Range(1, n - 1).Select(s => Math.Pow(1 - (2 * flip), int.PopCount(s))).OrderDescending(), 0];
        for (int i = 0; i < n; i++)
            Tolerance.AssertClose($"s_{i + 1}", expected[i], found.Values[i], Tolerance.Relative<double>(n * n, 4));
        Assert.Equal(n - 1, found.Rank);
    }

    [Fact]
    public void Bad_requests_are_refused()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using var b = new DenseOperator<double>(arithmetic, arithmetic.UploadMatrix([1, 2, 3, 4, 5, double.NaN], 2, 3), OperatorStructure.None);
        CancellationToken token = TestContext.Current.CancellationToken;
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactSolver.Solve(b, 0, ReferenceLinearAlgebra.Instance, token));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactSolver.Solve(b, 3, ReferenceLinearAlgebra.Instance, token));
        NumericalException error = Assert.Throws<NumericalException>(() => ExactSolver.Solve(b, 1, ReferenceLinearAlgebra.Instance, token));
        Assert.Contains("entry (", error.Message, StringComparison.Ordinal);
    }
}
