using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>What every implementation of <see cref="HostLinearAlgebra"/> must do, as tests: eigenpairs by their identities on chosen spectra, products by loops.</summary>
public abstract class HostLinearAlgebraContract
{
    /// <summary>Why it cannot be tested here, or null. The tests are then skipped aloud.</summary>
    protected virtual string? SkipReason => null;

    /// <summary>The implementation under test.</summary>
    protected abstract HostLinearAlgebra Create();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(65)]
    public void EigenpairsOfChosenSpectra(int n)
    {
        HostLinearAlgebra algebra = Open();
        foreach ((string name, double[] spectrum) in Spectra.All(n))
        {
            foreach (double scale in new[] { 1, -1, 1e-120, 1e120 })
            {
                double[] scaled = Array.ConvertAll(spectrum, v => scale * v);
                CheckEigen(algebra, $"{name}, n = {n}, scale {scale}", Spectra.Symmetric(scaled, 3), n, scaled, Math.Abs(scale));
            }
        }
    }

    [Fact]
    public void EigenpairsOfDiagonalMatrices()
    {
        foreach (int n in new[] { 1, 2, 7, 40 })
        {
            var diagonal = new double[n * n];
            double[] values = [.. Enumerable.Range(0, n).Select(i => (double)((i * 5 + 2) % n) - n / 2)];
            for (int i = 0; i < n; i++)
                diagonal[i * n + i] = values[i];
            CheckEigen(Open(), $"diagonal, n = {n}", diagonal, n, values, n);
            CheckEigen(Open(), $"zero, n = {n}", new double[n * n], n, new double[n], 1);
        }
    }

    [Fact]
    public void EigenvaluesThatFallBelowAllRounding()
    {
        // Kernel matrices in the plane: all but a few eigenvalues are far below the rounding of the largest.
        foreach ((int n, double gamma) in new[] { (60, 0.5), (150, 0.02), (300, 0.7), (300, 1e-4) })
        {
            double[] points = new double[2 * n];
            new Philox(17, 3).Normals(0, points.AsSpan());
            double[] a = new double[n * n], q = new double[n * n], values = new double[n];
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    q[i * n + j] = a[i * n + j] = Math.Exp(-gamma * (Math.Pow(points[2 * i] - points[2 * j], 2) + Math.Pow(points[2 * i + 1] - points[2 * j + 1], 2))) / n;
            Open().SymmetricEigen(q, n, values);
            Assert.Equal(values.Order(), values);
            Tolerance.AssertClose("trace", 1, values.Sum(), Tolerance.Relative<double>(n, n));
            for (int k = 0; k < n; k += 7)
            {
                double residual = 0, length = 0;
                for (int i = 0; i < n; i++)
                {
                    double sum = -values[k] * q[k * n + i];
                    for (int j = 0; j < n; j++)
                        sum += a[i * n + j] * q[k * n + j];
                    (residual, length) = (residual + sum * sum, length + q[k * n + i] * q[k * n + i]);
                }
                Tolerance.AssertClose($"residual of pair {k} of {n}", 0, Math.Sqrt(residual), Tolerance.Relative<double>(n, n));
                Tolerance.AssertClose($"length of vector {k} of {n}", 1, length, Tolerance.Relative<double>(n, n));
            }
        }
    }

    [Fact]
    public void CouplingsWhoseSquaresUnderflow()
    {
        const int n = 12;
        double[] values = [.. Enumerable.Range(0, n).Select(i => (double)((i * 5) % n) / n)];
        foreach (double coupling in new[] { 1e-100, 1e-139, 1e-145, 1e-153, 1e-155, 1e-158, 1e-162, 1e-200, 1e-308, double.Epsilon })
        {
            var a = new double[n * n];
            Array.Fill(a, coupling);
            for (int i = 0; i < n; i++)
                a[i * n + i] = values[i];
            CheckEigen(Open(), $"coupling {coupling}", a, n, values, 1);
            // The last of a row is zero, and the rest of it small: a reflection has nothing to lean on.
            for (int i = 1; i < n; i++)
                a[i * n + i - 1] = a[(i - 1) * n + i] = 0;
            CheckEigen(Open(), $"coupling {coupling} beyond the neighbours", a, n, values, 1);
        }
    }

    [Fact]
    public void OnlyTheLowerTriangleIsRead()
    {
        const int n = 20;
        double[] a = Spectra.Symmetric(Spectra.Decaying(n), 5), poisoned = (double[])a.Clone();
        for (int i = 0; i < n; i++)
            poisoned.AsSpan(i * n + i + 1, n - i - 1).Fill(double.NaN);
        (var first, var second) = (new double[n], new double[n]);
        Open().SymmetricEigen(a, n, first);
        Open().SymmetricEigen(poisoned, n, second);
        for (int i = 0; i < n; i++)
            Tolerance.AssertClose($"eigenvalue {i}", first[i], second[i], Tolerance.Relative<double>(n, n));
        Assert.All(poisoned, v => Assert.True(double.IsFinite(v)));
    }

    [Fact]
    public void BadInputIsRefused()
    {
        HostLinearAlgebra algebra = Open();
        Assert.ThrowsAny<ArgumentException>(() => algebra.SymmetricEigen(new double[5], 2, new double[2]));
        Assert.ThrowsAny<ArgumentException>(() => algebra.SymmetricEigen(new double[4], 2, new double[3]));
        Assert.ThrowsAny<ArgumentException>(() => algebra.SymmetricEigen([], -1, []));
        foreach (double bad in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Assert.ThrowsAny<ArgumentException>(() => algebra.SymmetricEigen([1, 0, bad, 1], 2, new double[2]));
            Assert.ThrowsAny<ArgumentException>(() => algebra.SymmetricEigen([bad], 1, new double[1]));
        }
        Assert.ThrowsAny<ArgumentException>(() => algebra.Multiply(new double[6], Orientation.Normal, new double[6], Orientation.Normal, new double[5], 2, 2, 3));
        Assert.ThrowsAny<ArgumentException>(() => algebra.Multiply(new double[5], Orientation.Normal, new double[6], Orientation.Normal, new double[4], 2, 2, 3));
        Assert.ThrowsAny<ArgumentException>(() => algebra.Multiply(new double[6], Orientation.Normal, new double[7], Orientation.Normal, new double[4], 2, 2, 3));
    }

    [Fact]
    public void Products()
    {
        HostLinearAlgebra algebra = Open();
        foreach ((int m, int n, int k) in Shapes.Triples(140))
        {
            foreach (Orientation first in Enum.GetValues<Orientation>())
            {
                foreach (Orientation second in Enum.GetValues<Orientation>())
                {
                    double[] a = Normals(m * k, 1), b = Normals(k * n, 2);
                    double[] c = Scene<double>.RunOnHost(m * n, span => algebra.Multiply(a, first, b, second, span, m, n, k));
                    Tolerance.Fraction($"A({first}) B({second}), ({m}, {n}, {k})", c.AsSpan(), Truth.Product(1, a, first, b, second, 0, null, m, n, k));
                }
            }
        }
    }

    private static double[] Normals(int count, ulong stream)
    {
        var values = new double[count];
        new Philox(9, stream).Normals(0, values.AsSpan());
        return values;
    }

    private static void CheckEigen(HostLinearAlgebra algebra, string what, double[] a, int n, double[] spectrum, double norm)
    {
        (var vectors, var values) = ((double[])a.Clone(), new HostileBuffer<double>(n));
        algebra.SymmetricEigen(vectors, n, values.Span);
        values.AssertIntact();
        double[] expected = [.. spectrum.Order()], columns = new double[n * n];
        double wrong = 0, residual = 0, allowed = Tolerance.Relative<double>(n, n);
        for (int r = 0; r < n; r++)
        {
            double value = values.Span[r];
            Assert.True(r == 0 || value >= values.Span[r - 1], $"{what}: eigenvalue {r} is below the one before it");
            wrong = Math.Max(wrong, Math.Abs(value - expected[r]) / norm);
            for (int i = 0; i < n; i++)
            {
                double row = -value * vectors[r * n + i];
                for (int j = 0; j < n; j++)
                    row += a[i * n + j] * vectors[r * n + j];
                residual = Math.Max(residual, Math.Abs(row) / norm);
                columns[i * n + r] = vectors[r * n + i];
            }
        }
        Tolerance.AssertWithin($"{what}: eigenvalues", wrong, allowed);
        Tolerance.AssertWithin($"{what}: A q - lambda q", residual, allowed);
        Tolerance.AssertWithin($"{what}: orthogonality", Subspace.LossOfOrthogonality(columns, n, n), allowed);
    }

    private HostLinearAlgebra Open()
    {
        if (SkipReason is { } reason)
            Assert.Skip(reason);
        return Create();
    }
}
