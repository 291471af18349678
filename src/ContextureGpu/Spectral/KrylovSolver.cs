using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Spectral;

/// <summary>How the block-Krylov solver works.</summary>
internal sealed record KrylovSolverOptions
{
    /// <summary>Residual <c>||B B^T u - s^2 u||</c> up to which a pair counts as converged.</summary>
    public double Tolerance { get; init; } = 1e-5;

    /// <summary>Functions a block; 0 chooses by the number of wanted pairs.</summary>
    public int BlockWidth { get; init; }

    /// <summary>Functions a block has at least if the solver chooses: see <see cref="LinearOperator{T}.LeastBlock"/>.</summary>
    public int LeastBlock { get; init; } = 1;

    /// <summary>Most functions in the basis before it is compressed; 0 chooses by the number of wanted pairs.</summary>
    public int BasisSize { get; init; }

    /// <summary>Compressions after which the solver gives up and says so.</summary>
    public int MaximumRestarts { get; init; } = 200;

    /// <summary>Key of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Told after each Rayleigh-Ritz step.</summary>
    public IProgress<SolverProgress>? Progress { get; init; }
}

/// <summary>How far a solver is.</summary>
/// <param name="Converged">Leading pairs within the tolerance.</param>
/// <param name="Wanted">Pairs asked for.</param>
/// <param name="LargestResidual">Largest residual among the wanted pairs.</param>
/// <param name="Applications">Single functions that the operator was applied to.</param>
internal sealed record SolverProgress(int Converged, int Wanted, double LargestResidual, long Applications);

/// <summary>
/// Block Krylov with Rayleigh-Ritz and thick restarts on <c>B B^T</c> or <c>B^T B</c>, whichever is smaller (Golub and Underwood 1977; Wu and Simon, SIAM J. Matrix
/// Anal. 22(2), 2000; Musco and Musco, NeurIPS 2015, on why blocks need no gap). Every new block is orthogonalised against the whole basis, twice where once may not be enough, and
/// the coefficients are the projected matrix.
/// <para>A block of width w sees at most w directions of a multiple eigenvalue. So convergence is not believed at once: the converged space is kept, and the search goes on
/// from a random block orthogonal to it. If something larger than the smallest wanted value turns up there, the iteration continues with it.</para>
/// </summary>
internal static class KrylovSolver
{
    private const ulong ReplacementStream = 0x4b72796d;

    /// <summary>The top <paramref name="dimension"/> triplets of <paramref name="b"/>, (n, m).</summary>
    /// <param name="b">The operator.</param>
    /// <param name="dimension">Triplets wanted.</param>
    /// <param name="host">Small problems.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Checked before each block.</param>
    /// <param name="checkpoint">Where the run goes on from, if something was saved there, and saves to; null where the device is not feared for.</param>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is below 1 or above min(n, m).</exception>
    /// <exception cref="NumericalException">The operator returned a value that is not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; checked before each block.</exception>
    public static SingularTriplets<T> Solve<T>(
        LinearOperator<T> b, int dimension, HostLinearAlgebra host, KrylovSolverOptions options, CancellationToken cancellationToken, KrylovCheckpoint<T>? checkpoint = null)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dimension, Math.Min(b.Rows, b.Columns));
        Arithmetic<T> arithmetic = b.Arithmetic;
        options = options with { LeastBlock = Math.Max(options.LeastBlock, b.LeastBlock) };
        bool onTheRight = b.Rows > b.Columns;
        using var adjoint = new Adjoint<T>(b);
        using var run = new KrylovIteration<T>(onTheRight ? adjoint : b, dimension, host, options, cancellationToken, checkpoint);
        using DeviceMatrix<T> found = run.Iterate();
        (int iterations, long applications) = (run.Restarts + 1, run.Applications);
        run.Dispose();                                              // the basis is the largest block of all
        var replacements = new Philox(options.Seed, ReplacementStream);
        cancellationToken.ThrowIfCancellationRequested();
        BlockOrthonormalization.Orthonormalize(arithmetic, found, host, replacements);
        if (!onTheRight)
            return SingularTriplets<T>.FromBasis(b, found, dimension, host, iterations, applications, null, options.Tolerance);
        using DeviceMatrix<T> basis = arithmetic.Allocate(b.Rows, dimension);
        b.Apply(found, basis);
        BlockOrthonormalization.Orthonormalize(arithmetic, basis, host, replacements);
        cancellationToken.ThrowIfCancellationRequested();
        return SingularTriplets<T>.FromBasis(b, basis, dimension, host, iterations, applications + dimension, null, options.Tolerance);
    }

    /// <summary>Functions a block: wide enough for the device to work at full speed, narrow enough that the basis sees many powers.</summary>
    public static int BlockWidth(int space, int dimension, KrylovSolverOptions options) =>
        Math.Min(space, options.BlockWidth > 0 ? options.BlockWidth : Math.Max(options.LeastBlock, Math.Clamp((dimension / 8 + 7) / 8 * 8, 8, 32)));

    /// <summary>Functions in the basis when it is full.</summary>
    public static int BasisSize(int space, int dimension, KrylovSolverOptions options)
    {
        int width = BlockWidth(space, dimension, options);
        long size = options.BasisSize > 0 ? options.BasisSize : (2L * dimension) + (8 * width);
        return (int)Math.Min(space, Math.Max(size, dimension + (2L * width)));
    }

    /// <summary>Elements from one row of the basis to the next: rows start on cache lines, so that no vector reaches over the end of one.</summary>
    public static int Pitch(int basisSize)
    {
        const int Line = 16;
        return basisSize > int.MaxValue - Line ? basisSize : (basisSize + Line - 1) / Line * Line;
    }

    /// <summary>Elements that a run holds on the device at its peak, beyond the operator: the basis, its newest block and the one to come, a block on the other side, and a tile.</summary>
    public static long PeakElements(int rows, int columns, int dimension, KrylovSolverOptions options)
    {
        int space = Math.Min(rows, columns);
        double width = BlockWidth(space, dimension, options), size = Pitch(BasisSize(space, dimension, options)), d = dimension;
        double basis = (space * (size + (2 * width))) + (Math.Max(rows, columns) * width);
        double tile = (Math.Min(space, KrylovIteration<float>.CompressedRows) * (size + width)) + (size * size);
        double combined = (space * d) + (size * d);

        // The last Rayleigh-Ritz step and the certificate: bases on both sides, their combinations, and a few columns of a residual.
        double finish = (2 * ((double)rows + columns) * d) + (d * d) + (3.0 * Math.Max(rows, columns) * Math.Min(dimension, SingularTriplets<float>.CertificateColumns));
        return (long)Math.Min(1L << 61, Math.Max(basis + Math.Max(tile, combined), combined + finish));
    }
}
