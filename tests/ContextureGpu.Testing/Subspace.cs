namespace ContextureGpu.Testing;

/// <summary>Comparison of column spaces, in which signs, order and rotations of the columns do not matter. Matrices are row-major (n, k).</summary>
public static class Subspace
{
    /// <summary>
    /// An orthonormal basis of the columns (Gram-Schmidt, each column twice).
    /// </summary>
    /// <exception cref="ArgumentException">The columns are linearly dependent to working precision.</exception>
    public static double[] Orthonormalize(ReadOnlySpan<double> a, int n, int k)
    {
        double[] q = a.ToArray();
        for (int j = 0; j < k; j++)
        {
            double before = Norm(q, n, k, j);
            for (int pass = 0; pass < 2; pass++)
            {
                for (int l = 0; l < j; l++)
                {
                    double dot = 0;
                    for (int i = 0; i < n; i++)
                        dot += q[i * k + l] * q[i * k + j];
                    for (int i = 0; i < n; i++)
                        q[i * k + j] -= dot * q[i * k + l];
                }
            }
            double after = Norm(q, n, k, j);
            if (!(after > before * Tolerance.Relative<double>(n)))
                throw new ArgumentException($"column {j} of {k} depends on the ones before it", nameof(a));
            for (int i = 0; i < n; i++)
                q[i * k + j] /= after;
        }
        return q;
    }

    /// <summary>
    /// <c>|| P_U - P_V ||_F</c>, the distance of the orthogonal projectors on two column spaces, from
    /// <c>||(I - P_U) V||^2 + ||(I - P_V) U||^2</c> so that small distances are accurate. U is (n, k), V is (n, l), both of full rank.
    /// </summary>
    public static double Distance(ReadOnlySpan<double> u, int k, ReadOnlySpan<double> v, int l, int n)
    {
        double[] qu = Orthonormalize(u, n, k), qv = Orthonormalize(v, n, l);
        double first = 0, second = 0;
        foreach (double value in Residual(qu, k, qv, l, n))
            first += value * value;
        foreach (double value in Residual(qv, l, qu, k, n))
            second += value * value;
        return Math.Sqrt(first + second);
    }

    /// <summary>The sine of the largest principal angle between two spaces of the same dimension.</summary>
    public static double LargestSine(ReadOnlySpan<double> u, ReadOnlySpan<double> v, int n, int k)
    {
        double[] qu = Orthonormalize(u, n, k), qv = Orthonormalize(v, n, k), r = Residual(qu, k, qv, k, n);
        var gram = new double[k * k];
        for (int a = 0; a < k; a++)
        {
            for (int b = 0; b < k; b++)
            {
                for (int i = 0; i < n; i++)
                    gram[a * k + b] += r[i * k + a] * r[i * k + b];
            }
        }
        var eigenvalues = new double[k];
        ReferenceLinearAlgebra.Instance.SymmetricEigen(gram, k, eigenvalues);
        return k == 0 ? 0 : Math.Sqrt(Math.Max(0, eigenvalues[^1]));
    }

    /// <summary>How far the columns are from orthonormal: the largest entry of <c>|Q^T Q - I|</c>.</summary>
    public static double LossOfOrthogonality(ReadOnlySpan<double> q, int n, int k)
    {
        double worst = 0;
        for (int a = 0; a < k; a++)
        {
            for (int b = 0; b <= a; b++)
            {
                double dot = a == b ? -1 : 0;
                for (int i = 0; i < n; i++)
                    dot += q[i * k + a] * q[i * k + b];
                worst = Math.Max(worst, Math.Abs(dot)); // NaN stays NaN
            }
        }
        return worst;
    }

    /// <summary>V - U U^T V for orthonormal U (n, k) and V (n, l).</summary>
    private static double[] Residual(double[] u, int k, double[] v, int l, int n)
    {
        var r = (double[])v.Clone();
        for (int b = 0; b < l; b++)
        {
            for (int a = 0; a < k; a++)
            {
                double dot = 0;
                for (int i = 0; i < n; i++)
                    dot += u[i * k + a] * v[i * l + b];
                for (int i = 0; i < n; i++)
                    r[i * l + b] -= dot * u[i * k + a];
            }
        }
        return r;
    }

    private static double Norm(double[] q, int n, int k, int j)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += q[i * k + j] * q[i * k + j];
        return Math.Sqrt(sum);
    }
}
