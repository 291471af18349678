using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>Kernels whose scale is that of each row's neighbourhood.</summary>
internal static class LocalScaleBinding
{
    // Below this, in the unit of the sample, a squared distance is none: the scale would leave the range of float32.
    private const double Nearest = 1e-60;

    public static LocallyScaledRadialContext Bind(LocallyScaledContext local, ContextSample sample, ComputeDevice device, CancellationToken cancellationToken)
    {
        if (local.Neighbor > sample.Rows - 1)
            throw new InputException($"{local}: k is {local.Neighbor}, but there are {sample.Rows} rows; at most {sample.Rows - 1} other rows exist");
        double[] scale = Scales(local, sample, sample, device, cancellationToken);
        return new LocallyScaledRadialContext(local.Kind, sample, scale, (rows, on) => Scales(local, sample, rows, on, CancellationToken.None))
        {
            Rows = sample.Rows,
            Atoms = sample.Rows,
            Space = BoundContext.SampleSpace,
        };
    }

    // 1 / sqrt(tau). A row of the sample is no neighbour of itself; of a new row, no row of the sample that equals it is the first one.
    private static double[] Scales(LocallyScaledContext local, ContextSample sample, ContextSample rows, ComputeDevice device, CancellationToken cancellationToken)
    {
        int n = rows.Rows, k = local.Neighbor, width = k + 1;
        if ((long)n * width > Array.MaxLength)
            throw new InputException($"{local}: {n} rows with {width} neighbours each are {(long)n * width}; at most {Array.MaxLength} can be held");
        int[] found = new int[n * width];
        double[] distances = new double[found.Length], scale = new double[n];
        double nearest = PointUnit.Of(sample.Values).FromDistance(Nearest, local.Kind);
        NeighborMetric metric = local.Kind == RadialKernelKind.Laplacian ? NeighborMetric.Manhattan : NeighborMetric.Euclidean;
        device.NearestNeighbors(rows.Values, sample.Values, sample.Dimension, width, metric, found, distances, cancellationToken);
        for (int i = 0; i < n; i++)
        {
            double tau = distances[(i * width) + (distances[i * width] == 0 ? k : k - 1)];
            if (!(tau > nearest && double.IsFinite(tau)))
                throw Refusal(local, sample, i, tau, tau <= nearest);
            scale[i] = 1 / Math.Sqrt(tau);
        }
        return scale;
    }

    private static InputException Refusal(LocallyScaledContext local, ContextSample sample, int row, double tau, bool isNone)
    {
        string found = $"{local}: neighbour {local.Neighbor} of row {row} (counted from 0) is at a distance of {Math.Sqrt(tau)}, which is no scale";
        if (!isNone)
            return new InputException(found);
        int most = LargestCopies(sample);
        return new InputException(most > local.Neighbor
            ? $"{found}: up to {most} rows are equal; take k={most} or above"
            : $"{found}; take a larger k");
    }

    // The largest number of rows with the same inputs.
    private static int LargestCopies(ContextSample sample)
    {
        int[] order = [.. Enumerable.Range(0, sample.Rows)];
        Array.Sort(order, (a, b) => sample.Row(a).SequenceCompareTo(sample.Row(b)));
        int most = 1;
        for (int i = 1, run = 1; i < order.Length; i++)
        {
            run = sample.Row(order[i]).SequenceEqual(sample.Row(order[i - 1])) ? run + 1 : 1;
            most = Math.Max(most, run);
        }
        return most;
    }
}

/// <summary>A is a row of the sample, with probability proportional to a radial kernel whose sums are multiplied by a scale of either row.</summary>
/// <param name="kind">The kernel; its gamma is 1.</param>
/// <param name="sample">The sample.</param>
/// <param name="scale">Scales of its rows.</param>
/// <param name="scaleOf">Scales of other rows.</param>
internal sealed class LocallyScaledRadialContext(RadialKernelKind kind, ContextSample sample, double[] scale, Func<ContextSample, ComputeDevice, double[]> scaleOf) : BoundContext
{
    private readonly RadialKernel _kernel = new(kind, 1);
    private readonly PointUnit _unit = PointUnit.Of(sample.Values);

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on)
    {
        ScaledPoints<T> points = Points(on, sample, scale);
        return new ScaledKernelWalk<T>(on, _kernel, points, points, sample.Mass);
    }

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) =>
        new ScaledKernelWalk<T>(on, _kernel, Points(on, rows, scaleOf(rows, device)), Points(on, sample, scale), sample.Mass);

    public override int DrawOne(int row, ref UniformDraws random)
    {
        double own = scale[row];
        return random.ChooseByLog(Atoms, a =>
        {
            double factor = own * scale[a], log = LogKernel(_kernel, sample.Row(row), sample.Row(a));
            return (log * (kind == RadialKernelKind.Exponential ? Math.Sqrt(factor) : factor)) + (sample.Mass is { } mass ? Math.Log(mass[a]) : 0);
        });
    }

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => ConnectAll(joined, rowNode, atomNode, reached);

    private ScaledPoints<T> Points<T>(Arithmetic<T> on, ContextSample rows, double[] scale)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> => new(_unit.Upload(on, rows), on.UploadColumn<T>(_unit.OfLocalScales(scale, kind)));
}
