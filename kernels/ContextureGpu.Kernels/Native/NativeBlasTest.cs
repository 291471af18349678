namespace ContextureGpu.Kernels.Cpu;

/// <summary>Small computations that a native library must get right before it is used: integer matrices, whose products are exact, and one eigenproblem.</summary>
internal static unsafe class NativeBlasTest
{
    private const int M = 37, N = 29, K = 43;

    /// <summary>What was wrong, or null.</summary>
    public static string? Run(NativeBlas blas)
    {
        foreach (Orientation first in Enum.GetValues<Orientation>())
        {
            foreach (Orientation second in Enum.GetValues<Orientation>())
            {
                if (!ProductIsRight<float>(blas, first, second) || !ProductIsRight<double>(blas, first, second))
                    return "it computes wrong products";
            }
        }
        return EigenIsRight(blas) ? null : "it computes wrong eigenvalues";
    }

    private static bool ProductIsRight<T>(NativeBlas blas, Orientation first, Orientation second)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        T[] a = Integers<T>(M * K, 5), b = Integers<T>(K * N, 7), c = Integers<T>(M * N, 3);
        var old = (T[])c.Clone();
        fixed (T* pa = a, pb = b, pc = c)
        {
            blas.Multiply(
                T.CreateTruncating(2), pa, first == Orientation.Normal ? K : M, first, pb, second == Orientation.Normal ? N : K, second,
                T.CreateTruncating(-1), pc, N, M, N, K);
        }
        for (int i = 0; i < M; i++)
        {
            for (int j = 0; j < N; j++)
            {
                T sum = T.Zero;
                for (int l = 0; l < K; l++)
                    sum += a[first == Orientation.Normal ? (i * K) + l : (l * M) + i] * b[second == Orientation.Normal ? (l * N) + j : (j * K) + l];
                if (c[(i * N) + j] != sum + sum - old[(i * N) + j])
                    return false;
            }
        }
        return true;
    }

    // The path of N points: eigenvalues 2 - 2 cos(pi i / (N + 1)).
    private static bool EigenIsRight(NativeBlas blas)
    {
        double[] a = new double[N * N], values = new double[N];
        for (int i = 0; i < N; i++)
        {
            a[(i * N) + i] = 2;
            if (i > 0)
                a[(i * N) + i - 1] = -1;
        }
        blas.SymmetricEigen(a, N, values);
        for (int i = 0; i < N; i++)
        {
            if (!(Math.Abs(values[i] - 2 + (2 * Math.Cos(Math.PI * (i + 1) / (N + 1)))) < 1e-12))
                return false;
        }
        return true;
    }

    private static T[] Integers<T>(int count, int step)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var values = new T[count];
        for (int i = 0; i < count; i++)
            values[i] = T.CreateTruncating((i * step % 11) - 5);
        return values;
    }
}
