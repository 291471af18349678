namespace ContextureGpu;

/// <summary>How much of a context's contexture an encoder has learned. Only the span of the centred features counts.</summary>
/// <param name="Rank">Dimension of the span, r.</param>
/// <param name="RatioTrace"><c>Tr(C^-1 B)</c> with <c>C = Cov[Phi]</c> and <c>B = Cov[T* Phi]</c>, at most <paramref name="LargestTrace"/>.</param>
/// <param name="LargestTrace"><c>s_1^2 + .. + s_r^2</c>: what an encoder of this rank reaches when it learns the contexture.</param>
/// <param name="WorstCase">Its worst-case error on compatible tasks; null where no task is compatible.</param>
public sealed record EncoderReport(int Rank, double RatioTrace, double LargestTrace, WorstCase? WorstCase)
{
    /// <summary>What is missing, not negative up to rounding and 0 exactly when the contexture is learned.</summary>
    public double TraceGap => LargestTrace - RatioTrace;
}
