using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// Principal angles between two subspaces given by orthonormal bases (Bjorck and Golub, "Numerical methods for computing angles between linear subspaces",
/// Mathematics of Computation 27, 1973): cosines from <c>P^T Q</c>, sines from <c>(I - P P^T) Q</c>, of each pair the smaller of the two.
/// </summary>
internal static class CanonicalAngles
{
    /// <summary>
    /// An eigenvalue of A^T A has the absolute error eps ||A||^2, so its root is good only near the top: what lies below this fraction of the largest singular
    /// value is split off and computed again from its own columns.
    /// </summary>
    private const double TrustedFraction = 1.0 / 64;

    /// <summary>Cosines descending and angles ascending, one for each dimension of the smaller space.</summary>
    public static (double[] Cosines, double[] Angles) Between(WhitenedFeatures f, WhitenedFeatures g, HostLinearAlgebra algebra)
    {
        (WhitenedFeatures larger, WhitenedFeatures smaller) = f.Rank >= g.Rank ? (f, g) : (g, f);
        (int n, int p, int q) = (f.Rows, larger.Rank, smaller.Rank);
        var product = new double[p * q];
        algebra.Multiply(larger.Basis, Orientation.Transposed, smaller.Basis, Orientation.Normal, product, p, q, n);
        double[] cosines = SingularValues(product, p, q, algebra);

        var residual = (double[])smaller.Basis.Clone();
        (var coefficients, var projection) = (new double[p * q], new double[n * q]);
        for (int pass = 0; pass < 2; pass++) // the second pass removes what rounding left in the larger space
        {
            algebra.Multiply(larger.Basis, Orientation.Transposed, residual, Orientation.Normal, coefficients, p, q, n);
            algebra.Multiply(larger.Basis, Orientation.Normal, coefficients, Orientation.Normal, projection, n, q, p);
            for (int e = 0; e < residual.Length; e++)
                residual[e] -= projection[e];
        }
        double[] sines = SingularValues(residual, n, q, algebra);

        var angles = new double[q];
        for (int i = 0; i < q; i++)
        {
            (double cosine, double sine) = (Math.Min(1, cosines[i]), Math.Min(1, sines[q - 1 - i]));
            angles[i] = cosine > sine ? Math.Asin(sine) : Math.Acos(cosine);
            cosines[i] = cosine;
        }
        Array.Sort(angles);
        return (cosines, angles);
    }

    /// <summary>Singular values of A (n, q), descending, each to within a small multiple of eps times the largest.</summary>
    private static double[] SingularValues(double[] a, int n, int q, HostLinearAlgebra algebra)
    {
        var values = new List<double>(q);
        while (q > 0)
        {
            double[] vectors = new double[q * q], eigenvalues = new double[q];
            algebra.Multiply(a, Orientation.Transposed, a, Orientation.Normal, vectors, q, q, n);
            algebra.SymmetricEigen(vectors, q, eigenvalues);
            double largest = eigenvalues[^1], top = values.Count == 0 ? largest : values[0] * values[0];
            bool isRounding = largest <= top * Math.ScaleB(1, -104);
            int rest = isRounding ? 0 : eigenvalues.Count(l => l < largest * TrustedFraction * TrustedFraction);
            for (int i = q - 1; i >= rest; i--)
                values.Add(Math.Sqrt(Math.Max(0, eigenvalues[i])));
            if (rest == 0)
                break;
            var remaining = new double[n * rest];
            algebra.Multiply(a, Orientation.Normal, vectors.AsSpan(0, rest * q), Orientation.Transposed, remaining, n, rest, q);
            (a, q) = (remaining, rest);
        }
        return [.. values.OrderDescending()];
    }
}
