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
    public override double[] AtomInputs => atoms;

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => Walk(on, sample);

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) => Walk(on, rows);

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => ConnectAll(joined, rowNode, atomNode, reached);

    private PosteriorWalk<T> Walk<T>(Arithmetic<T> on, ContextSample rows)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var kernel = new RadialKernel(RadialKernelKind.Gaussian, gamma);
        DeviceMatrix<T> a = on.UploadMatrix<T>(atoms, Atoms, sample.Dimension), evidence = on.Allocate(Atoms, 1);
        using (DeviceMatrix<T> all = Views(on, sample))
            on.KernelLogSum(kernel, a, all, null, evidence);
        return new PosteriorWalk<T>(on, kernel, Views(on, rows), rows.Rows, a, evidence);
    }

    private DeviceMatrix<T> Views<T>(Arithmetic<T> on, ContextSample rows)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        double[] values = views(rows);
        return on.UploadMatrix<T>(values, values.Length / sample.Dimension, sample.Dimension);
    }
}
