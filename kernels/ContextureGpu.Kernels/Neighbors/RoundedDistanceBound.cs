namespace ContextureGpu.Kernels;

/// <summary>
/// What a float32 distance, formed from differences, says about the exact one.
/// <para>Points are centred at the mean c of Y, scaled by a power of two s so that no coordinate exceeds 1, and rounded: <c>r(x) = fl32(s (x - c))</c> is off by
/// at most <c>u |s (x - c)|</c> a coordinate, u = 2^-24 (and 2^-125 where the hardware flushes subnormals), so with <c>E = u' (||s (x - c)|| + max_j ||s (y_j - c)||)</c>
/// the true distance obeys <c>| ||r(x) - r(y)|| - s ||x - y|| | &lt;= E</c>. The device's value of <c>||r(x) - r(y)||^2</c> from d differences and d fused
/// multiply-adds has relative error at most <c>gamma = (d + 2) u / (1 - (d + 2) u)</c> (Higham, Accuracy and Stability, 2nd ed. 2002, section 3.1) and,
/// where the hardware flushes subnormals, absolute error at most <c>d 2^-125</c>. Every point that is no candidate has a device value of at least
/// that of the last candidate, t, hence <c>s ||x - y|| &gt;= sqrt((t - d 2^-125) / (1 + gamma)) - E</c>. If the square of that over s, less what rounding and underflow
/// in float64 can take from a computed distance, exceeds the k-th distance found, the k found are the k nearest.</para>
/// <para>For Manhattan distances the same holds with sums of magnitudes for norms, and without root and square.</para>
/// </summary>
internal sealed class RoundedDistanceBound
{
    private const double Unit = 1.0 / (1 << 24);

    // Units of float64 arithmetic on the host, generously: centring, norms and square roots here.
    private const double HostSlack = 1e-12;

    private readonly NeighborMetric _metric;
    private readonly double[] _center;
    private readonly int _d;
    private readonly double _scale, _largestNorm;

    /// <summary>Chooses centre and scale for queries and points, row-major with <paramref name="dimension"/> columns. The metric is Euclidean or Manhattan.</summary>
    public RoundedDistanceBound(NeighborMetric metric, ReadOnlySpan<double> x, ReadOnlySpan<double> y, int dimension)
    {
        (_metric, _d) = (metric, dimension);
        _center = new double[dimension];
        int m = y.Length / dimension;
        for (int i = 0, f = 0; i < y.Length; i++)
        {
            _center[f] += y[i] / m;
            f = f + 1 == _d ? 0 : f + 1;
        }
        double largest = Math.Max(LargestCoordinate(x), LargestCoordinate(y));
        // Below 2^-1000 or so the scale itself would overflow: such points are all alike to float32, and nothing is certified.
        _scale = largest > 0 ? Math.ScaleB(1, Math.Clamp(-Math.ILogB(largest) - 1, -1000, 1000)) : 1;
        for (int j = 0; j < m; j++)
            _largestNorm = Math.Max(_largestNorm, Norm(y.Slice(j * dimension, dimension)));
    }

    /// <summary>The points as the device gets them.</summary>
    public float[] Round(ReadOnlySpan<double> points)
    {
        var rounded = new float[points.Length];
        for (int i = 0, f = 0; i < rounded.Length; i++)
        {
            rounded[i] = (float)((points[i] - _center[f]) * _scale);
            f = f + 1 == _d ? 0 : f + 1;
        }
        return rounded;
    }

    /// <summary>
    /// Whether every point whose device value is at least <paramref name="last"/> is farther from the query than <paramref name="distance"/> (as computed
    /// in float64).
    /// </summary>
    public bool Certifies(ReadOnlySpan<double> query, float last, double distance)
    {
        double terms = (_d + 2) * Unit;
        if (!float.IsFinite(last) || terms >= 0.5)
            return false;
        double gamma = terms / (1 - terms);
        double inner = (last - _d * Math.ScaleB(1, -125)) / (1 + gamma);
        if (!(inner > 0))
            return false;
        // d + 2 roundings of float64 in a computed distance or norm, and those of this test; then what underflow can take from d squares.
        double host = HostSlack + 4 * (_d + 4) * Math.ScaleB(1, -53);
        bool isSquared = _metric == NeighborMetric.Euclidean;
        double perturbation = (Unit * (Norm(query) + _largestNorm) + (isSquared ? Math.Sqrt(_d) : _d) * Math.ScaleB(1, -124)) * (1 + host);
        double least = ((isSquared ? Math.Sqrt(inner) : inner) - perturbation) / _scale;
        double leastDistance = isSquared ? least * least : least;
        return least > 0 && double.IsFinite(leastDistance) && leastDistance * (1 - host) - 2 * _d * double.Epsilon > distance;
    }

    private double Norm(ReadOnlySpan<double> point)
    {
        double sum = 0;
        for (int f = 0; f < _d; f++)
        {
            double value = (point[f] - _center[f]) * _scale;
            sum += _metric == NeighborMetric.Euclidean ? value * value : Math.Abs(value);
        }
        return _metric == NeighborMetric.Euclidean ? Math.Sqrt(sum) : sum;
    }

    private double LargestCoordinate(ReadOnlySpan<double> points)
    {
        double largest = 0;
        for (int i = 0, f = 0; i < points.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(points[i] - _center[f]));
            f = f + 1 == _d ? 0 : f + 1;
        }
        return largest;
    }
}
