using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Symmetric eigenproblems and products in managed code. The matrix is reduced to tridiagonal form by Householder reflections, its eigenpairs found by QL steps with implicit
/// shifts (Golub and Van Loan, Matrix Computations, 4th ed., sections 8.3.1 and 8.3.3), and the reflections applied to the eigenvectors, which are kept in rows so that
/// every inner loop runs along memory.
/// </summary>
internal sealed class ManagedLinearAlgebra(int threads) : HostLinearAlgebra
{
    private const int MaximumSteps = 60;

    private const double NegligibleSquares = 1e-280;
    private const int ColumnChunk = 64;

    private readonly Workers _workers = new(threads);

    /// <inheritdoc/>
    public override string Name => "managed";

    /// <inheritdoc/>
    public override unsafe void Multiply(
        ReadOnlySpan<double> a, Orientation orientationA, ReadOnlySpan<double> b, Orientation orientationB, Span<double> c, int m, int n, int k)
    {
        LinearAlgebraArguments.CheckProduct(a.Length, b.Length, c.Length, m, n, k);
        if (k == 0)
            c.Clear();
        if (c.IsEmpty || k == 0)
            return;
        fixed (double* pa = a, pb = b, pc = c)
        {
            PackedProduct<double>.Multiply(
                _workers, 1, Operand<double>.Of(pa, orientationA == Orientation.Normal ? k : m, orientationA),
                Operand<double>.Of(pb, orientationB == Orientation.Normal ? n : k, orientationB), 0, pc, n, m, n, k);
        }
    }

    /// <inheritdoc/>
    public override void SymmetricEigen(Span<double> a, int n, Span<double> eigenvalues)
    {
        double largest = LinearAlgebraArguments.CheckSymmetric(a, n, eigenvalues);
        if (largest == 0)
        {
            a.Clear();
            eigenvalues.Clear();
            for (int i = 0; i < n; i++)
                a[(i * n) + i] = 1;
            return;
        }
        // A power of two near 1/largest: squares neither overflow nor underflow, and scaling back is exact.
        int exponent = Math.ILogB(largest);
        var work = new double[n * n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++)
                work[(i * n) + j] = work[(j * n) + i] = Math.ScaleB(a[(i * n) + j], -exponent);

        double[] diagonal = new double[n], below = new double[n], factor = new double[n], vectors = new double[n * n];
        Tridiagonalize(work, n, diagonal, below, factor);
        for (int i = 0; i < n; i++)
            vectors[(i * n) + i] = 1;
        DiagonalizeByQl(diagonal, below, vectors, n);
        ApplyReflections(work, factor, vectors, n);

        int[] order = [.. Enumerable.Range(0, n).OrderBy(i => diagonal[i])];
        for (int i = 0; i < n; i++)
        {
            eigenvalues[i] = Math.ScaleB(diagonal[order[i]], exponent);
            vectors.AsSpan(order[i] * n, n).CopyTo(a.Slice(i * n, n));
        }
    }

    // Both triangles of a are kept up to date. Afterwards row l holds the reflection I - factor_l v v^T, v in columns 0 .. l - 1, that made row l tridiagonal.
    // The matrix is scaled to entries of about 1: entries whose squares sum to so little are far below its rounding, and dividing by less would overflow.
    private void Tridiagonalize(double[] a, int n, double[] diagonal, double[] below, double[] factor)
    {
        double[] w = new double[n];
        for (int l = n - 1; l >= 1; l--)
        {
            diagonal[l] = a[(l * n) + l];
            double[] store = a;
            Span<double> v = a.AsSpan(l * n, l);
            double last = v[l - 1], rest = l > 1 ? TensorPrimitives.SumOfSquares<double>(v[..(l - 1)]) : 0;
            if (rest <= NegligibleSquares)
            {
                (below[l], factor[l]) = (last, 0);
                continue;
            }
            double length = Math.Sqrt(rest + (last * last)), sign = last < 0 ? -1 : 1;
            below[l] = -sign * length;
            double head = last + (sign * length);
            v[l - 1] = head;
            double tau = factor[l] = 2 / (rest + (head * head));

            int size = l;
            _workers.Rows(size, 32, 2L * size * size, (start, end) =>
            {
                ReadOnlySpan<double> reflector = store.AsSpan(size * n, size);
                for (int i = start; i < end; i++)
                    w[i] = tau * TensorPrimitives.Dot(store.AsSpan(i * n, size), reflector);
            });
            double half = 0.5 * tau * TensorPrimitives.Dot<double>(w.AsSpan(0, size), v);
            TensorPrimitives.MultiplyAdd(v, -half, w.AsSpan(0, size), w.AsSpan(0, size));
            _workers.Rows(size, 32, 4L * size * size, (start, end) =>
            {
                ReadOnlySpan<double> reflector = store.AsSpan(size * n, size);
                for (int i = start; i < end; i++)
                    Rank2(store.AsSpan(i * n, size), reflector[i], w.AsSpan(0, size), w[i], reflector);
            });
        }
        if (n > 0)
            diagonal[0] = a[0];
    }

