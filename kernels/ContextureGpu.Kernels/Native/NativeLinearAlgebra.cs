using System.Numerics.Tensors;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Symmetric eigenproblems by LAPACK's divide and conquer (<c>dsyevd</c>) and products by BLAS, in the library that was found.</summary>
internal sealed class NativeLinearAlgebra(NativeBlas blas, Workers workers) : HostLinearAlgebra
{
    /// <inheritdoc/>
    public override string Name => blas.Name;

    /// <inheritdoc/>
    public override void SymmetricEigen(Span<double> a, int n, Span<double> eigenvalues)
    {
        double largest = LinearAlgebraArguments.CheckSymmetric(a, n, eigenvalues);
        if (n == 0)
            return;
        int exponent = largest > 0 ? Math.ILogB(largest) : 0;
        if (exponent != 0)
        {
            // In two steps: the inverse of the smallest powers of two is beyond the largest number.
            double half = Math.ScaleB(1, -(exponent / 2)), rest = Math.ScaleB(1, -(exponent - (exponent / 2)));
            for (int i = 0; i < n; i++)
            {
                Span<double> row = a.Slice(i * n, i + 1);
                TensorPrimitives.Multiply(row, half, row);
                TensorPrimitives.Multiply(row, rest, row);
            }
        }
        using var copy = new AlignedCopy(a);
        blas.SymmetricEigen(copy.Span, n, eigenvalues);
        copy.Span.CopyTo(a);
        for (int i = 0; i < n; i++)
            eigenvalues[i] = Math.ScaleB(eigenvalues[i], exponent);
    }

    /// <inheritdoc/>
    public override unsafe void Multiply(
        ReadOnlySpan<double> a, Orientation orientationA, ReadOnlySpan<double> b, Orientation orientationB, Span<double> c, int m, int n, int k)
    {
        LinearAlgebraArguments.CheckProduct(a.Length, b.Length, c.Length, m, n, k);
        if (k == 0)
            c.Clear();
        if (c.IsEmpty || k == 0)
            return;
        using AlignedCopy left = new(a), right = new(b), product = new(c.Length);
        blas.Multiply(
            workers, 1.0, left.Start, orientationA == Orientation.Normal ? k : m, orientationA, right.Start, orientationB == Orientation.Normal ? n : k, orientationB,
            0.0, product.Start, n, m, n, k);
        product.Span.CopyTo(c);
    }
}
