using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>The reference device with one defect, which the contract must find.</summary>
public sealed class BrokenDevice : ReferenceDevice
{
    private const long Memory32GiB = 1L << 35;
    private readonly Defect _defect;

    private BrokenDevice(Defect defect)
        : base(Memory32GiB) => _defect = defect;

    /// <summary>Opens a device with the given defect.</summary>
    public static ComputeDevice Open(Defect defect) => new BrokenDevice(defect);

    /// <inheritdoc/>
    protected override Arithmetic<T> CreateArithmetic<T>() => new BrokenArithmetic<T>(this, _defect);

    /// <inheritdoc/>
    protected override void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        if (_defect == Defect.IgnoresCancellation)
            cancellationToken = CancellationToken.None;
        if (_defect == Defect.IgnoresMetric)
            metric = NeighborMetric.Euclidean;
        base.NearestNeighborsCore(x, n, y, m, dimension, k, metric, indices, distances, cancellationToken);
        for (int i = 0; i < n && IsNeighborDefect(_defect); i++)
        {
            ReadOnlySpan<double> query = x.Slice(i * dimension, dimension);
            var ranked = new (double Rank, int Tie, double Distance)[m];
            for (int j = 0; j < m; j++)
            {
                ReadOnlySpan<double> point = y.Slice(j * dimension, dimension);
                double distance = metric == NeighborMetric.Manhattan ? Absolute(query, point) : Squared(query, point);
                double rank = _defect switch
                {
                    Defect.RanksByExpandedDistances => Dot(query, query) + Dot(point, point) - 2 * Dot(query, point),
                    Defect.RanksInSinglePrecision => (float)distance,
                    Defect.DropsSelfByPosition when i == j && k < m => double.PositiveInfinity,
                    _ => distance,
                };
                ranked[j] = (rank, _defect == Defect.BreaksTiesByLargerIndex ? -j : j, distance);
            }
            Array.Sort(ranked);
            for (int r = 0; r < k; r++)
                (indices[i * k + r], distances[i * k + r]) = (Math.Abs(ranked[r].Tie), ranked[r].Distance);
        }
    }

    private static bool IsNeighborDefect(Defect defect) =>
        defect is Defect.RanksByExpandedDistances or Defect.RanksInSinglePrecision or Defect.DropsSelfByPosition or Defect.BreaksTiesByLargerIndex;

    private static double Squared(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int f = 0; f < x.Length; f++)
            sum += (x[f] - y[f]) * (x[f] - y[f]);
        return sum;
    }

    private static double Absolute(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int f = 0; f < x.Length; f++)
            sum += Math.Abs(x[f] - y[f]);
        return sum;
    }

    private static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int f = 0; f < x.Length; f++)
            sum += x[f] * y[f];
        return sum;
    }
}
