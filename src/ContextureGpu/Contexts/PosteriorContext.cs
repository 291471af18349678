using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>
/// A is a view of x with Gaussian noise, made finite by M values a_m that were drawn (theory.md section 2): P(a_m | x) is proportional to
/// <c>p(a_m | x) / sum_l p(a_m | x_l)</c>, x_l the rows of the sample, with <c>p(a | x)</c> the average over the views v of <c>exp(-gamma ||a - v(x)||^2)</c>.
/// </summary>
/// <param name="gamma">1 / (2 sigma^2).</param>
/// <param name="views">All views of some rows, one below the other: row-major (views x rows, dimension).</param>
/// <param name="sample">The sample.</param>
/// <param name="atoms">a_m, row-major (M, dimension).</param>
internal sealed class PosteriorContext(double gamma, Func<ContextSample, double[]> views, ContextSample sample, double[] atoms) : BoundContext
{
    // All views of the sample and the log-evidence of each value, on the host; nobody draws: nobody computes them.
    private readonly Lazy<(double[] Views, double[] LogEvidence)> _forDraws = new(() => Evidence(gamma, views(sample), sample.Rows, sample.Dimension, atoms));

    public override double[] AtomInputs => atoms;

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => Walk(on, sample);

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) => Walk(on, rows);

    public override int DrawOne(int row, ref UniformDraws random)
    {
        (double[] seen, double[] logEvidence) = _forDraws.Value;
        return random.ChooseByLog(Atoms, a => LogDensity(seen, row, a) - logEvidence[a]);
    }

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => ConnectAll(joined, rowNode, atomNode, reached);

    private PosteriorWalk<T> Walk<T>(Arithmetic<T> on, ContextSample rows)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        double[] seen = views(sample);
        PointUnit unit = PointUnit.Of(seen, atoms);
        RadialKernel kernel = unit.Of(new RadialKernel(RadialKernelKind.Gaussian, gamma));
        DeviceMatrix<T> a = unit.Upload(on, atoms, Atoms, sample.Dimension), evidence = on.Allocate(Atoms, 1);
        using (DeviceMatrix<T> all = unit.Upload(on, seen, sample.Rows, sample.Dimension))
            on.KernelLogSum(kernel, a, all, null, evidence);
        return new PosteriorWalk<T>(on, kernel, unit.Upload(on, ReferenceEquals(rows, sample) ? seen : views(rows), rows.Rows, sample.Dimension), rows.Rows, a, evidence);
    }

    private double LogDensity(double[] seen, int row, int atom) => LogDensity(gamma, seen, sample.Rows, sample.Dimension, atoms, row, atom);

    private static (double[], double[]) Evidence(double gamma, double[] seen, int rows, int d, double[] atoms)
    {
        var evidence = new double[atoms.Length / d];
        Parallel.For(0, evidence.Length, a =>
        {
            double largest = double.NegativeInfinity, sum = 0;
            var logs = new double[rows];
            for (int i = 0; i < rows; i++)
                largest = Math.Max(largest, logs[i] = LogDensity(gamma, seen, rows, d, atoms, i, a));
            foreach (double log in logs)
                sum += Math.Exp(log - largest);
            evidence[a] = largest + Math.Log(sum);
        });
        return (seen, evidence);
    }

    // log of the sum over the views v of exp(-gamma ||a - v(x)||^2).
    private static double LogDensity(double gamma, double[] seen, int rows, int d, double[] atoms, int row, int atom)
    {
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, gamma);
        double largest = double.NegativeInfinity, sum = 0;
        for (int start = row * d; start < seen.Length; start += rows * d)
        {
            double log = LogKernel(kernel, seen.AsSpan(start, d), atoms.AsSpan(atom * d, d));
            if (log > largest)
                (sum, largest) = ((sum * Math.Exp(largest - log)) + 1, log);
            else
                sum += Math.Exp(log - largest);
        }
        return largest + Math.Log(sum);
    }
}
