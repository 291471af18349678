using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// A loss that depends on an encoder through two moments of its d centred outputs only: <c>C</c>, their covariance, and <c>B</c>, the covariance of what the context's
/// operator makes of them. Both are (d, d), symmetric, in float64 on the host.
/// </summary>
internal abstract class MomentObjective
{
    /// <summary>The value, and its derivatives by C and by B, which are symmetric.</summary>
    /// <param name="c">C, row-major.</param>
    /// <param name="b">B, row-major.</param>
    /// <param name="d">Order.</param>
    /// <param name="byC">Receives the derivative by C.</param>
    /// <param name="byB">Receives the derivative by B.</param>
    public abstract double Evaluate(double[] c, double[] b, int d, double[] byC, double[] byB);

    /// <summary>
    /// <c>||C - I||</c> over the root of d at the last evaluation, C the covariance that is held at I: 0 where it is held exactly, 1 where all outputs are constant; null where none is held.
    /// </summary>
    public double? ConstraintViolation { get; protected set; }

    /// <summary>What the objective carries from step to step: part of a checkpoint.</summary>
    public virtual double[] State => [];

    /// <summary>Told after each step, 1, 2, .., with the covariance the step started from.</summary>
    public virtual void Advance(long step, double[] c, int d)
    {
    }

    /// <summary>The objective of a training.</summary>
    public static MomentObjective Create(EncoderOptions options, HostLinearAlgebra host) => (options.Objective, options.Constraint) switch
    {
        (Objective.Contrastive, _) => new ContrastiveObjective(),
        (_, CovarianceConstraint.VicReg) => new VicRegObjective(),
        (_, CovarianceConstraint.Lagrangian) => new LagrangianObjective(options.EffectiveOutputs),
        _ => new WhitenedObjective(options.EffectiveOutputs, host),
    };

    /// <summary><c>||X - I|| / d^(1/2)</c> in the norm of Frobenius.</summary>
    public static double Deviation(double[] x, int d)
    {
        double sum = 0;
        for (int e = 0; e < d * d; e++)
        {
            double difference = x[e] - (e / d == e % d ? 1 : 0);
            sum += difference * difference;
        }
        return Math.Sqrt(sum / d);
    }

    /// <summary>tr X.</summary>
    public static double Trace(double[] x, int d)
    {
        double sum = 0;
        for (int i = 0; i < d; i++)
            sum += x[(i * d) + i];
        return sum;
    }

    /// <summary>Writes <paramref name="value"/> times the identity.</summary>
    public static void Identity(double[] x, int d, double value)
    {
        Array.Clear(x);
        for (int i = 0; i < d; i++)
            x[(i * d) + i] = value;
    }
}
