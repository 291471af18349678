using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// A loss of two encoders, Phi of x and Psi of a, that depends on them through three moments of their d centred outputs: C, the covariance of Phi, M = <c>E[Phi(X) Psi(A)^T]</c>,
/// and E, the covariance of Psi; all (d, d), row-major, in float64 on the host.
/// </summary>
internal abstract class TowerObjective
{
    /// <summary>The value and its derivatives.</summary>
    /// <param name="moments">C, M, E.</param>
    /// <param name="d">Order.</param>
    /// <param name="by">Receives the derivatives; those by C and E are symmetric.</param>
    public abstract double Evaluate(TowerMoments moments, int d, TowerMoments by);

    /// <summary><see cref="MomentObjective.ConstraintViolation"/> of Phi.</summary>
    public abstract double? ConstraintViolation { get; }

    /// <summary>What the objective carries from step to step: part of a checkpoint.</summary>
    public virtual double[] State => [];

    /// <summary>Told after each step, 1, 2, .., with the covariance the step started from.</summary>
    public virtual void Advance(long step, double[] c, int d)
    {
    }

    /// <summary><c>E ||Phi(X) - Psi(A)||^2</c> with the covariance of Phi held as the options say.</summary>
    public static TowerObjective Create(EncoderOptions options, HostLinearAlgebra host) => options.Constraint switch
    {
        CovarianceConstraint.VicReg => new PenalizedTowers(new VicRegObjective(), VicRegObjective.Invariance),
        CovarianceConstraint.Lagrangian => new PenalizedTowers(new LagrangianObjective(options.EffectiveOutputs), 1),
        _ => new WhitenedTowers(options.EffectiveOutputs, host),
    };
}

/// <summary>C, M and E of two encoders, or the derivatives by them.</summary>
internal sealed record TowerMoments(double[] C, double[] M, double[] E)
{
    /// <summary>Zeros.</summary>
    public TowerMoments(int d)
        : this(new double[d * d], new double[d * d], new double[d * d])
    {
    }
}

/// <summary>
/// <c>E ||W Phi - Psi||^2 = d - 2 tr(W M) + tr E</c> with <c>W = L^-1</c> of the Cholesky factor of <c>C + r tr(C)/d I</c>: the covariance of W Phi is I. With
/// <c>G = (W M)^T</c> and S its lower triangle mirrored, the derivative by C is <c>W^T S W</c> (Murray, "Differentiation of the Cholesky decomposition", 2016, section 3).
/// </summary>
internal sealed class WhitenedTowers(int outputs, HostLinearAlgebra host) : TowerObjective
{
    private readonly Cholesky _cholesky = new(outputs, host);
    private readonly double[] _ridged = new double[outputs * outputs];
    private double _ridge;
    private double[] _whitening = [];

    // The whitened covariance is I - (ridge) W W^T; a product that is not computed for those who do not ask.
    public override double? ConstraintViolation
    {
        get
        {
            int d = (int)Math.Sqrt(_whitening.Length);
            var gram = new double[d * d];
            host.Multiply(_whitening, Orientation.Normal, _whitening, Orientation.Transposed, gram, d, d, d);
            return _ridge * Math.Sqrt(TensorPrimitives.SumOfSquares<double>(gram) / d);
        }
    }

    public override double Evaluate(TowerMoments moments, int d, TowerMoments by)
    {
        double ridge = WhitenedObjective.RelativeRidge * MomentObjective.Trace(moments.C, d) / d;
        double[] c = _ridged;
        moments.C.CopyTo(c, 0);
        for (int i = 0; i < d; i++)
            c[(i * d) + i] += ridge;
        double[] w = (ridge > 0 ? _cholesky.InverseFactor(c) : null) ?? throw new NumericalException("the covariance of the outputs is not positive: all outputs are constant");
        (_ridge, _whitening) = (ridge, w);
        double[] whitened = new double[d * d], mirrored = new double[d * d], half = new double[d * d];
        host.Multiply(w, Orientation.Normal, moments.M, Orientation.Normal, whitened, d, d, d);
        for (int i = 0; i < d; i++)
        {
            for (int j = 0; j <= i; j++)
                mirrored[(i * d) + j] = mirrored[(j * d) + i] = whitened[(j * d) + i];
        }
        host.Multiply(w, Orientation.Transposed, mirrored, Orientation.Normal, half, d, d, d);
        host.Multiply(half, Orientation.Normal, w, Orientation.Normal, by.C, d, d, d);
        double spread = WhitenedObjective.RelativeRidge * MomentObjective.Trace(by.C, d) / d;
        for (int i = 0; i < d; i++)
        {
            by.C[(i * d) + i] += spread;
            for (int j = 0; j < d; j++)
                by.M[(i * d) + j] = -2 * w[(j * d) + i];
        }
        MomentObjective.Identity(by.E, d, 1);
        return d - (2 * MomentObjective.Trace(whitened, d)) + MomentObjective.Trace(moments.E, d);
    }
}

/// <summary><c>k E ||Phi - Psi||^2 / d</c> and the part of an objective of one network that is left where B = C: its penalties on C.</summary>
internal sealed class PenalizedTowers(MomentObjective penalties, double weight) : TowerObjective
{
    public override double? ConstraintViolation => penalties.ConstraintViolation;

    public override double[] State => penalties.State;

    public override void Advance(long step, double[] c, int d) => penalties.Advance(step, c, d);

    public override double Evaluate(TowerMoments moments, int d, TowerMoments by)
    {
        var byB = new double[d * d];
        double loss = penalties.Evaluate(moments.C, moments.C, d, by.C, byB);
        for (int e = 0; e < d * d; e++)
            by.C[e] += byB[e] + (e / d == e % d ? weight / d : 0);
        MomentObjective.Identity(by.M, d, -2 * weight / d);
        MomentObjective.Identity(by.E, d, weight / d);
        return loss + (weight * (MomentObjective.Trace(moments.C, d) - (2 * MomentObjective.Trace(moments.M, d)) + MomentObjective.Trace(moments.E, d)) / d);
    }
}
