namespace ContextureGpu.Encoders;

/// <summary>
/// The augmented Lagrangian of the multi-view loss under C = I: <c>(2 (tr C - tr B) + &lt;L, C - I&gt; + r/2 ||C - I||^2) / d</c>, the multipliers moved by
/// <c>r/4 (C - I)</c> after every tenth step.
/// </summary>
internal sealed class LagrangianObjective(int outputs) : MomentObjective
{
    private const double Penalty = 4;

    // Ten steps of the optimiser do not reach the minimum for given multipliers: moved by all of r (C - I) they overshoot, and the losses swing up.
    private const double MultiplierStep = Penalty / 4;
    private const int StepsBetweenUpdates = 10;

    // L.
    public override double[] State { get; } = new double[outputs * outputs];

    public override double Evaluate(double[] c, double[] b, int d, double[] byC, double[] byB)
    {
        ConstraintViolation = Deviation(c, d);
        double loss = 2 * (Trace(c, d) - Trace(b, d)) / d;
        Identity(byB, d, -2.0 / d);
        for (int e = 0; e < d * d; e++)
        {
            double violation = Missing(c, e, d);
            loss += ((State[e] * violation) + (0.5 * Penalty * violation * violation)) / d;
            byC[e] = ((e / d == e % d ? 2 : 0) + State[e] + (Penalty * violation)) / d;
        }
        return loss;
    }

    public override void Advance(long step, double[] c, int d)
    {
        for (int e = 0; step % StepsBetweenUpdates == 0 && e < d * d; e++)
            State[e] += MultiplierStep * Missing(c, e, d);
    }

    private static double Missing(double[] c, int e, int d) => c[e] - (e / d == e % d ? 1 : 0);
}
