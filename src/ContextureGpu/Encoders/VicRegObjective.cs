namespace ContextureGpu.Encoders;

/// <summary>
/// VICReg (Bardes, Ponce and LeCun, ICLR 2022, equations 1 to 6) on the whole distribution: <c>(l 2 (tr C - tr B) + m sum_j max(0, 1 - sqrt(C_jj + e)) + n sum_(i != j) C_ij^2) / d</c>
/// with l = m = 25 and n = 1; <c>2 (tr C - tr B) = E ||Psi(A) - Psi(A+)||^2</c>.
/// </summary>
internal sealed class VicRegObjective : MomentObjective
{
    /// <summary>l.</summary>
    public const double Invariance = 25;

    private const double Variance = 25, Covariance = 1, Epsilon = 1e-4;

    public override double Evaluate(double[] c, double[] b, int d, double[] byC, double[] byB)
    {
        ConstraintViolation = Deviation(c, d);
        double loss = 2 * Invariance * (Trace(c, d) - Trace(b, d)) / d;
        Identity(byB, d, -2 * Invariance / d);
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j < d; j++)
            {
                double value = c[(i * d) + j];
                if (i != j)
                {
                    loss += Covariance * value * value / d;
                    byC[(i * d) + j] = 2 * Covariance * value / d;
                    continue;
                }
                double deviation = Math.Sqrt(value + Epsilon), missing = 1 - deviation;
                loss += Variance * Math.Max(0, missing) / d;
                byC[(i * d) + i] = (2 * Invariance - (missing > 0 ? 0.5 * Variance / deviation : 0)) / d;
            }
        }
        return loss;
    }
}
