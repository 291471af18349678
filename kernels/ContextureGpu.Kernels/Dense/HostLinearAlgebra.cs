namespace ContextureGpu.Kernels;

/// <summary>
/// Small dense problems in float64 on the host, whatever the device's precision: the eigenproblems of Rayleigh-Ritz and of the exact solver,
/// and the products they need. A native LAPACK does the work where one was found; managed code otherwise.
/// </summary>
public abstract class HostLinearAlgebra
{
    /// <summary>The library that does the work, for people: file and version, or "managed".</summary>
    public abstract string Name { get; }

    /// <summary>
    /// All eigenpairs of a real symmetric matrix: <c>A q_i = lambda_i q_i</c>, ascending.
    /// </summary>
    /// <param name="a">Row-major (n, n), only its lower triangle is read; overwritten with the eigenvectors, q_i in ROW i.</param>
    /// <param name="n">Order, at least 0.</param>
    /// <param name="eigenvalues">Receives n eigenvalues, ascending.</param>
    /// <exception cref="ArgumentException">A size is wrong, or an entry is not finite (the message says which).</exception>
    /// <exception cref="InvalidOperationException">The iteration did not converge.</exception>
    public abstract void SymmetricEigen(Span<double> a, int n, Span<double> eigenvalues);

    /// <summary><c>C = op(A) op(B)</c> in float64 on the host; all row-major and densely packed.</summary>
    /// <param name="a">(m, k), or (k, m) when transposed.</param>
    /// <param name="orientationA">How A enters.</param>
    /// <param name="b">(k, n), or (n, k) when transposed.</param>
    /// <param name="orientationB">How B enters.</param>
    /// <param name="c">(m, n), overwritten.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Inner dimension.</param>
    public abstract void Multiply(
        ReadOnlySpan<double> a, Orientation orientationA, ReadOnlySpan<double> b, Orientation orientationB, Span<double> c, int m, int n, int k);
}
