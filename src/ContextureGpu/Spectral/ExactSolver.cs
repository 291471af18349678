using System.Runtime.ExceptionServices;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>
/// The dense solver in float64: the operator is written out, the eigenvectors of its smaller Gram matrix span the wanted space, and the last
/// Rayleigh-Ritz step of <see cref="SingularTriplets{T}.FromBasis"/> gives singular values accurate to rounding although the Gram matrix squares them.
/// Memory 8 (n m + min(n, m)^2) bytes, time of order min(n, m)^3: for small problems and as the reference for the others.
/// </summary>
internal static class ExactSolver
{
    private const int BlockWidth = 256;
    private const ulong ReplacementStream = 0xe8ac7;

    /// <summary>The top <paramref name="dimension"/> triplets of <paramref name="b"/>, (n, m).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is below 1 or above min(n, m).</exception>
    /// <exception cref="NumericalException">The operator returned a value that is not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; checked between blocks.</exception>
    public static SingularTriplets<double> Solve(LinearOperator<double> b, int dimension, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, Math.Min(b.Rows, b.Columns));
        if (b.Rows > b.Columns)
            return OnTheRight(b, dimension, host, cancellationToken);
        using DeviceMatrix<double> basis = TopEigenvectors(b, dimension, host, cancellationToken);
        return SingularTriplets<double>.FromBasis(b, basis, dimension, host, 1, b.Columns, StoppingReason.Direct, 0);
    }

    // More rows than columns: the eigenvectors V of B^T B are the cheaper ones, and B V spans the left space.
    private static SingularTriplets<double> OnTheRight(LinearOperator<double> b, int dimension, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        using var adjoint = new Adjoint<double>(b);
        using DeviceMatrix<double> v = TopEigenvectors(adjoint, dimension, host, cancellationToken);
        using DeviceMatrix<double> basis = b.Arithmetic.Allocate(b.Rows, dimension);
        b.Apply(v, basis);
        BlockOrthonormalization.Orthonormalize(b.Arithmetic, basis, host, new Philox(0, ReplacementStream));
        return SingularTriplets<double>.FromBasis(b, basis, dimension, host, 1, b.Rows + dimension, StoppingReason.Direct, 0);
    }

    /// <summary>An orthonormal basis, (n, d), of the top eigenspace of <c>B B^T</c>.</summary>
    private static DeviceMatrix<double> TopEigenvectors(LinearOperator<double> b, int dimension, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        int n = b.Rows;
        double[] dense = WriteOut(b, cancellationToken);
        int bad = Array.FindIndex(dense, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new NumericalException($"the operator's entry ({bad / b.Columns}, {bad % b.Columns}) is {dense[bad]}");
        var gram = new double[(long)n * n];
        Interruptible(
            () =>
            {
                host.Multiply(dense, Orientation.Normal, dense, Orientation.Transposed, gram, n, n, b.Columns);
                host.SymmetricEigen(gram, n, new double[n]);        // ascending; eigenvector i in row i
            },
            cancellationToken);
        var columns = new double[(long)n * dimension];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < dimension; j++)
                columns[(i * dimension) + j] = gram[((n - 1 - j) * n) + i];
        return b.Arithmetic.UploadMatrix(columns, n, dimension);
    }

    // LAPACK cannot be stopped. It works on arrays of its own, so whoever waits for it can leave.
    private static void Interruptible(Action work, CancellationToken cancellationToken)
    {
        Task running = Task.Run(work, CancellationToken.None);
        try
        {
            running.Wait(cancellationToken);
        }
        catch (AggregateException failure) when (failure.InnerExceptions.Count == 1)
        {
            ExceptionDispatchInfo.Throw(failure.InnerException!);
        }
    }

    /// <summary>The operator as a row-major matrix, by applying it to blocks of the identity.</summary>
    private static double[] WriteOut(LinearOperator<double> b, CancellationToken cancellationToken)
    {
        var dense = new double[(long)b.Rows * b.Columns];
        for (int start = 0; start < b.Columns; start += BlockWidth)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int width = Math.Min(BlockWidth, b.Columns - start);
            var identity = new double[(long)b.Columns * width];
            for (int j = 0; j < width; j++)
                identity[((start + j) * width) + j] = 1;
            using DeviceMatrix<double> x = b.Arithmetic.UploadMatrix(identity, b.Columns, width), y = b.Arithmetic.Allocate(b.Rows, width);
            b.Apply(x, y);
            double[] block = b.Arithmetic.DownloadDouble(y);
            for (int i = 0; i < b.Rows; i++)
                block.AsSpan(i * width, width).CopyTo(dense.AsSpan((i * b.Columns) + start));
        }
        return dense;
    }
}
