namespace ContextureGpu.Samples;

/// <summary>
/// A kernel: how alike two moments are, whatever A may be. <c>Context.Kernel</c> takes it for the dual kernel of a context, <c>Context.Custom</c> for the weights of a random walk.
/// </summary>
internal sealed class WeekdayKernel : ContextKernel
{
    public override string Name => "weekday";

    public override void Fill(ReadOnlyMemory<double> left, ReadOnlyMemory<double> right, int dimension, Span<double> kernel)
    {
        const double Week = 7 / 365.25;
        for (int e = 0; e < kernel.Length; e++)
            kernel[e] = 1 + Math.Cos(2 * Math.PI * (left.Span[e / right.Length] - right.Span[e % right.Length]) / Week);
    }
}
