using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

public sealed class BlockOrthonormalizationTests
{
    private const int N = 40, P = 6;

    [Theory]
    [InlineData("random")]
    [InlineData("graded")]
    [InlineData("duplicated")]
    [InlineData("zero")]
    public void A_block_becomes_an_orthonormal_basis_that_contains_it(string block)
    {
        Check<double>(block);
        Check<float>(block);
    }

    [Fact]
    public void A_value_that_is_not_finite_is_reported()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        double[] values = Block("random");
        values[3] = double.NaN;
        using DeviceMatrix<double> x = arithmetic.UploadMatrix(values, N, P);
        NumericalException error = Assert.Throws<NumericalException>(
            () => BlockOrthonormalization.Orthonormalize(arithmetic, x, ReferenceLinearAlgebra.Instance, new Philox(1, 1)));
        Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_rounding_has_all_but_left_nothing_of_are_replaced()
    {
        // Down to the smallest numbers of float32, whose inverses it does not have.
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<float> arithmetic = device.Arithmetic<float>();
        foreach (double size in new[] { 1e-32, 1e-38, 1e-42, 1e-45 })
        {
            using DeviceMatrix<float> x = arithmetic.UploadMatrix(Array.ConvertAll(Block("random"), v => size * v), N, P);
            Assert.Equal(P, BlockOrthonormalization.Orthonormalize(arithmetic, x, ReferenceLinearAlgebra.Instance, new Philox(1, 1)));
            Tolerance.AssertWithin("loss of orthogonality", Subspace.LossOfOrthogonality(arithmetic.DownloadDouble(x), N, P), Tolerance.Relative<float>(N, P));
        }
    }

    [Fact]
    public void Columns_that_are_the_rounding_of_the_longest_are_lost_only_where_that_was_said()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        double[] values = Block("random");
        for (int i = 0; i < N; i++)
            values[(i * P) + P - 1] *= 1e-17;
        foreach ((double share, int lost) in new[] { (0.0, 0), (1e-15, 1), (1e-18, 0) })
        {
            using DeviceMatrix<double> x = arithmetic.UploadMatrix(values, N, P);
            Assert.Equal(lost, BlockOrthonormalization.Orthonormalize(arithmetic, x, ReferenceLinearAlgebra.Instance, new Philox(1, 1), share));
            Tolerance.AssertWithin("loss of orthogonality", Subspace.LossOfOrthogonality(arithmetic.DownloadDouble(x), N, P), Tolerance.Relative<double>(N, P));
        }
    }

    [Fact]
    public void More_columns_than_rows_are_refused()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using DeviceMatrix<double> x = arithmetic.Allocate(3, 4);
        Assert.Throws<ArgumentException>(() => BlockOrthonormalization.Orthonormalize(arithmetic, x, ReferenceLinearAlgebra.Instance, new Philox(1, 1)));
    }

    private static void Check<T>(string block)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<T> arithmetic = device.Arithmetic<T>();
        double[] values = Block(block);
        using DeviceMatrix<T> x = arithmetic.UploadMatrix(values, N, P);
        BlockOrthonormalization.Orthonormalize(arithmetic, x, ReferenceLinearAlgebra.Instance, new Philox(1, 1));
        double[] q = arithmetic.DownloadDouble(x);
        Tolerance.AssertWithin("loss of orthogonality", Subspace.LossOfOrthogonality(q, N, P), Tolerance.Relative<T>(N, P));
        for (int j = 0; j < P; j++)
        {
            // What of column j lies outside the basis, relative to the column.
            var rest = new double[N];
            double length = 0;
            for (int i = 0; i < N; i++)
                length += values[(i * P) + j] * values[(i * P) + j];
            if (length == 0)
                continue;
            length = Math.Sqrt(length);
            for (int i = 0; i < N; i++)
                rest[i] = values[(i * P) + j] / length;
            for (int c = 0; c < P; c++)
            {
                double along = 0;
                for (int i = 0; i < N; i++)
                    along += q[(i * P) + c] * values[(i * P) + j] / length;
                for (int i = 0; i < N; i++)
                    rest[i] -= along * q[(i * P) + c];
            }
            Tolerance.AssertWithin($"column {j} outside the basis", Math.Sqrt(rest.Sum(r => r * r)), Tolerance.Relative<T>(N, 10 * P));
        }
    }

    private static double[] Block(string block)
    {
        var values = new double[N * P];
        new Philox(3, 1).Normals<double>(0, values);
        for (int i = 0; i < N; i++)
        {
            for (int j = 0; j < P; j++)
            {
                values[(i * P) + j] *= block switch
                {
                    "graded" => Math.Pow(10, 3 - (3 * j)),          // columns from 1e3 to 1e-12
                    "zero" => 0,
                    _ => 1,
                };
            }
            if (block == "duplicated")
                values[(i * P) + 4] = values[(i * P) + 1];
        }
        return values;
    }
}
