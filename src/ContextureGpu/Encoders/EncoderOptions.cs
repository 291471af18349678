using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>What an encoder is trained to minimise. All of them learn the span of the top singular functions of the context (Zhai, "Contextures", 2025, chapter 3).</summary>
public enum Objective
{
    /// <summary><c>E ||Psi(A) - Psi(A+)||^2</c> over two draws for the same x, the covariance of Psi held at I; the encoder of x is <c>E[Psi(A) | x]</c>.</summary>
    MultiView,

    /// <summary>
    /// Spectral contrastive loss <c>E[-2 &lt;Psi(A), Psi(A+)&gt; + &lt;Psi(A), Psi(A-)&gt;^2]</c> of centred Psi (HaoChen et al. 2021); it needs no constraint.
    /// The encoder of x is <c>E[Psi(A) | x]</c>.
    /// </summary>
    Contrastive,

    /// <summary>
    /// Squared error of the best linear prediction of A's indicators from Phi(X): for labels, regression on classes. It learns the top eigenfunctions of <c>T Lambda T*</c>,
    /// <c>Lambda = diag(P_A)</c>, which favours classes that are common. The encoder is the network on x itself.
    /// </summary>
    Supervised,

    /// <summary>
    /// The same with each indicator weighted by <c>P_A^(-1/2)</c>: class-balanced regression. The weights remove Lambda. The encoder is the network on x itself.
    /// </summary>
    SupervisedBalanced,

    /// <summary>
    /// <c>E ||Phi(X) - Psi(A)||^2</c> of two networks, the covariance of Phi held at I. The encoder is Phi; Psi, which is given values of A, helps in training alone.
    /// </summary>
    Svme,

    /// <summary>
    /// Twice <c>||Phi||^2 - &lt;Phi, T_k Phi&gt;</c> with the integral operator <c>T_k = T T*</c> of the dual kernel, the covariance of Phi held at I. The encoder is the network on x
    /// itself.
    /// </summary>
    Kise,

    /// <summary>
    /// Squared error of the best linear prediction of the inputs of X from Psi(A), as in denoising and masked autoencoders. It learns the top eigenfunctions of <c>T* Lambda T</c>,
    /// Lambda the linear kernel of the inputs: no more features than inputs. The encoder of x is <c>E[Psi(A) | x]</c>.
    /// </summary>
    Denoising,

    /// <summary>
    /// <c>E ||Phi(U) - Phi(V)||^2</c> over the steps of a reversible walk, the covariance of Phi held at I: the top eigenfunctions of T by their signed eigenvalues, as in Laplacian
    /// eigenmaps. The encoder is the network on x itself.
    /// </summary>
    Graph,
}

/// <summary>How the covariance of the outputs is held at I.</summary>
public enum CovarianceConstraint
{
    /// <summary>Exactly: the outputs are whitened by the Cholesky factor of their covariance, through which the gradient passes; the ratio trace is maximised.</summary>
    Whiten,

    /// <summary>By penalties: a hinge on standard deviations below 1, and squared covariances (Bardes et al., "VICReg", ICLR 2022; weights 25, 25, 1).</summary>
    VicReg,

    /// <summary>By an augmented Lagrangian (Nocedal and Wright, "Numerical optimization", 2006, section 17.3), the multipliers updated every ten steps.</summary>
    Lagrangian,
}

/// <summary>How an encoder is trained. The defaults are those of the published experiments where these name them.</summary>
public sealed record EncoderOptions
{
    /// <summary>Features d, at least 1.</summary>
    public int Dimension { get; init; } = 128;

    /// <summary>Trained outputs d_1, at least d; null for 4 d. Networks collapse in rank, so more outputs are trained than features are kept.</summary>
    public int? Outputs { get; init; }

    /// <summary>Units of a hidden layer, at least 1.</summary>
    public int Width { get; init; } = 512;

    /// <summary>Hidden layers, 0 .. 100; 0 trains a linear encoder.</summary>
    public int Depth { get; init; } = 3;

    /// <summary>Activation of the hidden layers.</summary>
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>Whether a hidden layer adds its input to its output, through a linear map where their widths differ.</summary>
    public bool SkipConnections { get; init; } = true;

    /// <summary>Whether what a hidden layer's activation is given is normalised over its units, with a trained gain and shift; such layers have at least 2 units.</summary>
    public bool LayerNorm { get; init; }

    /// <summary>What is minimised.</summary>
    public Objective Objective { get; init; }

    /// <summary>How the covariance is held; the contrastive objective needs no constraint and ignores it.</summary>
    public CovarianceConstraint Constraint { get; init; }

    /// <summary>Times that as many pairs are seen as there are rows, at least 1; without batches, steps.</summary>
    public int Epochs { get; init; } = 200;

    /// <summary>
    /// Pairs of a step, at least 2 and at most as many as rows, drawn from the context with replacement; null for steps over all rows, in which the operator of the context is
    /// applied exactly. Covariances are running averages over the batches of the last <c>64 d_1</c> points: they lag by half of these, and an inverse of theirs is too large by
    /// about a sixty-fourth; by more where a batch has many draws for few rows.
    /// </summary>
    public int? Batch { get; init; }

    /// <summary>
    /// Points of each pair of a batch, at least 2: for the same x so many values of A, or for the same a so many rows where the encoder is on x. k points cost the networks k / 2 times as much as two
    /// and make k (k - 1) / 2 pairs, so that the weak end of the spectrum stands out of the noise sooner; the mean over pairs is the same. More than 2 are for the objectives that have two points
    /// of one kind: multi-view, contrastive, class-balanced supervised and KISE.
    /// </summary>
    public int Draws { get; init; } = 2;

