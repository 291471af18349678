using System.Numerics;
using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu.Spectral;

/// <summary>
/// Orthonormal bases of tall blocks by the Cholesky factor of their Gram matrix, or, where columns are nearly dependent, by its singular vectors (SVQB: Stathopoulos and
/// Wu, SIAM J. Sci. Comput. 23(6), 2002), repeated until orthonormal. The Gram matrix is summed in float64; directions lost in rounding are replaced by random ones, so the result always has
/// full rank.
/// </summary>
internal static class BlockOrthonormalization
{
    private const int MaximumPasses = 6;

    /// <summary>Of float64, in which inner products are summed.</summary>
    private const double UnitRoundoff = 1.0 / (1L << 53);

    /// <summary>Share of a column's squared length below which what is new in it is not left to a Cholesky factor: condition numbers of about 10^3.</summary>
    private const double DependentShare = 1e-6;

    /// <summary>Squared length below which a column has vanished: the inverse of its length, times a condition number, would leave the range of float32.</summary>
    private const double Vanished = 1e-60;

    /// <summary>Replaces the columns of <paramref name="x"/>, (n, p) with p at most n, by an orthonormal basis of a space that contains theirs.</summary>
    /// <param name="arithmetic">The device of the block.</param>
    /// <param name="x">The block, overwritten.</param>
    /// <param name="host">Does the small eigenproblem.</param>
    /// <param name="random">Draws the replacements.</param>
    /// <param name="share">Columns of at most this share of the length of the longest are lost, whatever is in them: where a column this short is the rounding of what made it.</param>
    /// <exception cref="NumericalException">A value is not finite, or no basis was reached.</exception>
    /// <returns>How many directions were lost in rounding and replaced by random ones.</returns>
    public static int Orthonormalize<T>(Arithmetic<T> arithmetic, DeviceMatrix<T> x, HostLinearAlgebra host, Philox random, double share = 0)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        int p = x.Columns;
        if (p == 0)
            return 0;
        if (p > x.Rows)
            throw new ArgumentException($"{p} orthonormal columns do not exist in dimension {x.Rows}", nameof(x));
        double epsilon = double.CreateTruncating(T.BitIncrement(T.One) - T.One);
        var gram = new double[p * p];
        var values = new double[p];
        int lostInAll = 0;
        double before = double.PositiveInfinity;
        using DeviceMatrix<T> rotated = arithmetic.Allocate(x.Rows, p);
        for (int pass = 0; pass < MaximumPasses; pass++)
        {
            arithmetic.InnerProducts(x, x, gram);
            int bad = Array.FindIndex(gram, v => !double.IsFinite(v));
            if (bad >= 0)
                throw new NumericalException($"column {bad / p} of a block of {p} functions is not finite");
            // Sums of n terms can be off by n rounding units, and are where many rows are equal: below that, a pass that changes nothing has done what can be done.
            double deviation = Deviation(gram, p);
            if (deviation <= Rounding<T>(p) || (deviation >= 0.5 * before && deviation <= (x.Rows * UnitRoundoff) + Rounding<T>(p)))
                return lostInAll;
            before = deviation;
            double[] lengths = [.. Enumerable.Range(0, p).Select(j => Math.Sqrt(gram[(j * p) + j]))];
            double shortest = pass == 0 ? share * lengths.Max() : 0;
            if ((shortest == 0 || lengths.All(length => length > shortest)) && InverseCholesky(gram, p) is { } inverse)
            {
                arithmetic.MultiplySmall(x, inverse, T.Zero, rotated);
                arithmetic.Copy(rotated, x);
                continue;
            }

            // Columns to unit length first: the eigenproblem then sees directions, not sizes.
            for (int j = 0; j < p; j++)
                lengths[j] = (typeof(T) == typeof(float) && gram[(j * p) + j] <= Vanished) || lengths[j] <= shortest ? 0 : lengths[j];
            for (int i = 0; i < p; i++)
                for (int j = 0; j < p; j++)
                    gram[(i * p) + j] = lengths[i] > 0 && lengths[j] > 0 ? gram[(i * p) + j] / (lengths[i] * lengths[j]) : 0;
            host.SymmetricEigen(gram, p, values);
            double lost = Math.Pow(32 * epsilon, 2) * Math.Max(values[p - 1], 0);
            var rotation = new double[p * p];
            int replaced = 0;
            for (int i = 0; i < p; i++)
            {
                int from = p - 1 - i;                               // descending: lost directions come last
                if (!(values[from] > Math.Max(lost, p * 1e-15)))
                {
                    replaced++;
                    continue;
                }
                double size = 1 / Math.Sqrt(values[from]);
                for (int r = 0; r < p; r++)
                    rotation[(r * p) + i] = lengths[r] > 0 ? gram[(from * p) + r] * size / lengths[r] : 0;
            }
            arithmetic.MultiplySmall(x, rotation, T.Zero, rotated);
            arithmetic.Copy(rotated, x);
            lostInAll += replaced;
            if (replaced > 0)
                DrawInto(arithmetic, x.ColumnRange(p - replaced, replaced), random, (long)pass * x.Rows * p);
        }
        throw new NumericalException($"a block of {p} functions could not be made orthonormal in {MaximumPasses} passes");
    }

    /// <summary>Whether a Gram matrix, row-major (p, p), is that of columns that are orthonormal to rounding.</summary>
    public static bool IsOrthonormal<T>(double[] gram, int p)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        Deviation(gram, p) <= Rounding<T>(p);

    /// <summary>
    /// <c>R^(-1)</c> for the Cholesky factor R of a Gram matrix <c>X^T X = R^T R</c>, so that the columns of <c>X R^(-1)</c> are orthonormal; row-major (p, p), upper triangular.
    /// Null where a column of X lies so nearly in the span of those before it that rounding would decide about the rest of it, or has vanished.
    /// </summary>
    public static double[]? InverseCholesky(double[] gram, int p)
    {
        double[] r = new double[p * p], inverse = new double[p * p];           // R^T, a row of which is a column of R; then R^(-1)
        for (int i = 0; i < p; i++)
        {
            Span<double> own = r.AsSpan(i * p, p);
            for (int j = 0; j < i; j++)
                own[j] = (gram[(i * p) + j] - TensorPrimitives.Dot<double>(own[..j], r.AsSpan(j * p, j))) / r[(j * p) + j];
            double length = gram[(i * p) + i], left = length - TensorPrimitives.SumOfSquares<double>(own[..i]);
            if (!(left > DependentShare * length && left > Vanished))
                return null;
            own[i] = Math.Sqrt(left);
        }
        for (int j = 0; j < p; j++)
        {
            // R x = e_j from below.
            inverse[(j * p) + j] = 1 / r[(j * p) + j];
            for (int i = j - 1; i >= 0; i--)
            {
                double sum = 0;
                for (int l = i + 1; l <= j; l++)
                    sum += r[(l * p) + i] * inverse[(l * p) + j];
                inverse[(i * p) + j] = -sum / r[(i * p) + i];
            }
        }
        return inverse;
    }

    /// <summary>Largest entry of <c>|X^T X - I|</c>.</summary>
    public static double LossOfOrthogonality<T>(Arithmetic<T> arithmetic, DeviceMatrix<T> x)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var gram = new double[x.Columns * x.Columns];
        arithmetic.InnerProducts(x, x, gram);
        return Deviation(gram, x.Columns);
    }

    /// <summary>Fills a block with draws that depend on the seed and the stream only.</summary>
    public static void DrawInto<T>(Arithmetic<T> arithmetic, DeviceMatrix<T> x, Philox random, long start)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const int Piece = 1 << 14;
        var draws = new T[(long)x.Rows * x.Columns];
        Parallel.For(0, (int)(((long)draws.Length + Piece - 1) / Piece), piece =>
        {
            int first = piece * Piece;
            random.Normals<T>(start + first, draws.AsSpan(first, Math.Min(Piece, draws.Length - first)));
        });
        arithmetic.Upload(draws, x);
    }

    private static double Rounding<T>(int p)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        8 * double.CreateTruncating(T.BitIncrement(T.One) - T.One) * Math.Sqrt(p);

    private static double Deviation(double[] gram, int p)
    {
        double worst = 0;
        for (int i = 0; i < p; i++)
            for (int j = 0; j < p; j++)
                worst = Math.Max(worst, Math.Abs(gram[(i * p) + j] - (i == j ? 1 : 0)));
        return worst;
    }
}
