using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// <c>2 (d - tr(C'^-1 B))</c> with <c>C' = C + r tr(C)/d I</c>: the multi-view loss of the whitened outputs, the covariance held at I exactly. Its minimum is reached where
/// the outputs span the top singular functions, <c>tr(C^-1 B) = s_1^2 + .. + s_d^2</c>; invertible linear maps of the outputs do not change it.
/// </summary>
internal sealed class WhitenedObjective(int outputs, HostLinearAlgebra host) : MomentObjective
{
    /// <summary>r: keeps the inverse within float64 where outputs are nearly dependent.</summary>
    public const double RelativeRidge = 1e-6;

    private readonly Cholesky _cholesky = new(outputs, host);
    private readonly double[] _inverse = new double[outputs * outputs], _ratio = new double[outputs * outputs], _bent = new double[outputs * outputs];

    public override double Evaluate(double[] c, double[] b, int d, double[] byC, double[] byB)
    {
        double ridge = RelativeRidge * Trace(c, d) / d;
        (double[] inverse, double[] ratio, double[] bent) = (_inverse, _ratio, _bent);
        c.CopyTo(inverse, 0);
        for (int i = 0; i < d; i++)
            inverse[(i * d) + i] += ridge;
        if (!(ridge > 0) || !_cholesky.TryInvert(inverse))
            throw new NumericalException("the covariance of the outputs is not positive: all outputs are constant");

        // The whitened covariance is I - (ridge) C'^-1, but for a rotation.
        ConstraintViolation = ridge * Math.Sqrt(TensorPrimitives.SumOfSquares<double>(inverse) / d);
        host.Multiply(inverse, Orientation.Normal, b, Orientation.Normal, ratio, d, d, d);
        host.Multiply(ratio, Orientation.Normal, inverse, Orientation.Normal, bent, d, d, d);
        // By C': 2 C'^-1 B C'^-1; the ridge follows the trace of C.
        double spread = RelativeRidge * Trace(bent, d) / d;
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < d; j++)
            {
                byC[(i * d) + j] = bent[(i * d) + j] + bent[(j * d) + i] + (i == j ? 2 * spread : 0);
                byB[(i * d) + j] = -2 * inverse[(i * d) + j];
            }
        }
        return 2 * (d - Trace(ratio, d));
    }
}
