using ContextureGpu.Encoders;
using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Encoders;

public sealed class CholeskyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(47)]
    [InlineData(48)]
    [InlineData(49)]
    [InlineData(97)]
    [InlineData(201)]
    public void The_inverse_times_the_matrix_is_the_identity(int n)
    {
        double[] a = Positive(n, 1e-3), inverse = (double[])a.Clone(), product = new double[n * n];
        var cholesky = new Cholesky(n, ReferenceLinearAlgebra.Instance);
        // What a matrix that is refused leaves behind does no harm.
        Assert.False(cholesky.TryInvert([.. Enumerable.Repeat(double.NaN, n * n)]));
        Assert.True(cholesky.TryInvert(inverse));
        ReferenceLinearAlgebra.Instance.Multiply(inverse, Orientation.Normal, a, Orientation.Normal, product, n, n, n);
        // The eigenvalues lie between 1e-3 and about 6: the condition magnifies roundings some thousand times.
        for (int e = 0; e < product.Length; e++)
            Tolerance.AssertWithin($"entry {e}", Math.Abs(product[e] - (e / n == e % n ? 1 : 0)), Tolerance.Relative<double>(n, 1e4));
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(100, 20)]
    [InlineData(100, 80)]
    public void A_matrix_that_is_not_positive_is_noticed(int n, int at)
    {
        double[] a = Positive(n, 1e-3);
        a[(at * n) + at] = -1;
        Assert.False(new Cholesky(n, ReferenceLinearAlgebra.Instance).TryInvert(a));
        a = Positive(n, 1e-3);
        a[(at * n) + at] = double.NaN;
        Assert.False(new Cholesky(n, ReferenceLinearAlgebra.Instance).TryInvert(a));
    }

    // X^T X / n plus a ridge, symmetric to the bit.
    private static double[] Positive(int n, double ridge)
    {
        double[] x = new double[n * n], a = new double[n * n];
        new Philox(20263, (ulong)n).Normals(0, x.AsSpan());
        ReferenceLinearAlgebra.Instance.Multiply(x, Orientation.Transposed, x, Orientation.Normal, a, n, n, n);
        for (int e = 0; e < a.Length; e++)
            a[e] = (a[e] / n) + (e / n == e % n ? ridge : 0);
        return a;
    }
}
