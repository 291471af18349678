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
    /// <summary>Columns of a residual that are formed at a time.</summary>
    public const int CertificateColumns = 32;

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

        double epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
        var values = new double[dimension];
        for (int i = 0; i < dimension; i++)
            values[i] = Math.Sqrt(Math.Max(0, squares[p - 1 - i]));
        double[] rotation = new double[p * dimension], scaled = new double[p * dimension];   // columns: the top eigenvectors, descending; the same over s
        for (int i = 0; i < dimension; i++)
            for (int r = 0; r < p; r++)
                rotation[(r * dimension) + i] = gram[((p - 1 - i) * p) + r];

        // The squares are exact to rounding of the largest one. Where that says little of the smaller values, the lengths of B^T u_i say more.
        DeviceMatrix<T> right = arithmetic.Allocate(b.Columns, dimension);
        if (dimension > 0 && values[^1] < 0.01 * values[0])
        {
            arithmetic.MultiplySmall(w, rotation, T.Zero, right);
            values = Lengths(arithmetic, right);
        }
        double zero = Math.Sqrt(16 * epsilon) * (values.Length > 0 ? values.Max() : 0);
        int rank = 0;
        for (int i = 0; i < dimension; i++)
        {
            if (values[i] <= zero)
                continue;
            rank++;
            for (int r = 0; r < p; r++)
                scaled[(r * dimension) + i] = rotation[(r * dimension) + i] / values[i];
        }
        arithmetic.MultiplySmall(w, scaled, T.Zero, right);
        w.Dispose();
        DeviceMatrix<T> left = arithmetic.Allocate(b.Rows, dimension);
        arithmetic.MultiplySmall(basis, rotation, T.Zero, left);

        double[] residuals = Residuals(b, left, right, values, zero);
        StoppingReason reason = stopped ?? (residuals.All(r => r <= tolerance) ? StoppingReason.Converged : StoppingReason.IterationLimit);
        var certificate = new Certificate(
            residuals, BlockOrthonormalization.LossOfOrthogonality(arithmetic, left), iterations, applications + p + dimension, reason);
        return new SingularTriplets<T>(left, right, values, rank, certificate);
    }

    private static double[] Lengths(Arithmetic<T> arithmetic, DeviceMatrix<T> x)
    {
        var lengths = new double[x.Columns];
        for (int start = 0; start < lengths.Length; start += CertificateColumns)
        {
            int width = Math.Min(CertificateColumns, lengths.Length - start);
            var gram = new double[width * width];
            DeviceMatrix<T> columns = x.ColumnRange(start, width);
            arithmetic.InnerProducts(columns, columns, gram);
            for (int i = 0; i < width; i++)
                lengths[start + i] = Math.Sqrt(gram[(i * width) + i]);
        }
        return lengths;
    }

    // ||B B^T u - s^2 u|| = s ||B v - s u||, a few columns at a time; of a zero value it is what B B^T u is found to be.
    private static double[] Residuals(LinearOperator<T> b, DeviceMatrix<T> left, DeviceMatrix<T> right, double[] values, double zero)
    {
        Arithmetic<T> arithmetic = b.Arithmetic;
        var residuals = new double[values.Length];
        for (int start = 0; start < residuals.Length; start += CertificateColumns)
        {
            int width = Math.Min(CertificateColumns, residuals.Length - start);
            DeviceMatrix<T> u = left.ColumnRange(start, width), v = right.ColumnRange(start, width);
            using DeviceMatrix<T> difference = arithmetic.Allocate(b.Rows, width);
            b.Apply(v, difference);
            var factors = new double[width * width];
            for (int i = 0; i < width; i++)
                factors[(i * width) + i] = -values[start + i];
            arithmetic.MultiplySmall(u, factors, T.One, difference);
            double[] lengths = Lengths(arithmetic, difference);
            for (int i = 0; i < width; i++)
                residuals[start + i] = values[start + i] * lengths[i];
            if (values[start + width - 1] > zero)
                continue;
            using DeviceMatrix<T> adjoint = arithmetic.Allocate(b.Columns, width);
            b.ApplySquare(u, difference, adjoint);
            lengths = Lengths(arithmetic, difference);
            for (int i = 0; i < width; i++)
                residuals[start + i] = values[start + i] > zero ? residuals[start + i] : lengths[i];
        }
        return residuals;
    }

    public void Dispose()
    {
        Left.Dispose();
        Right.Dispose();
    }
}
