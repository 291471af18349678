using System.Numerics.Tensors;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>What every implementation of <see cref="HostLinearAlgebra"/> checks before it starts.</summary>
internal static class LinearAlgebraArguments
{
    /// <summary>The lower triangle is finite and the sizes fit; returns its largest magnitude.</summary>
    public static double CheckSymmetric(ReadOnlySpan<double> a, int n, ReadOnlySpan<double> eigenvalues)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        if (a.Length != (long)n * n || eigenvalues.Length != n)
            throw new ArgumentException($"order {n} needs {(long)n * n} entries and room for {n} eigenvalues; there are {a.Length} and {eigenvalues.Length}", nameof(a));
        double largest = 0;
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<double> row = a.Slice(i * n, i + 1);
            double size = Math.Abs(TensorPrimitives.MaxMagnitude(row));
            if (!double.IsFinite(size))
            {
                int j = row.IndexOfAnyExceptInRange(double.MinValue, double.MaxValue);
                throw new ArgumentException($"entry ({i}, {j}) of the symmetric matrix is {row[j]}", nameof(a));
            }
            largest = Math.Max(largest, size);
        }
        return largest;
    }

    /// <summary>The operands of a product have the sizes that m, n and k ask for.</summary>
    public static void CheckProduct(int a, int b, int c, int m, int n, int k)
    {
        if (m < 0 || n < 0 || k < 0 || a != (long)m * k || b != (long)k * n || c != (long)m * n)
            throw new ArgumentException($"(m, n, k) = ({m}, {n}, {k}) needs {(long)m * k}, {(long)k * n} and {(long)m * n} values; there are {a}, {b} and {c}");
    }
}
