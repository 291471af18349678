namespace ContextureGpu.Encoders;

/// <summary>Stops a training that has lost its way, with advice.</summary>
/// <param name="options">The training.</param>
/// <param name="losses">Its losses so far.</param>
internal sealed class Divergence(EncoderOptions options, IReadOnlyList<double> losses)
{
    /// <summary>A loss so many times above the first one, in size, will not come back.</summary>
    private const double Explosion = 1e6;

    /// <summary>Refuses moments that are not finite.</summary>
    /// <exception cref="NumericalException">One is not.</exception>
    public void CheckMoments(params ReadOnlySpan<double[]> moments)
    {
        foreach (double[] moment in moments)
        {
            if (!moment.All(double.IsFinite))
                throw Diverged("the outputs of the network are no longer finite");
        }
    }

    /// <summary>Refuses a loss that is not finite or has exploded.</summary>
    /// <exception cref="NumericalException">It has.</exception>
    public void CheckLoss(double loss)
    {
        if (!double.IsFinite(loss) || (losses.Count > 0 && Math.Abs(loss) > Explosion * (1 + Math.Abs(losses[0]))))
            throw Diverged($"the loss is {loss:g3}");
    }

    /// <summary>Refuses a gradient whose norm is not finite; null is not known.</summary>
    /// <exception cref="NumericalException">It is not.</exception>
    public void CheckNorm(double? norm)
    {
        if (norm is { } value && !double.IsFinite(value))
            throw Diverged($"the norm of the gradient is {value}");
    }

    private NumericalException Diverged(string what) => new(
        $"the training diverged at step {losses.Count + 1}: {what}; a lower learning rate than {options.LearningRate}, clipping the gradient, or whitening as the constraint would help");
}
