using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>The inverse of a positive matrix by its Cholesky factor, in float64 on the host (Golub and Van Loan, "Matrix computations", 2013, section 4.2).</summary>
internal static class Cholesky
{
    /// <summary>
    /// Replaces A by its inverse: <c>A = L L^T</c>, row by row; <c>X = L^-1</c>; <c>A^-1 = X^T X</c>.
    /// </summary>
    /// <param name="a">Row-major (n, n), symmetric; undefined where the result is false.</param>
    /// <param name="n">Order.</param>
    /// <param name="host">Multiplies.</param>
    /// <returns>Whether A is positive to working precision.</returns>
    public static bool TryInvert(double[] a, int n, HostLinearAlgebra host)
    {
        for (int i = 0; i < n; i++)
        {
            Span<double> row = a.AsSpan(i * n, n);
            for (int j = 0; j < i; j++)
                row[j] = (row[j] - TensorPrimitives.Dot<double>(row[..j], a.AsSpan(j * n, j))) / a[(j * n) + j];
            double pivot = row[i] - TensorPrimitives.SumOfSquares<double>(row[..i]);
            if (!(pivot > 0) || !double.IsFinite(pivot))
                return false;
            row[i] = Math.Sqrt(pivot);
        }
        var inverse = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            Span<double> row = inverse.AsSpan(i * n, i + 1);
            for (int k = 0; k < i; k++)
            {
                Span<double> head = row[..(k + 1)];
                TensorPrimitives.MultiplyAdd(inverse.AsSpan(k * n, k + 1), -a[(i * n) + k], head, head);
            }
            row[i] = 1;
            TensorPrimitives.Divide(row, a[(i * n) + i], row);
        }
        host.Multiply(inverse, Orientation.Transposed, inverse, Orientation.Normal, a, n, n, n);
        return true;
    }
}
