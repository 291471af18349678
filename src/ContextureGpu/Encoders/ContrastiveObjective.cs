namespace ContextureGpu.Encoders;

/// <summary>The spectral contrastive loss (HaoChen et al., NeurIPS 2021) of centred outputs on the whole distribution: <c>-2 tr B + tr C^2</c>.</summary>
internal sealed class ContrastiveObjective : MomentObjective
{
    public override double Evaluate(double[] c, double[] b, int d, double[] byC, double[] byB)
    {
        double squares = 0;
        for (int e = 0; e < d * d; e++)
        {
            squares += c[e] * c[e];
            byC[e] = 2 * c[e];
        }
        Identity(byB, d, -2);
        return squares - (2 * Trace(b, d));
    }
}
