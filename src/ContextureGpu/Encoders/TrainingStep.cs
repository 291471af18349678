using System.Numerics;

namespace ContextureGpu.Encoders;

/// <summary>What one step of a training computes before the optimiser moves: the loss, and the gradients of all parameters.</summary>
internal abstract class TrainingStep<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Everything that is trained, in the order of a checkpoint.</summary>
    public abstract IReadOnlyList<Parameter<T>> Parameters { get; }

    /// <summary>What is carried from step to step besides the parameters: part of a checkpoint, written to in place when one is read.</summary>
    public abstract IReadOnlyList<double[]> State { get; }

    /// <summary>How far the covariance that is held at I was from it at the last step (<see cref="MomentObjective.ConstraintViolation"/>); null where none is held.</summary>
    public abstract double? ConstraintViolation { get; }

    /// <summary>The loss, and the gradients of all parameters.</summary>
    /// <param name="step">1, 2, ..: the place in the streams of draws, for steps that draw.</param>
    /// <param name="divergence">Looks at what is computed.</param>
    /// <param name="cancellationToken">Stops between operations; no parameter has changed then.</param>
    public abstract double LossAndGradient(long step, Divergence divergence, CancellationToken cancellationToken);

    /// <summary>Told after the optimiser has moved.</summary>
    /// <param name="step">The step, 1, 2, .. .</param>
    public abstract void Advance(long step);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
