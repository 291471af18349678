using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// The inverse of positive matrices of one order by their Cholesky factors, in float64 on the host. With A in blocks, <c>L_21 = A_21 X_11^T</c> and <c>X_21 = -X_22 L_21 X_11</c> for
/// <c>X = L^-1</c>, so all but small diagonal blocks is products (Golub and Van Loan, "Matrix computations", 2013, section 4.2.9). Its memory, about 7 n^2 numbers, is kept from one matrix to
/// the next: fresh memory of this size costs as much as the products.
/// </summary>
internal sealed class Cholesky
{
    /// <summary>Up to this order a block is factored row by row.</summary>
    private const int SmallBlock = 48;

    private readonly int _n, _p, _q;
    private readonly HostLinearAlgebra _host;
    private readonly double[] _x;
    private readonly Cholesky? _first, _last;
    private readonly double[] _a11 = [], _a21 = [], _a22 = [], _l21 = [], _square = [];

    /// <param name="n">Order, at least 1.</param>
    /// <param name="host">Multiplies.</param>
    public Cholesky(int n, HostLinearAlgebra host)
    {
        (_n, _host, _x) = (n, host, new double[n * n]);
        if (n <= SmallBlock)
            return;
        (_p, _q) = (n / 2, n - (n / 2));
        (_first, _last) = (new Cholesky(_p, host), new Cholesky(_q, host));
        (_a11, _a21, _a22, _l21, _square) = (new double[_p * _p], new double[_q * _p], new double[_q * _q], new double[_q * _p], new double[_q * _q]);
    }

    /// <summary>Replaces A by its inverse <c>X^T X</c>.</summary>
    /// <param name="a">Row-major (n, n), symmetric; undefined where the result is false.</param>
    /// <returns>Whether A is positive to working precision.</returns>
    public bool TryInvert(double[] a)
    {
        if (InverseFactor(a) is not { } x)
            return false;
        _host.Multiply(x, Orientation.Transposed, x, Orientation.Normal, a, _n, _n, _n);
        return true;
    }

    /// <summary>L^-1, row-major (n, n), of the factor <c>A = L L^T</c>, valid until the next call; null where A is not positive to working precision.</summary>
    /// <param name="a">Row-major (n, n), symmetric; the lower triangle is read and then overwritten.</param>
    public double[]? InverseFactor(double[] a)
    {
        if (_first is null || _last is null)
        {
            if (!FactorSmall(a, _n))
                return null;
            InvertSmall(a, _x, _n);
            return _x;
        }
        CopyBlock(a, 0, 0, _a11, _p, _p);
        CopyBlock(a, _p, 0, _a21, _q, _p);
        CopyBlock(a, _p, _p, _a22, _q, _q);
        if (_first.InverseFactor(_a11) is not { } x11)
            return null;
        _host.Multiply(_a21, Orientation.Normal, x11, Orientation.Transposed, _l21, _q, _p, _p);
        _host.Multiply(_l21, Orientation.Normal, _l21, Orientation.Transposed, _square, _q, _q, _p);
        TensorPrimitives.Subtract(_a22, _square, _a22);
        if (_last.InverseFactor(_a22) is not { } x22)
            return null;
        _host.Multiply(x22, Orientation.Normal, _l21, Orientation.Normal, _a21, _q, _p, _q);
        _host.Multiply(_a21, Orientation.Normal, x11, Orientation.Normal, _l21, _q, _p, _p);
        for (int i = 0; i < _p; i++)
            x11.AsSpan(i * _p, _p).CopyTo(_x.AsSpan(i * _n));
        for (int i = 0; i < _q; i++)
        {
            Span<double> row = _x.AsSpan((_p + i) * _n, _n);
            TensorPrimitives.Negate(_l21.AsSpan(i * _p, _p), row);
            x22.AsSpan(i * _q, _q).CopyTo(row[_p..]);
        }
        return _x;
    }

    /// <summary><see cref="InverseFactor(double[])"/> of a single matrix.</summary>
    /// <param name="a">Row-major (n, n), symmetric; the lower triangle is read and then overwritten.</param>
    /// <param name="n">Order.</param>
    /// <param name="host">Multiplies.</param>
    public static double[]? InverseFactor(double[] a, int n, HostLinearAlgebra host) => new Cholesky(n, host).InverseFactor(a);

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

    private static void InvertSmall(double[] l, double[] inverse, int n)
    {
        Array.Clear(inverse);
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
    }

    private void CopyBlock(double[] a, int row, int column, double[] block, int rows, int columns)
    {
        for (int i = 0; i < rows; i++)
            a.AsSpan(((row + i) * _n) + column, columns).CopyTo(block.AsSpan(i * columns));
    }
}
