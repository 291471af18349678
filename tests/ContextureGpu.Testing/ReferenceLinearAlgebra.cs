using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>Host linear algebra as plain loops: the triple loop of the product, and Jacobi's cyclic method of plane rotations for eigenpairs.</summary>
public sealed class ReferenceLinearAlgebra : HostLinearAlgebra
{
    private const int MaximumSweeps = 100;

    private ReferenceLinearAlgebra()
    {
    }

    /// <summary>The one instance; it has no state.</summary>
    public static HostLinearAlgebra Instance { get; } = new ReferenceLinearAlgebra();

    /// <inheritdoc/>
    public override string Name => "reference (cyclic Jacobi)";

    /// <inheritdoc/>
    public override void SymmetricEigen(Span<double> a, int n, Span<double> eigenvalues)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        if (a.Length != (long)n * n || eigenvalues.Length != n)
            throw new ArgumentException($"a must hold {(long)n * n} values and eigenvalues {n}; they hold {a.Length} and {eigenvalues.Length}");
        double[,] s = FromLowerTriangle(a, n, out double scale);
        if (scale == 0)
            scale = 1;
        var q = new double[n, n]; // eigenvectors in its columns
        double norm = 0;
        for (int i = 0; i < n; i++)
        {
            q[i, i] = 1;
            for (int j = 0; j < n; j++)
            {
                s[i, j] /= scale;
                norm += s[i, j] * s[i, j];
            }
        }
        for (int sweep = 0; OffDiagonal(s, n) > double.Epsilon + norm * Math.ScaleB(1, -120); sweep++)
        {
            if (sweep == MaximumSweeps)
                throw new InvalidOperationException($"Jacobi's method did not converge in {MaximumSweeps} sweeps");
            for (int i = 1; i < n; i++)
            {
                for (int j = 0; j < i; j++)
                    Rotate(s, q, n, i, j);
            }
        }
        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => s[i, i])];
        for (int r = 0; r < n; r++)
        {
            eigenvalues[r] = s[order[r], order[r]] * scale;
            for (int i = 0; i < n; i++)
                a[r * n + i] = q[i, order[r]];
        }
    }

    /// <inheritdoc/>
    public override void Multiply(
        ReadOnlySpan<double> a, Orientation orientationA, ReadOnlySpan<double> b, Orientation orientationB, Span<double> c, int m, int n, int k)
    {
        if (a.Length != (long)m * k || b.Length != (long)k * n || c.Length != (long)m * n)
            throw new ArgumentException($"op(A) is ({m}, {k}), op(B) ({k}, {n}) and C ({m}, {n}); the spans hold {a.Length}, {b.Length} and {c.Length} values");
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int l = 0; l < k; l++)
                {
                    double left = orientationA == Orientation.Normal ? a[i * k + l] : a[l * m + i];
                    sum += left * (orientationB == Orientation.Normal ? b[l * n + j] : b[j * k + l]);
                }
                c[i * n + j] = sum;
            }
        }
    }

    private static double[,] FromLowerTriangle(ReadOnlySpan<double> a, int n, out double largest)
    {
        var s = new double[n, n];
        largest = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double value = a[i * n + j];
                if (!double.IsFinite(value))
                    throw new ArgumentException($"entry ({i}, {j}) is {value}", nameof(a));
                s[i, j] = s[j, i] = value;
                largest = Math.Max(largest, Math.Abs(value));
            }
        }
        return s;
    }

    /// <summary>Sum of the squares off the diagonal.</summary>
    private static double OffDiagonal(double[,] s, int n)
    {
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < i; j++)
                sum += 2 * s[i, j] * s[i, j];
        }
        return sum;
    }

    /// <summary>The rotation of plane (i, j), by the smaller of the two angles that annihilate s_ij (Golub and Van Loan, section 8.5.2).</summary>
    private static void Rotate(double[,] s, double[,] q, int n, int i, int j)
    {
        if (s[i, j] == 0)
            return;
        double theta = (s[j, j] - s[i, i]) / (2 * s[i, j]);
        double tangent = Math.CopySign(1, theta) / (Math.Abs(theta) + Math.Sqrt(1 + theta * theta));
        double cosine = 1 / Math.Sqrt(1 + tangent * tangent), sine = tangent * cosine;
        for (int l = 0; l < n; l++)
            (s[l, i], s[l, j]) = (cosine * s[l, i] - sine * s[l, j], sine * s[l, i] + cosine * s[l, j]);
        for (int l = 0; l < n; l++)
        {
            (s[i, l], s[j, l]) = (cosine * s[i, l] - sine * s[j, l], sine * s[i, l] + cosine * s[j, l]);
            (q[l, i], q[l, j]) = (cosine * q[l, i] - sine * q[l, j], sine * q[l, i] + cosine * q[l, j]);
        }
        s[i, j] = s[j, i] = 0;
    }
}
