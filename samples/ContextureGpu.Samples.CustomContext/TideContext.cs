namespace ContextureGpu.Samples;

/// <summary>
/// A context that can be written down but not drawn from: moments of about the same height of the tide, which has two waves. A log-density is enough, up to an amount that depends on the row
/// alone; its candidates are the moments of the sample, which is the default.
/// </summary>
internal sealed class TideContext(double width) : ContextDensity
{
    public override string Name => "tide";

    public override void LogDensity(ReadOnlyMemory<double> values, ReadOnlyMemory<double> rows, int dimension, Span<double> logDensity)
    {
        int m = values.Length;
        for (int e = 0; e < logDensity.Length; e++)
        {
            double difference = (Height(values.Span[e % m]) - Height(rows.Span[e / m])) / width;
            logDensity[e] = -0.5 * difference * difference;
        }
    }

    private static double Height(double moment) => Math.Cos(2 * Math.PI * moment) + (0.4 * Math.Cos(2 * Math.PI * 1.03 * moment));
}
