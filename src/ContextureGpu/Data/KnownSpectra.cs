namespace ContextureGpu;

/// <summary>
/// Contexts whose spectra are known in closed form, to check a computation or to learn the methods with. All singular values are those of the expectation
/// operator without the constant, in descending order with their multiplicities.
/// </summary>
public static class KnownSpectra
{
    private const double LargestGamma = 1e10;
    private const int LargestCube = 24;

    /// <summary>n points evenly on the unit circle, the first at (1, 0), counterclockwise.</summary>
    /// <param name="n">The number of points, at least 1.</param>
    /// <returns>n x 2 coordinates, row by row.</returns>
    public static double[] Circle(int n)
    {
        AtLeast(1, n, nameof(n));
        var points = new double[checked(2 * n)];
        for (int i = 0; i < n; i++)
            (points[2 * i + 1], points[2 * i]) = Math.SinCos(2 * Math.PI * i / n);
        return points;
    }

    /// <summary>
    /// The context "rbf" on <see cref="Circle"/>, a neighbour with probability proportional to <c>exp(-gamma |x - a|^2)</c>: the operator is circulant and its eigenvalues are
    /// <c>I_k(2 gamma) / I_0(2 gamma)</c>, k = 1, 1, 2, 2, .., with modified Bessel functions (Abramowitz and Stegun 9.6.34); on n points each order k stands for
    /// all orders k + m n, which are added. Eigenvalues and singular values are the same.
    /// </summary>
    /// <param name="n">The number of points, at least 2.</param>
    /// <param name="gamma">The parameter of the kernel, above 0 and at most 1e10.</param>
    /// <param name="count">How many, from 0 to n - 1.</param>
    public static double[] CircleEigenvalues(int n, double gamma, int count)
    {
        AtLeast(2, n, nameof(n));
        if (!(gamma > 0 && gamma <= LargestGamma))
            throw new ArgumentOutOfRangeException(nameof(gamma), gamma, $"gamma must be above 0 and at most {LargestGamma}.");
        InRange(0, count, n - 1, nameof(count));
        int top = (count + 1) / 2;
        double[] ratios = BesselRatios(2 * gamma, Math.Max(top, 1));
        var orders = new double[top + 1]; // sum over m of I_(k + m n) / I_0, small terms first
        for (int k = 0; k <= top; k++)
        {
            for (long m = (ratios.Length + k) / n + 1; m >= 1; m--)
                orders[k] += At(ratios, m * n + k) + At(ratios, m * n - k);
            orders[k] += ratios[k];
        }
        var eigenvalues = new double[count];
        for (int i = 0; i < count; i++)
            eigenvalues[i] = orders[i / 2 + 1] / orders[0];
        return eigenvalues;
    }

    /// <summary>The cycle graph: i is joined to i + 1, and the last vertex to the first.</summary>
    /// <param name="n">The number of vertices, at least 3.</param>
    /// <returns>n edges, each once.</returns>
    public static (int From, int To)[] CycleEdges(int n)
    {
        AtLeast(3, n, nameof(n));
        var edges = new (int From, int To)[n];
        for (int i = 0; i < n; i++)
            edges[i] = (i, (i + 1) % n);
        return edges;
    }

    /// <summary>The random walk on the cycle graph: <c>|cos(2 pi k / n)|</c>, k = 1 .. n - 1; on an even cycle 1 is among them, for it is bipartite.</summary>
    /// <param name="n">The number of vertices, at least 3.</param>
    /// <returns>n - 1 singular values.</returns>
    public static double[] CycleSingularValues(int n)
    {
        AtLeast(3, n, nameof(n));
        var values = new double[n - 1];
        for (int k = 1; k < n; k++)
            values[k - 1] = AbsoluteCosine(k, n);
        return Descending(values);
    }

    /// <summary>The complete graph without loops: all pairs.</summary>
    /// <param name="n">The number of vertices, at least 2.</param>
    /// <returns>n (n - 1) / 2 edges, each once, the smaller vertex first.</returns>
    public static (int From, int To)[] CompleteEdges(int n)
    {
        AtLeast(2, n, nameof(n));
        var edges = new (int From, int To)[checked((int)((long)n * (n - 1) / 2))];
        int next = 0;
        for (int i = 0; i < n; i++)
            for (int j = i + 1; j < n; j++)
                edges[next++] = (i, j);
        return edges;
    }

    /// <summary>The random walk on the complete graph without loops: n - 1 times <c>1 / (n - 1)</c>.</summary>
    /// <param name="n">The number of vertices, at least 2.</param>
    public static double[] CompleteSingularValues(int n)
    {
        AtLeast(2, n, nameof(n));
        var values = new double[n - 1];
        Array.Fill(values, 1.0 / (n - 1));
        return values;
    }

    /// <summary>The corners of the hypercube {0, 1}^n; coordinate j of corner i is bit j of i.</summary>
    /// <param name="n">The dimension, 1 to 24.</param>
    /// <returns>2^n x n coordinates, row by row.</returns>
    public static double[] HypercubeCorners(int n)
    {
        InRange(1, n, LargestCube, nameof(n));
        var corners = new double[n << n];
        for (int i = 0; i < 1 << n; i++)
            for (int j = 0; j < n; j++)
                corners[i * n + j] = (i >> j) & 1;
        return corners;
    }

