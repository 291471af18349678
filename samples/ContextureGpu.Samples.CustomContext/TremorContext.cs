using ContextureGpu.Kernels;

namespace ContextureGpu.Samples;

/// <summary>
/// A context that is easier to draw from than to write down: the moment is shaken by a Laplacian tremor. A sampler says how a value is drawn, and how probable it is; the law on a sample, that of
/// a number of drawn values, is derived from the two. Draws are functions of their number, so that every machine draws the same.
/// </summary>
internal sealed class TremorContext(double width, int draws) : ContextSampler
{
    public override string Name => "tremor";

    public override int? Draws => draws;

    public override void Draw(ReadOnlyMemory<double> rows, int dimension, Philox random, Span<double> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double centred = random.Uniform(i) - 0.5;
            values[i] = rows.Span[i] - (width * Math.Sign(centred) * Math.Log(1 - (2 * Math.Abs(centred))));
        }
    }

    public override void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity)
    {
        for (int e = 0; e < logDensity.Length; e++)
            logDensity[e] = -Math.Abs(values.Span[e % values.Length] - rows.Span[e / values.Length]) / width;
    }
}
