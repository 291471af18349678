using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>The ledger's prediction against the loss of orthogonality that is measured after one pass of Gram-Schmidt on a basis which has already lost some.</summary>
public sealed class OrthogonalityLedgerTests
{
    [Theory]
    [InlineData(1e-6)]
    [InlineData(1e-4)]
    public void One_pass_on_a_basis_that_is_not_orthogonal_leaves_what_was_predicted(double lost)
    {
        const int n = 400, k = 24, w = 6;
        double[] noise = new double[n * k], x = new double[n * w];
        new Philox(1, 1).Normals<double>(0, noise);
        new Philox(1, 2).Normals<double>(0, x);
        double[] q = Spectra.Orthonormal(n, k, 3);
        for (int e = 0; e < q.Length; e++)
            q[e] += lost * noise[e] / Math.Sqrt(n);
        for (int j = 0; j < k; j++)
        {
            double length = Math.Sqrt(Enumerable.Range(0, n).Sum(i => q[(i * k) + j] * q[(i * k) + j]));
            for (int i = 0; i < n; i++)
                q[(i * k) + j] /= length;
        }
        for (int i = 0; i < n; i++)
            for (int j = 0; j < w; j++)
                x[(i * w) + j] = (0.1 * x[(i * w) + j] / Math.Sqrt(n)) + q[(i * k) + j] - (0.5 * q[(i * k) + j + w]);

        using CpuDevice device = CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None });
        Arithmetic<double> on = device.Arithmetic<double>();
        using DeviceMatrix<double> basis = on.UploadMatrix<double>(q, n, k), block = on.UploadMatrix<double>(x, n, w), normalised = on.Allocate(n, w);
        double[] e0 = new double[k * k], coefficients = new double[k * w], gram = new double[w * w], measured = new double[k * w];
        on.InnerProducts(basis, basis, e0);
        for (int i = 0; i < k; i++)
            e0[(i * k) + i] -= 1;
        on.InnerProducts(basis, block, coefficients);
        on.MultiplySmall(basis, Array.ConvertAll(coefficients, v => -v), 1, block);
        on.InnerProducts(block, block, gram);
        double[] inverse = BlockOrthonormalization.InverseCholesky(gram, w)!;
        on.MultiplySmall(block, inverse, 0, normalised);
        on.InnerProducts(basis, normalised, measured);

        var ledger = new OrthogonalityLedger(k + w, n, double.BitIncrement(1) - 1);
        for (int j = 0; j < k; j++)
            ledger.Append(j, 1, [.. Enumerable.Range(0, j).Select(i => e0[(i * k) + j])]);
        double[] predicted = ledger.AfterOnePass(k, 0, coefficients, inverse, w);
        double scale = measured.Max(Math.Abs);
        Assert.True(scale > lost, "this was to lose more");
        for (int e = 0; e < measured.Length; e++)
            Tolerance.AssertClose($"loss {e}", measured[e], predicted[e], 0.02 * scale);
        Assert.False(ledger.Tolerates(predicted));
        Assert.True(ledger.Tolerates(ledger.AfterTwoPasses(k, [.. Enumerable.Range(0, w * w).Select(e => e % (w + 1) == 0 ? 1.0 : 0)], w)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void The_inverse_Cholesky_factor_makes_columns_orthonormal(int p)
    {
        const int n = 40;
        var x = new double[n * p];
        new Philox(2, 3).Normals<double>(0, x);
        double[] gram = Gram(x, n, p), inverse = BlockOrthonormalization.InverseCholesky(gram, p)!, y = new double[n * p];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < p; j++)
                for (int l = 0; l < p; l++)
                    y[(i * p) + j] += x[(i * p) + l] * inverse[(l * p) + j];
        double[] identity = Gram(y, n, p);
        for (int e = 0; e < identity.Length; e++)
            Tolerance.AssertClose($"({e / p}, {e % p})", e % (p + 1) == 0 ? 1 : 0, identity[e], 1e-12);
    }

    [Fact]
    public void Dependent_columns_have_no_inverse_factor()
    {
        Assert.Null(BlockOrthonormalization.InverseCholesky([1, 1, 1, 1], 2));
        Assert.Null(BlockOrthonormalization.InverseCholesky([1, 0, 0, 0], 2));
        Assert.Null(BlockOrthonormalization.InverseCholesky([1, 1 - 1e-8, 1 - 1e-8, 1], 2));
        Assert.Null(BlockOrthonormalization.InverseCholesky([double.NaN], 1));
    }

    private static double[] Gram(double[] x, int n, int p)
    {
        var gram = new double[p * p];
        for (int i = 0; i < n; i++)
            for (int a = 0; a < p; a++)
                for (int b = 0; b < p; b++)
                    gram[(a * p) + b] += x[(i * p) + a] * x[(i * p) + b];
        return gram;
    }
}
