using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>
/// Singular triplets <c>B v_i = s_i u_i</c>, <c>B^T u_i = s_i v_i</c> on a device, descending, with their certificate. A value below the operator's
/// rounding is zero: <see cref="Rank"/> counts the others, and the v of a zero value is zero.
/// </summary>
internal sealed class SingularTriplets<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private SingularTriplets(DeviceMatrix<T> left, DeviceMatrix<T> right, double[] values, int rank, Certificate certificate) =>
        (Left, Right, Values, Rank, Certificate) = (left, right, values, rank, certificate);

    /// <summary>U, (rows, d), orthonormal columns.</summary>
    public DeviceMatrix<T> Left { get; }

    /// <summary>V, (columns, d).</summary>
    public DeviceMatrix<T> Right { get; }

    /// <summary>s, d values, descending.</summary>
    public double[] Values { get; }

    /// <summary>How many values are not zero to rounding.</summary>
    public int Rank { get; }

    /// <summary>The evidence.</summary>
    public Certificate Certificate { get; }

    /// <summary>
    /// Triplets from an orthonormal basis of the wanted left space: a last Rayleigh-Ritz step on it (<c>W = B^T Q</c>, eigenvectors of <c>W^T W</c>),
    /// so that <c>s_i = ||B^T u_i||</c> is accurate to rounding also where <c>s_i^2</c> is not, and the residuals of the pairs from one more application.
    /// </summary>
    /// <param name="b">The operator, (n, m).</param>
    /// <param name="basis">Q, (n, p), orthonormal; not disposed.</param>
    /// <param name="dimension">d, at most p.</param>
    /// <param name="host">Does the small eigenproblem.</param>
    /// <param name="iterations">For the certificate.</param>
    /// <param name="applications">For the certificate, without those made here.</param>
    /// <param name="stopped">For the certificate; null decides it by <paramref name="tolerance"/>.</param>
    /// <param name="tolerance">Residual up to which a pair counts as converged.</param>
    public static SingularTriplets<T> FromBasis(
        LinearOperator<T> b, DeviceMatrix<T> basis, int dimension, HostLinearAlgebra host,
        int iterations, long applications, StoppingReason? stopped, double tolerance)
    {
        Arithmetic<T> arithmetic = b.Arithmetic;
        int p = basis.Columns;
        using DeviceMatrix<T> w = arithmetic.Allocate(b.Columns, p);
        b.ApplyAdjoint(basis, w);
        var gram = new double[p * p];
        arithmetic.InnerProducts(w, w, gram);
        var squares = new double[p];
        host.SymmetricEigen(gram, p, squares);                      // ascending; eigenvector i in row i

        var rotation = new double[p * dimension];                   // its columns: the top eigenvectors, descending
        for (int i = 0; i < dimension; i++)
            for (int r = 0; r < p; r++)
                rotation[(r * dimension) + i] = gram[((p - 1 - i) * p) + r];
        DeviceMatrix<T> left = arithmetic.Allocate(b.Rows, dimension), right = arithmetic.Allocate(b.Columns, dimension);
        arithmetic.MultiplySmall(basis, rotation, T.Zero, left);
        arithmetic.MultiplySmall(w, rotation, T.Zero, right);       // B^T u_i = s_i v_i

        var lengths = new double[dimension * dimension];
        arithmetic.InnerProducts(right, right, lengths);
        var values = new double[dimension];
        for (int i = 0; i < dimension; i++)
            values[i] = Math.Sqrt(lengths[(i * dimension) + i]);

        double[] residuals = Residuals(b, left, right, values);
        double epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
        double zero = Math.Sqrt(16 * epsilon) * (values.Length > 0 ? values.Max() : 0);
        var scale = new double[dimension * dimension];
        int rank = 0;
        for (int i = 0; i < dimension; i++)
        {
            if (values[i] > zero)
            {
                scale[(i * dimension) + i] = 1 / values[i];
                rank++;
            }
        }
        DeviceMatrix<T> normalised = arithmetic.Allocate(b.Columns, dimension);
        arithmetic.MultiplySmall(right, scale, T.Zero, normalised);
        right.Dispose();

        StoppingReason reason = stopped ?? (residuals.All(r => r <= tolerance) ? StoppingReason.Converged : StoppingReason.IterationLimit);
        var certificate = new Certificate(
            residuals, BlockOrthonormalization.LossOfOrthogonality(arithmetic, left), iterations, applications + p + dimension, reason);
        return new SingularTriplets<T>(left, normalised, values, rank, certificate);
    }

    private static double[] Residuals(LinearOperator<T> b, DeviceMatrix<T> left, DeviceMatrix<T> right, double[] values)
    {
        Arithmetic<T> arithmetic = b.Arithmetic;
        int d = values.Length;
        using DeviceMatrix<T> difference = arithmetic.Allocate(b.Rows, d);
        b.Apply(right, difference);
        var squares = new double[d * d];
        for (int i = 0; i < d; i++)
            squares[(i * d) + i] = -values[i] * values[i];
        arithmetic.MultiplySmall(left, squares, T.One, difference);
        arithmetic.InnerProducts(difference, difference, squares);
        return [.. Enumerable.Range(0, d).Select(i => Math.Sqrt(squares[(i * d) + i]))];
    }

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }
}