    /// <summary>The hypercube with each bit flipped with the probability p: <c>|1 - 2p|^k</c>, each C(n, k) times, with the parities as singular functions.</summary>
    /// <param name="n">The dimension, 1 to 24.</param>
    /// <param name="p">The probability of a flip, 0 to 1.</param>
    /// <returns>2^n - 1 singular values.</returns>
    public static double[] HypercubeFlipSingularValues(int n, double p)
    {
        Probability(p, nameof(p));
        return OnSubsets(n, k => Math.Pow(Math.Abs(1 - 2 * p), k));
    }

    /// <summary>The hypercube with each bit masked with the probability r: <c>(1 - r)^(k/2)</c>, each C(n, k) times.</summary>
    /// <param name="n">The dimension, 1 to 24.</param>
    /// <param name="r">The probability of a mask, 0 to 1.</param>
    /// <returns>2^n - 1 singular values.</returns>
    public static double[] HypercubeMaskSingularValues(int n, double r)
    {
        Probability(r, nameof(r));
        return OnSubsets(n, k => Math.Pow(1 - r, 0.5 * k));
    }

    /// <summary>
    /// Labels of equally frequent classes, each replaced with the probability <paramref name="noise"/> by one of the others, all alike:
    /// classes - 1 times <c>|1 - noise classes / (classes - 1)|</c>; the rest are 0 and not listed.
    /// </summary>
    /// <param name="classes">The number of classes, at least 2.</param>
    /// <param name="noise">The probability of a wrong label, 0 to 1.</param>
    public static double[] LabelSingularValues(int classes, double noise)
    {
        AtLeast(2, classes, nameof(classes));
        Probability(noise, nameof(noise));
        var values = new double[classes - 1];
        Array.Fill(values, Math.Abs(1 - noise * classes / (classes - 1)));
        return values;
    }

    /// <summary>
    /// X standard normal in D dimensions, <c>A = rho X + sqrt(1 - rho^2) Z</c>: <c>|rho|^k</c>, each C(D + k - 1, k) times, with products of Hermite polynomials as
    /// singular functions (Mehler's formula). A sample comes near them as it grows.
    /// </summary>
    /// <param name="rho">The correlation, -1 to 1.</param>
    /// <param name="dimensions">D, at least 1.</param>
    /// <param name="count">How many, at least 0.</param>
    public static double[] GaussianSingularValues(double rho, int dimensions, int count)
    {
        if (!(Math.Abs(rho) <= 1))
            throw new ArgumentOutOfRangeException(nameof(rho), rho, "A correlation is between -1 and 1.");
        AtLeast(1, dimensions, nameof(dimensions));
        AtLeast(0, count, nameof(count));
        var values = new double[count];
        double multiplicity = 1;
        int done = 0;
        for (int k = 1; done < count; k++)
        {
            multiplicity = multiplicity * (dimensions + k - 1) / k;
            int end = (int)Math.Min(count, done + Math.Round(multiplicity));
            values.AsSpan(done, end - done).Fill(Math.Pow(Math.Abs(rho), k));
            done = end;
        }
        return values;
    }

    /// <summary>
    /// I_k(x) / I_0(x) for k = 0 up to where it vanishes beside order <paramref name="top"/>: the recurrence for I_k / I_(k-1) downwards, where it is stable
    /// (Gautschi, SIAM Review 9, 1967), then the product upwards; no term exceeds 1, whatever x.
    /// </summary>
    private static double[] BesselRatios(double x, int top)
    {
        // From order j to k > j the values fall at least like exp(-(k^2 - j^2) / (2x)) while k < x, and faster after it.
        int last = top + 60 + (int)Math.Ceiling(Math.Sqrt((double)top * top + 100 * x) - top);
        var ratios = new double[last + 1];
        double ratio = 0;
        for (int k = last; k >= 1; k--)
            ratios[k] = ratio = 1 / (2 * k / x + ratio);
        ratios[0] = 1;
        for (int k = 1; k <= last; k++)
            ratios[k] *= ratios[k - 1];
        return ratios;
    }

    private static double At(double[] ratios, long order) => order < ratios.Length ? ratios[order] : 0;

    /// <summary>|cos(2 pi k / n)| with the angle brought to the first eighth of the circle, so that equal values are equal bit for bit and zero is zero.</summary>
    private static double AbsoluteCosine(int k, int n)
    {
        long quarters = 4L * k % (2L * n); // the angle in units of pi / (2n), modulo pi
        quarters = Math.Min(quarters, 2L * n - quarters); // now up to pi / 2, the unit is pi / (2n)
        return 2 * quarters <= n ? Math.Cos(Math.PI * quarters / (2.0 * n)) : Math.Sin(Math.PI * (n - quarters) / (2.0 * n));
    }

    private static double[] OnSubsets(int n, Func<int, double> valueOfSize)
    {
        InRange(1, n, LargestCube, nameof(n));
        var values = new double[(1 << n) - 1];
        for (int subset = 1; subset < 1 << n; subset++)
            values[subset - 1] = valueOfSize(System.Numerics.BitOperations.PopCount((uint)subset));
        return Descending(values);
    }

    private static double[] Descending(double[] values)
    {
        Array.Sort(values, (a, b) => b.CompareTo(a));
        return values;
    }

    private static void Probability(double p, string name)
    {
        if (!(p >= 0 && p <= 1))
            throw new ArgumentOutOfRangeException(name, p, "A probability is between 0 and 1.");
    }

    private static void AtLeast(int least, int value, string name) => ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);

    private static void InRange(int least, int value, int most, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }
}
