using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>Matrices made from chosen eigenvalues and singular values, with orthogonal factors drawn from Haar's measure. Row-major.</summary>
public static class Spectra
{
    /// <summary>The four kinds of spectrum that solvers behave differently on: n values in descending order, by name.</summary>
    public static IEnumerable<(string Name, double[] Values)> All(int n)
    {
        yield return ("decaying", Decaying(n));
        yield return ("flat", Flat(n));
        yield return ("clustered", Clustered(n));
        yield return ("rank-deficient", RankDeficient(n, n / 2));
    }

    /// <summary>0.7^i.</summary>
    public static double[] Decaying(int n) => [.. Enumerable.Range(0, n).Select(i => Math.Pow(0.7, i))];

    /// <summary>From 1 down to 0.9 in equal steps.</summary>
    public static double[] Flat(int n) => [.. Enumerable.Range(0, n).Select(i => 1 - 0.1 * i / Math.Max(1, n))];

    /// <summary>Groups of three equal values: 1, 1, 1, 1/2, 1/2, 1/2, 1/3, ..</summary>
    public static double[] Clustered(int n) => [.. Enumerable.Range(0, n).Select(i => 1.0 / (1 + i / 3))];

    /// <summary>0.9^i for the first <paramref name="rank"/>, then zeros.</summary>
    public static double[] RankDeficient(int n, int rank) => [.. Enumerable.Range(0, n).Select(i => i < rank ? Math.Pow(0.9, i) : 0)];

    /// <summary>An (n, k) matrix with orthonormal columns, k at most n: an orthonormalised Gaussian one, hence Haar-distributed.</summary>
    public static double[] Orthonormal(int n, int k, ulong seed)
    {
        var a = new double[n * k];
        new Philox(seed, 0x5BEC).Normals(0, a.AsSpan());
        return Subspace.Orthonormalize(a, n, k);
    }

    /// <summary>The symmetric (n, n) matrix <c>Q diag(lambda) Q^T</c>.</summary>
    public static double[] Symmetric(ReadOnlySpan<double> eigenvalues, ulong seed)
    {
        int n = eigenvalues.Length;
        double[] q = Orthonormal(n, n, seed);
        var a = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = 0;
                for (int l = 0; l < n; l++)
                    sum += q[i * n + l] * eigenvalues[l] * q[j * n + l];
                a[i * n + j] = a[j * n + i] = sum;
            }
        }
        return a;
    }

    /// <summary>The (rows, columns) matrix <c>U diag(sigma) V^T</c> with at most min(rows, columns) singular values.</summary>
    public static double[] Rectangular(int rows, int columns, ReadOnlySpan<double> singularValues, ulong seed)
    {
        int k = singularValues.Length;
        double[] u = Orthonormal(rows, k, seed), v = Orthonormal(columns, k, seed + 1);
        var a = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                for (int l = 0; l < k; l++)
                    a[i * columns + j] += u[i * k + l] * singularValues[l] * v[j * k + l];
            }
        }
        return a;
    }
}
