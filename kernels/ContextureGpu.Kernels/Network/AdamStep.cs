namespace ContextureGpu.Kernels;

/// <summary>
/// One step of AdamW (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2). With g the gradient times <see cref="GradientScale"/>:
/// <c>m = b1 m + (1 - b1) g</c>, <c>v = b2 v + (1 - b2) g^2</c>, <c>p = (1 - rate decay) p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)</c>.
/// </summary>
/// <param name="Number">t, at least 1.</param>
/// <param name="Rate">Learning rate, finite, not negative.</param>
public readonly record struct AdamStep(long Number, double Rate)
{
    /// <summary>b1, in [0, 1).</summary>
    public double FirstDecay { get; init; } = 0.9;

    /// <summary>b2, in [0, 1).</summary>
    public double SecondDecay { get; init; } = 0.999;

    /// <summary>epsilon, positive.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight decay, not negative.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Factor of the gradient, finite: what clipping its norm leaves.</summary>
    public double GradientScale { get; init; } = 1;

    /// <summary><c>1 - rate decay</c>.</summary>
    internal double Shrink => 1 - (Rate * WeightDecay);

    /// <summary><c>rate / (1 - b1^t)</c>.</summary>
    internal double CorrectedRate => Rate / (1 - Math.Pow(FirstDecay, Number));

    /// <summary><c>1 / sqrt(1 - b2^t)</c>.</summary>
    internal double RootCorrection => 1 / Math.Sqrt(1 - Math.Pow(SecondDecay, Number));

    /// <summary>Refuses steps outside their ranges.</summary>
    internal void Check()
    {
        if (Number < 1)
            throw new ArgumentException($"the number of the step is {Number}; it must be at least 1", nameof(Number));
        if (!(Rate >= 0 && double.IsFinite(Rate) && WeightDecay >= 0 && double.IsFinite(WeightDecay) && double.IsFinite(GradientScale) && Epsilon > 0 && double.IsFinite(Epsilon)))
            throw new ArgumentException($"the rate ({Rate}), the weight decay ({WeightDecay}), the factor of the gradient ({GradientScale}) and epsilon ({Epsilon}) must be finite and in their ranges");
        if (!(FirstDecay is >= 0 and < 1 && SecondDecay is >= 0 and < 1))
            throw new ArgumentException($"the decays are {FirstDecay} and {SecondDecay}; both must lie in [0, 1)");
    }
}
