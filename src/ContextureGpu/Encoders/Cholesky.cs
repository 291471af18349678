using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// The inverse of a positive matrix by its Cholesky factor, in float64 on the host. With A in blocks, <c>L_21 = A_21 X_11^T</c> and <c>X_21 = -X_22 L_21 X_11</c> for <c>X = L^-1</c>,
/// so all but small diagonal blocks is products (Golub and Van Loan, "Matrix computations", 2013, section 4.2.9).
/// </summary>
internal static class Cholesky
{
    /// <summary>Up to this order a block is factored row by row.</summary>
    private const int SmallBlock = 48;

    /// <summary>Replaces A by its inverse <c>X^T X</c>.</summary>
    /// <param name="a">Row-major (n, n), symmetric; undefined where the result is false.</param>
    /// <param name="n">Order.</param>
    /// <param name="host">Multiplies.</param>
    /// <returns>Whether A is positive to working precision.</returns>
    public static bool TryInvert(double[] a, int n, HostLinearAlgebra host)
    {
        if (InverseFactor(a, n, host) is not { } x)
            return false;
        host.Multiply(x, Orientation.Transposed, x, Orientation.Normal, a, n, n, n);
        return true;
    }

    /// <summary><c>L^-1</c>, lower triangular, of a densely packed A, of which the lower triangle is read and then overwritten; null where A is not positive.</summary>
    public static double[]? InverseFactor(double[] a, int n, HostLinearAlgebra host)
    {
        if (n <= SmallBlock)
            return FactorSmall(a, n) ? InvertSmall(a, n) : null;
        int p = n / 2, q = n - p;
        double[] first = Block(a, n, 0, 0, p, p), below = Block(a, n, p, 0, q, p), last = Block(a, n, p, p, q, q);
        if (InverseFactor(first, p, host) is not { } x11)
            return null;
        double[] l21 = new double[q * p], square = new double[q * q];
        host.Multiply(below, Orientation.Normal, x11, Orientation.Transposed, l21, q, p, p);
        host.Multiply(l21, Orientation.Normal, l21, Orientation.Transposed, square, q, q, p);
        TensorPrimitives.Subtract(last, square, last);
        if (InverseFactor(last, q, host) is not { } x22)
            return null;
        double[] x21 = new double[q * p];
        host.Multiply(x22, Orientation.Normal, l21, Orientation.Normal, below, q, p, q);
        host.Multiply(below, Orientation.Normal, x11, Orientation.Normal, x21, q, p, p);
        TensorPrimitives.Negate(x21, x21);

        var x = new double[n * n];
        for (int i = 0; i < p; i++)
            x11.AsSpan(i * p, p).CopyTo(x.AsSpan(i * n));
        for (int i = 0; i < q; i++)
        {
            x21.AsSpan(i * p, p).CopyTo(x.AsSpan((p + i) * n));
            x22.AsSpan(i * q, q).CopyTo(x.AsSpan(((p + i) * n) + p));
        }
        return x;
    }

    // A = L L^T in place, row by row.
    private static bool FactorSmall(double[] a, int n)
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
        return true;
    }

    private static double[] InvertSmall(double[] l, int n)
    {
        var inverse = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            Span<double> row = inverse.AsSpan(i * n, i + 1);
            for (int k = 0; k < i; k++)
            {
                Span<double> head = row[..(k + 1)];
                TensorPrimitives.MultiplyAdd(inverse.AsSpan(k * n, k + 1), -l[(i * n) + k], head, head);
            }
            row[i] = 1;
            TensorPrimitives.Divide(row, l[(i * n) + i], row);
        }
        return inverse;
    }

    private static double[] Block(double[] a, int n, int row, int column, int rows, int columns)
    {
        var block = new double[rows * columns];
        for (int i = 0; i < rows; i++)
            a.AsSpan(((row + i) * n) + column, columns).CopyTo(block.AsSpan(i * columns));
        return block;
    }
}
