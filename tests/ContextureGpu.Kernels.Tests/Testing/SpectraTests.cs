using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Testing;

/// <summary>Matrices of chosen spectra have these spectra, and subspaces are told apart.</summary>
public sealed class SpectraTests
{
    private const int N = 24;

    [Fact]
    public void SymmetricHasItsEigenvalues()
    {
        foreach ((string name, double[] spectrum) in Spectra.All(N))
        {
            double[] a = Spectra.Symmetric(spectrum, 1);
            double trace = 0, squares = 0;
            for (int i = 0; i < N; i++)
            {
                trace += a[i * N + i];
                for (int j = 0; j < N; j++)
                {
                    squares += a[i * N + j] * a[i * N + j];
                    Assert.Equal(a[i * N + j], a[j * N + i]);
                }
            }
            Tolerance.AssertClose($"{name}: trace", spectrum.Sum(), trace, Tolerance.Relative<double>(N, N));
            Tolerance.AssertClose($"{name}: squares", spectrum.Sum(v => v * v), squares, Tolerance.Relative<double>(N, N));
        }
    }

    [Fact]
    public void RectangularHasItsSingularValues()
    {
        double[] singular = [3, 2, 0.5], a = Spectra.Rectangular(9, 5, singular, 2), gram = new double[25], squares = new double[5];
        ReferenceLinearAlgebra.Instance.Multiply(a, Orientation.Transposed, a, Orientation.Normal, gram, 5, 5, 9);
        ReferenceLinearAlgebra.Instance.SymmetricEigen(gram, 5, squares);
        double[] expected = [0, 0, 0.25, 4, 9];
        for (int i = 0; i < 5; i++)
            Tolerance.AssertClose($"squared singular value {i}", expected[i], squares[i], Tolerance.Relative<double>(9, 9));
    }

    [Fact]
    public void OrthonormalFactorsAreOrthonormalAndDependOnTheSeed()
    {
        double[] q = Spectra.Orthonormal(40, 7, 1);
        Tolerance.AssertWithin("orthogonality", Subspace.LossOfOrthogonality(q, 40, 7), Tolerance.Relative<double>(40));
        Assert.Equal(q, Spectra.Orthonormal(40, 7, 1));
        Assert.True(Subspace.Distance(q, 7, Spectra.Orthonormal(40, 7, 2), 7, 40) > 1);
        Assert.True(Subspace.LossOfOrthogonality([1, 1, 0, 1], 2, 2) > 0.9);
        Assert.True(double.IsNaN(Subspace.LossOfOrthogonality([1, 0, double.NaN, 1], 2, 2)));
    }

    [Fact]
    public void DistanceIgnoresTheBasisAndMeasuresTheAngle()
    {
        double[] u = Spectra.Orthonormal(30, 4, 1), mixed = new double[30 * 4];
        double[] mixing = Spectra.Rectangular(4, 4, [4, 2, 1, 0.5], 5);
        ReferenceLinearAlgebra.Instance.Multiply(u, Orientation.Normal, mixing, Orientation.Normal, mixed, 30, 4, 4);
        Tolerance.AssertWithin("the same space", Subspace.Distance(u, 4, mixed, 4, 30), Tolerance.Relative<double>(30, 8));
        foreach (double angle in new[] { 1.2, 0.01, 1e-7, 1e-12 })
        {
            double[] tilted = [Math.Cos(angle), 0, 0, 1, Math.Sin(angle), 0], flat = [1, 0, 0, 1, 0, 0];
            Tolerance.AssertClose("largest sine", Math.Sin(angle), Subspace.LargestSine(flat, tilted, 3, 2), Tolerance.Relative<double>(3));
            Tolerance.AssertClose("distance", Math.Sqrt(2) * Math.Sin(angle), Subspace.Distance(flat, 2, tilted, 2, 3), Tolerance.Relative<double>(3));
        }
        Tolerance.AssertClose("spaces of different dimension", 1, Subspace.Distance([1, 0, 0], 1, [1, 0, 0, 1, 0, 0], 2, 3), Tolerance.Relative<double>(3));
    }

    [Fact]
    public void DependentColumnsAreRefused() =>
        Assert.Throws<ArgumentException>(() => Subspace.Orthonormalize([1, 2, 1, 2, 1, 2], 3, 2));
}
