namespace ContextureGpu.Kernels;

/// <summary>
/// One device that can do all arithmetic on large data. Two families implement it: the native CPU, and ILGPU's accelerators (CUDA, OpenCL,
/// ILGPU's CPU accelerator). Safe to use from one thread at a time.
/// </summary>
public abstract class ComputeDevice : IDisposable
{
    /// <summary>Describes a device that is about to be opened.</summary>
    protected ComputeDevice(DeviceDescription description) => Description = description;

    /// <summary>What this device is.</summary>
    public DeviceDescription Description { get; }

    /// <summary>Bytes this device holds in matrices.</summary>
    public virtual MemoryLedger Memory { get; } = new();

    /// <summary>Why something that was asked of the device is not done, for people; grows with use.</summary>
    public virtual IReadOnlyList<string> Warnings => [];

    /// <summary>Small dense problems in float64, on the host.</summary>
    public virtual HostLinearAlgebra LinearAlgebra => field ??= new Cpu.ManagedLinearAlgebra(Environment.ProcessorCount);

    /// <summary>The operations in element type <typeparamref name="T"/>.</summary>
    /// <exception cref="NotSupportedException">The device does not compute in <typeparamref name="T"/>.</exception>
    public abstract Arithmetic<T> Arithmetic<T>()
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>;

    /// <summary>
    /// The operations as above, for work that may be called off: where the device works piece by piece an operation ends between two pieces, and what it was to write is then
    /// undefined. Elsewhere the token is not looked at.
    /// </summary>
    /// <param name="cancellationToken">Ends operations with an <see cref="OperationCanceledException"/>.</param>
    /// <inheritdoc cref="Arithmetic{T}()"/>
    public virtual Arithmetic<T> CancellableArithmetic<T>(CancellationToken cancellationToken)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> => Arithmetic<T>();

    /// <summary>As the search with a metric, by Euclidean distance.</summary>
    /// <inheritdoc cref="NearestNeighbors(ReadOnlySpan{double}, ReadOnlySpan{double}, int, int, NeighborMetric, Span{int}, Span{double}, CancellationToken)"/>
    public void NearestNeighbors(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y, int dimension, int k,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken = default) =>
        NearestNeighbors(x, y, dimension, k, NeighborMetric.Euclidean, indices, distances, cancellationToken);

    /// <summary>
    /// The <paramref name="k"/> nearest rows of Y for each row of X, exactly: ordered by the distance in float64 as the metric defines it, ties by the smaller index of Y.
    /// Every device returns the same indices and the same bits, whatever it uses to find candidates. Passing the same memory for X and Y is quickest.
    /// </summary>
    /// <param name="x">Queries, row-major (n, d), finite.</param>
    /// <param name="y">Points searched, row-major (m, d), finite.</param>
    /// <param name="dimension">d, at least 1.</param>
    /// <param name="k">Neighbours per query, 0 .. m.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="indices">Receives row numbers of Y, row-major (n, k).</param>
    /// <param name="distances">Receives the distances of the metric, row-major (n, k), ascending along a row.</param>
    /// <param name="cancellationToken">Stops the search between tiles.</param>
    /// <exception cref="ArgumentException">A span does not have the size its shape asks for, k is above m, or the metric is the cosine and a row is zero.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public void NearestNeighbors(
        ReadOnlySpan<double> x, ReadOnlySpan<double> y, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        if (metric is not (NeighborMetric.Euclidean or NeighborMetric.Cosine or NeighborMetric.Manhattan))
            throw new ArgumentOutOfRangeException(nameof(metric), metric, "unknown metric");
        if (indices.Length != distances.Length || (k > 0 && indices.Length % k != 0))
            throw new ArgumentException($"indices ({indices.Length}) and distances ({distances.Length}) must both hold n * k values, k = {k}");
        if (k == 0 || indices.IsEmpty)
            return;
        int n = indices.Length / k;
        if (x.Length != (long)n * dimension)
            throw new ArgumentException($"x holds {x.Length} values, but ({n}, {dimension}) asks for {(long)n * dimension}", nameof(x));
        if (y.Length % dimension != 0)
            throw new ArgumentException($"y holds {y.Length} values, which is no multiple of the dimension {dimension}", nameof(y));
        int m = y.Length / dimension;
        if (k > m)
            throw new ArgumentException($"k = {k} neighbours were asked for among {m} points", nameof(k));
        if (metric == NeighborMetric.Cosine)
        {
            double[] points = UnitRows.Of(y, dimension, nameof(y)), queries = x == y ? points : UnitRows.Of(x, dimension, nameof(x));
            NearestNeighborsCore(queries, n, points, m, dimension, k, NeighborMetric.Euclidean, indices, distances, cancellationToken);
            return;
        }
        NearestNeighborsCore(x, n, y, m, dimension, k, metric, indices, distances, cancellationToken);
    }

    /// <summary>
    /// Does the work of <see cref="NearestNeighbors(ReadOnlySpan{double}, ReadOnlySpan{double}, int, int, NeighborMetric, Span{int}, Span{double}, CancellationToken)"/>:
    /// n, m, dimension and k are all at least 1, the spans fit, and the metric is Euclidean or Manhattan.
    /// </summary>
    protected abstract void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken);

    /// <summary>Waits until everything submitted to the device is done.</summary>
    public abstract void Synchronize();

    /// <summary>Closes the device. Matrices on it can no longer be used.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the device.</summary>
    protected abstract void Dispose(bool disposing);
}