    /// <summary>Largest learning rate, positive and finite.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decoupled weight decay of the weights, not of the biases; not negative.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Steps in which the learning rate rises to its largest value, before it falls along a cosine to 0; at least 0 and below their number; null for a twentieth of them, at most 20.</summary>
    public int? WarmUp { get; init; }

    /// <summary>Largest Euclidean norm of the gradient over all parameters, positive; null for none.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>The type that networks and large data are computed in; covariances and what follows from them are in float64 in either case.</summary>
    public ElementPrecision Precision { get; init; }

    /// <summary>Key of all draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>A file that the state of the training is written to, every <see cref="CheckpointEvery"/> steps and when it is cancelled; null for none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Steps between two checkpoints, at least 1.</summary>
    public int CheckpointEvery { get; init; } = 50;

    /// <summary>Whether to go on from the checkpoint: on the same device the result is the same, to the bit, as without the interruption.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether the network is to be exported afterwards, so that a training whose network takes no rows is refused before its first step.</summary>
    internal bool Exported { get; init; }

    internal int EffectiveOutputs => Outputs ?? checked(4 * Dimension);

    /// <summary>Steps of an epoch on so many rows.</summary>
    internal int StepsPerEpoch(int rows) => Batch is int pairs ? (rows + pairs - 1) / pairs : 1;

    /// <summary>Steps on so many rows.</summary>
    internal int Steps(int rows) => checked(Epochs * StepsPerEpoch(rows));

    /// <summary>Learning rate of step 1, 2, .. of so many.</summary>
    internal double Rate(long step, int steps)
    {
        int rise = WarmUp ?? Math.Min(20, steps / 20);
        if (step <= rise)
            return LearningRate * step / rise;
        return LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (step - 1 - rise) / (steps - rise)));
    }

    /// <summary>Refuses what does not fit so many rows.</summary>
    internal void CheckFor(int rows)
    {
        if (Batch is int pairs && (pairs < 2 || pairs > rows))
            throw new InputException($"a batch has {pairs} pairs; it must have at least 2 and at most as many as there are rows, {rows}");
        if ((long)Epochs * StepsPerEpoch(rows) > int.MaxValue)
            throw new InputException($"{Epochs} epochs of {StepsPerEpoch(rows)} steps are more than {int.MaxValue} steps");
        if (WarmUp is { } rise && (rise < 0 || rise >= Steps(rows)))
            throw new InputException($"the warm-up takes {rise} steps; it must take at least 0 and fewer than the {Steps(rows)} of the training");
    }

    internal void Check()
    {
        AtLeast(Dimension, 1, "the dimension");
        AtLeast(Width, 1, "the width");
        AtLeast(Epochs, 1, "the number of epochs");
        AtLeast(CheckpointEvery, 1, "the number of steps between checkpoints");
        AtLeast(Draws, 2, "the number of draws");
        if (Draws > 2 && Batch is null)
            throw new InputException($"there are {Draws} draws and no batches; steps over all rows draw nothing");
        if (Draws > 2 && Objective is Objective.Supervised or Objective.Denoising or Objective.Graph or Objective.Svme)
            throw new InputException($"there are {Draws} draws; the objective {Objective} has pairs of a row and a value of A, of 2 draws each");
        if (LayerNorm && Width < 2)
            throw new InputException("a layer of 1 unit would be normalised to 0; layer normalisation needs a width of at least 2");
        if (Depth is < 0 or > 100)
            throw new InputException($"the depth is {Depth}; it must lie between 0 and 100");
        if (Outputs is { } outputs && outputs < Dimension)
            throw new InputException($"{outputs} outputs are trained; at least as many as features ({Dimension}) are needed");
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
            throw new InputException($"the learning rate is {LearningRate}; it must be positive and finite");
        if (!(WeightDecay >= 0 && double.IsFinite(WeightDecay)))
            throw new InputException($"the weight decay is {WeightDecay}; it must be finite and not negative");
        if (ClipNorm is { } norm && !(norm > 0))
            throw new InputException($"the norm that gradients are clipped to is {norm}; it must be positive");
        if (!Enum.IsDefined(Activation) || !Enum.IsDefined(Objective) || !Enum.IsDefined(Constraint) || !Enum.IsDefined(Precision))
            throw new InputException("an activation, an objective, a constraint or a precision is none of those that there are");
        if (Resume && Checkpoint is null)
            throw new InputException("a training can be resumed from a checkpoint only, and no checkpoint file was named");
    }

    private static void AtLeast(int value, int least, string what)
    {
        if (value < least)
            throw new InputException($"{what} is {value}; it must be at least {least}");
    }
}

/// <summary>How far a training has come.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Value of the objective at the last step.</param>
/// <param name="LearningRate">Learning rate of the last step.</param>
/// <param name="StepsPerSecond">Speed since the start or the resumption.</param>
public readonly record struct TrainingProgress(int Step, int Steps, double Loss, double LearningRate, double StepsPerSecond)
{
    /// <summary>
    /// <c>||C - I|| / d_1^(1/2)</c> at the last step, C the covariance of the outputs that is held at I: for penalties and multipliers that of the outputs themselves, for whitening that of the whitened
    /// outputs, whose square is about the share of outputs that have collapsed. Null for the contrastive objective, which holds none.
    /// </summary>
    public double? ConstraintViolation { get; init; }

    /// <summary>An estimate of the time left, at the speed so far; null where that is not known.</summary>
    public TimeSpan? Remaining => StepsPerSecond > 0 && double.IsFinite((Steps - Step) / StepsPerSecond) ? TimeSpan.FromSeconds((Steps - Step) / StepsPerSecond) : null;
}
