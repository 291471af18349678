using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>How the randomised solver works.</summary>
internal sealed record RandomizedSolverOptions
{
    /// <summary>Columns of the sketch beyond the wanted ones.</summary>
    public int Oversampling { get; init; } = 10;

    /// <summary>Applications of <c>B B^T</c> to the sketch, each followed by an orthonormalisation on both sides.</summary>
    public int PowerIterations { get; init; } = 4;

    /// <summary>Residual up to which a pair counts as converged; it changes what is said, not what is done.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>Key of the draws.</summary>
    public ulong Seed { get; init; }
}

/// <summary>
/// Randomised singular value decomposition: sketch the range, iterate with re-orthonormalisation, project (Halko, Martinsson and Tropp, SIAM Review 53(2),
/// 2011, algorithms 4.4 and 5.1). A fixed number of passes; the certificate says how good the result is.
/// </summary>
internal static class RandomizedSolver
{
    private const ulong SketchStream = 0x5ce7c4, ReplacementStream = 0x5ce7c5;

    /// <summary>The top <paramref name="dimension"/> triplets of <paramref name="b"/>, (n, m).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is below 1 or above min(n, m).</exception>
    /// <exception cref="NumericalException">The operator returned a value that is not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; checked before each pass.</exception>
    public static SingularTriplets<T> Solve<T>(
        LinearOperator<T> b, int dimension, HostLinearAlgebra host, RandomizedSolverOptions options, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int smallest = Math.Min(b.Rows, b.Columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, smallest);
        ArgumentOutOfRangeException.ThrowIfNegative(options.PowerIterations);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Oversampling);
        int width = (int)Math.Min(smallest, (long)dimension + options.Oversampling);
        Arithmetic<T> arithmetic = b.Arithmetic;
        var replacements = new Philox(options.Seed, ReplacementStream);

        using DeviceMatrix<T> z = arithmetic.Allocate(b.Columns, width);         // (m, l): Omega, then bases of the right space
        using DeviceMatrix<T> q = arithmetic.Allocate(b.Rows, width);            // (n, l): bases of the left space
        BlockOrthonormalization.DrawInto(arithmetic, z, new Philox(options.Seed, SketchStream), 0);
        // Functions that B takes to zero come out as rounding.
        double rounding = 4 * double.CreateTruncating(T.BitIncrement(T.One) - T.One);
        long applications = 0;
        for (int pass = 0; ; pass++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            b.Apply(z, q);
            BlockOrthonormalization.Orthonormalize(arithmetic, q, host, replacements, rounding);
            applications += width;
            if (pass == options.PowerIterations)
                break;
            b.ApplyAdjoint(q, z);
            BlockOrthonormalization.Orthonormalize(arithmetic, z, host, replacements, rounding);
            applications += width;
        }
        return SingularTriplets<T>.FromBasis(b, q, dimension, host, options.PowerIterations + 1, applications, null, options.Tolerance);
    }
}
