using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// <c>max over f in F_eps, ||f|| = 1, of min over w, b of ||w' Phi + b - f||^2</c>: the error of the best linear probe on an encoder for the worst of the tasks that are compatible with a
/// context, <c>F_eps = {f : rho(f) &gt;= 1 - eps}</c> (Zhai et al., "Contextures", ICML 2025, section 4).
/// </summary>
/// <param name="Epsilon">eps.</param>
/// <param name="Lower">Some task in F_eps is at least as bad as this.</param>
/// <param name="Upper">No task in F_eps is worse than this. The two ends differ only by what of the context's spectrum is unknown.</param>
public sealed record WorstCase(double Epsilon, double Lower, double Upper)
{
    /// <summary>The gap between the value of the dual and its bound from below at which the search ends.</summary>
    private const double Accuracy = 1e-10;

    private const int MostSteps = 100;

    /// <summary>
    /// Of the encoder that learns the contexture: <c>(s_1^2 - c) / (s_1^2 - s_{d+1}^2)</c> with <c>c = (1 - eps)^2</c>; 1 where <c>s_{d+1}^2 &gt;= c</c>, since mu_{d+1} itself is compatible
    /// then; null where no task is compatible, <c>s_1^2 &lt; c</c>.
    /// </summary>
    /// <param name="singularValues">s_1, s_2, .., descending; what follows them is 0.</param>
    /// <param name="dimension">d, at least 0.</param>
    /// <param name="epsilon">Above 0 and below 1.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static double? OfSpectralEncoder(ReadOnlySpan<double> singularValues, int dimension, double epsilon)
    {
        if (dimension < 0)
            throw new InputException($"the dimension is {dimension}; it must be at least 0");
        if (!(epsilon is > 0 and < 1))
            throw new InputException($"epsilon is {epsilon}; it must lie between 0 and 1");
        double c = (1 - epsilon) * (1 - epsilon), first = Square(singularValues, 0), next = Square(singularValues, dimension);
        return first < c ? null : next >= c ? 1 : (first - c) / (first - next);

        static double Square(ReadOnlySpan<double> s, int i) => i < s.Length ? s[i] * s[i] : 0;
    }

    /// <summary>
    /// The dual <c>min over l &gt;= 0 of lambda_max((I - Pi) + l (T T* - c I))</c>, exact for two quadratic forms on the sphere. In the basis of the known eigenfunctions and of what the
    /// features add to them, T T* is diagonal but for the part behind the last known eigenvalue, which lies between 0 and <paramref name="tail"/>: one end of the interval each.
    /// </summary>
    /// <param name="squares">s_i^2 of the D known pairs, descending.</param>
    /// <param name="cosines">Inner products of their functions with an orthonormal basis of the features, row-major (D, p).</param>
    /// <param name="p">Rank of the features, at least 1.</param>
    /// <param name="tail">The largest that an unknown eigenvalue can be.</param>
    /// <param name="functions">Dimension of the space of centred functions, N - 1.</param>
    /// <param name="epsilon">eps.</param>
    /// <param name="host">Solves the eigenproblems.</param>
    /// <returns>The interval; null where no task is compatible.</returns>
    internal static WorstCase? OfBasis(double[] squares, double[] cosines, int p, double tail, int functions, double epsilon, HostLinearAlgebra host)
    {
        double c = (1 - epsilon) * (1 - epsilon);
        if (squares.Length == 0 || squares[0] < c)
            return null;
        int d = squares.Length;

        // What the features have outside the known functions: rows G with G^T G = I - C^T C.
        double[] rest = new double[p * p], eigenvalues = new double[p];
        host.Multiply(cosines, Orientation.Transposed, cosines, Orientation.Normal, rest, p, p, d);
        for (int e = 0; e < rest.Length; e++)
            rest[e] = (e % (p + 1) == 0 ? 1 : 0) - rest[e];
        host.SymmetricEigen(rest, p, eigenvalues);
        int outside = Math.Min(eigenvalues.Count(l => l > 1e-12), Math.Max(0, functions - d)), order = d + outside;
        double[] h = new double[order * p], projection = new double[order * order];
        cosines.CopyTo(h, 0);
        for (int r = 0; r < outside; r++)
            for (int j = 0; j < p; j++)
                h[((d + r) * p) + j] = Math.Sqrt(eigenvalues[p - 1 - r]) * rest[((p - 1 - r) * p) + j];
        host.Multiply(h, Orientation.Normal, h, Orientation.Transposed, projection, order, order, p);
        bool isMore = functions > order; // then some function is outside all of it
        return new WorstCase(epsilon, Dual(0), tail > 0 ? Dual(tail) : Dual(0));

        double Dual(double unknown)
        {
            double low = 0, high = 1 / Math.Max(squares[0] - c, 1e-12);
            (double lowValue, double lowSlope) = Value(low);
            (double highValue, double highSlope) = Value(high);
            double best = Math.Min(lowValue, highValue);
            if (lowSlope >= 0 || highSlope <= 0)
                return Math.Clamp(lowSlope >= 0 ? lowValue : highValue, 0, 1);
            for (int step = 0; step < MostSteps; step++)
            {
                // Where the tangents of the two ends meet the convex function is at least as high as they are.
                double meet = low + ((highValue - lowValue - (highSlope * (high - low))) / (lowSlope - highSlope)), bound = lowValue + (lowSlope * (meet - low));
                if (best - bound <= Accuracy || high - low <= 1e-15 * high)
                    break;
                double margin = 1e-3 * (high - low), at = step % 8 == 7 ? 0.5 * (low + high) : Math.Clamp(meet, low + margin, high - margin);
                (double value, double slope) = Value(at);
                best = Math.Min(best, value);
                if (slope < 0)
                    (low, lowValue, lowSlope) = (at, value, slope);
                else
                    (high, highValue, highSlope) = (at, value, slope);
            }
            return Math.Clamp(best, 0, 1);

            // The largest eigenvalue and its derivative, f' (T T* - c) f for its eigenvector f.
            (double Value, double Slope) Value(double l)
            {
                double[] a = new double[order * order], values = new double[order];
                for (int e = 0; e < a.Length; e++)
                    a[e] = -projection[e];
                for (int i = 0; i < order; i++)
                    a[(i * order) + i] += 1 + (l * (Eigenvalue(i) - c));
                host.SymmetricEigen(a, order, values);
                double slope = -c;
                for (int i = 0; i < order; i++)
                    slope += Eigenvalue(i) * a[((order - 1) * order) + i] * a[((order - 1) * order) + i];
                double other = 1 + (l * (unknown - c));
                return isMore && other > values[^1] ? (other, unknown - c) : (values[^1], slope);
            }

            double Eigenvalue(int i) => i < d ? squares[i] : unknown;
        }
    }
}
