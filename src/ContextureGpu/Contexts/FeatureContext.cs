using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>
/// A context that is given by its dual kernel <c>k_X(x, x') = 1 + &lt;phi(x), phi(x')&gt;</c> (theory.md section 2). There is no law of A given x: its operator maps the coordinates of a
/// vector to the function <c>g_0 + &lt;phi(x), g&gt;</c>, and <c>T T*</c> has the kernel k_X. Coordinate 0 carries the constant and has all the probability.
/// </summary>
/// <param name="onSample">[1, phi] on the sample, row-major (rows, atoms): phi has mean zero under the weights of the rows.</param>
/// <param name="at">[1, phi] at other rows.</param>
internal sealed class FeatureContext(double[] onSample, Func<ContextSample, double[]> at) : BoundContext
{
    /// <summary>The measure of coordinates: none for the constant, which is an event, 1 for the others.</summary>
    public static double[] Measures(int atoms)
    {
        var measures = new double[atoms];
        Array.Fill(measures, 1, 1, atoms - 1);
        return measures;
    }

    public override LinearOperator<T> OnSample<T>(Arithmetic<T> on) => Stored(on, onSample, Rows);

    public override LinearOperator<T> At<T>(Arithmetic<T> on, ContextSample rows, ComputeDevice device) => Stored(on, at(rows), rows.Rows);

    public override int DrawOne(int row, ref UniformDraws random) => throw new InvalidOperationException("a dual kernel has no law to draw from");

    public override bool[] Connect(DisjointSets joined, int rowNode, int atomNode, bool[] reached) => ConnectAll(joined, rowNode, atomNode, reached);

    private DenseOperator<T> Stored<T>(Arithmetic<T> on, double[] values, int rows)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T> => new(on, on.UploadMatrix<T>(values, rows, Atoms), OperatorStructure.None);
}
