using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>
/// The oracle: every operation of the seam as the plain float64 loop of its formula, the result rounded once to the element type.
/// No SIMD, no threads, no blocking. Fresh matrices are full of NaN, undocumented aliasing is refused, and so is anything disposed.
/// </summary>
public class ReferenceDevice : ComputeDevice
{
    private Arithmetic<float>? _single;
    private Arithmetic<double>? _double;

    /// <summary>A reference device; a derived class may bring arithmetic of its own.</summary>
    protected ReferenceDevice(long memoryBytes)
        : base(new DeviceDescription(BackendKind.Cpu, 0, "reference loops", null, memoryBytes, SupportsDouble: true))
    {
    }

    /// <summary>Whether the device has been closed.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Opens a device that refuses to hold more than <paramref name="memoryBytes"/> in matrices.</summary>
    public static ComputeDevice Open(long memoryBytes = 1L << 33) => new ReferenceDevice(memoryBytes);

    /// <inheritdoc/>
    public override Arithmetic<T> Arithmetic<T>()
    {
        if (typeof(T) == typeof(float))
            return (Arithmetic<T>)(object)(_single ??= CreateArithmetic<float>());
        if (typeof(T) == typeof(double))
            return (Arithmetic<T>)(object)(_double ??= CreateArithmetic<double>());
        throw new NotSupportedException($"the element type {typeof(T)} is neither float nor double");
    }

    /// <inheritdoc/>
    public override void Synchronize() => ObjectDisposedException.ThrowIf(IsDisposed, this);

    /// <summary>The arithmetic of one element type; called once for each of float and double.</summary>
    protected virtual Arithmetic<T> CreateArithmetic<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new ReferenceArithmetic<T>(this);

    /// <summary>All m distances of each query, sorted by (distance, index); the first k are the answer.</summary>
    protected override void NearestNeighborsCore(
        ReadOnlySpan<double> x, int n, ReadOnlySpan<double> y, int m, int dimension, int k, NeighborMetric metric,
        Span<int> indices, Span<double> distances, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        for (int i = 0; i < n; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var candidates = new (double Distance, int Index)[m];
            for (int j = 0; j < m; j++)
            {
                double sum = 0;
                for (int f = 0; f < dimension; f++)
                {
                    double difference = x[i * dimension + f] - y[j * dimension + f];
                    sum += metric == NeighborMetric.Manhattan ? Math.Abs(difference) : difference * difference;
                }
                candidates[j] = (sum, j);
            }
            Array.Sort(candidates);
            for (int r = 0; r < k; r++)
                (distances[i * k + r], indices[i * k + r]) = candidates[r];
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => IsDisposed = true;
}