    // row -= x w + y v.
    private static void Rank2(Span<double> row, double x, ReadOnlySpan<double> w, double y, ReadOnlySpan<double> v)
    {
        Span<Vector<double>> wide = MemoryMarshal.Cast<double, Vector<double>>(row);
        ReadOnlySpan<Vector<double>> wideW = MemoryMarshal.Cast<double, Vector<double>>(w);
        ReadOnlySpan<Vector<double>> wideV = MemoryMarshal.Cast<double, Vector<double>>(v);
        Vector<double> first = new(x), second = new(y);
        for (int j = 0; j < wide.Length; j++)
            wide[j] -= (first * wideW[j]) + (second * wideV[j]);
        for (int j = wide.Length * Vector<double>.Count; j < row.Length; j++)
            row[j] -= (x * w[j]) + (y * v[j]);
    }

    // below[i] couples i - 1 and i. Rotations of one step are collected and applied to the rows of the vectors chunk by chunk.
    private void DiagonalizeByQl(double[] d, double[] below, double[] vectors, int n)
    {
        var e = new double[n];
        for (int i = 1; i < n; i++)
            e[i - 1] = below[i];
        double[] cosine = new double[n], sine = new double[n];
        // What couples two eigenvalues is nothing beside the rounding of the whole matrix: where eigenvalues fall below that, their neighbours are rounding themselves and
        // would never let go of each other.
        double negligible = 0;
        for (int i = 0; i < n; i++)
            negligible = Math.Max(negligible, Math.ScaleB(Math.Abs(d[i]) + Math.Abs(e[i]), -53));
        for (int l = 0; l < n; l++)
        {
            for (int step = 0; ; step++)
            {
                int m = l;
                while (m < n - 1 && Math.Abs(e[m]) > negligible)
                    m++;
                if (m == l)
                    break;
                if (step == MaximumSteps)
                    throw new InvalidOperationException($"eigenvalue {l} of {n} did not converge in {MaximumSteps} steps");
                int first = QlStep(d, e, l, m, cosine, sine);
                Rotate(vectors, n, first, m, cosine, sine);
            }
        }
    }

    // One implicit QL step on l .. m; returns the lowest row that was rotated with its successor.
    private static int QlStep(double[] d, double[] e, int l, int m, double[] cosine, double[] sine)
    {
        double g = (d[l + 1] - d[l]) / (2 * e[l]);
        double r = Hypot(g, 1);
        g = d[m] - d[l] + (e[l] / (g + Math.CopySign(r, g)));
        double s = 1, c = 1, p = 0;
        for (int i = m - 1; i >= l; i--)
        {
            double f = s * e[i], b = c * e[i];
            r = Hypot(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                return i + 1;
            }
            s = f / r;
            c = g / r;
            g = d[i + 1] - p;
            r = ((d[i] - g) * s) + (2 * c * b);
            p = s * r;
            d[i + 1] = g + p;
            g = (c * r) - b;
            (cosine[i], sine[i]) = (c, s);
        }
        d[l] -= p;
        e[l] = g;
        e[m] = 0;
        return l;
    }

    private void Rotate(double[] vectors, int n, int first, int m, double[] cosine, double[] sine)
    {
        int chunks = (n + ColumnChunk - 1) / ColumnChunk;
        _workers.Run(chunks, 6L * n * (m - first), chunk =>
        {
            int start = chunk * ColumnChunk, width = Math.Min(ColumnChunk, n - start);
            for (int i = m - 1; i >= first; i--)
                RotateRows(vectors.AsSpan((i * n) + start, width), vectors.AsSpan(((i + 1) * n) + start, width), cosine[i], sine[i]);
        });
    }

    private static void RotateRows(Span<double> lower, Span<double> upper, double c, double s)
    {
        Span<Vector<double>> x = MemoryMarshal.Cast<double, Vector<double>>(lower);
        Span<Vector<double>> y = MemoryMarshal.Cast<double, Vector<double>>(upper);
        Vector<double> cosine = new(c), sine = new(s);
        for (int j = 0; j < x.Length; j++)
        {
            Vector<double> f = y[j], h = x[j];
            y[j] = (sine * h) + (cosine * f);
            x[j] = (cosine * h) - (sine * f);
        }
        for (int j = x.Length * Vector<double>.Count; j < lower.Length; j++)
        {
            double f = upper[j], h = lower[j];
            upper[j] = (s * h) + (c * f);
            lower[j] = (c * h) - (s * f);
        }
    }

    private void ApplyReflections(double[] a, double[] factor, double[] vectors, int n)
    {
        _workers.Rows(n, 8, 2L * n * n * n, (start, end) =>
        {
            for (int l = 1; l < n; l++)
            {
                if (factor[l] == 0)
                    continue;
                ReadOnlySpan<double> v = a.AsSpan(l * n, l);
                for (int i = start; i < end; i++)
                {
                    Span<double> row = vectors.AsSpan(i * n, l);
                    TensorPrimitives.MultiplyAdd(v, -factor[l] * TensorPrimitives.Dot(v, row), row, row);
                }
            }
        });
    }

    private static double Hypot(double x, double y)
    {
        double a = Math.Abs(x), b = Math.Abs(y), large = Math.Max(a, b), small = Math.Min(a, b);
        if (small == 0)
            return large;
        double ratio = small / large;
        return large * Math.Sqrt(1 + (ratio * ratio));
    }
}
