using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>A number measured several times with different draws.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="StandardError">Of the mean; 0 where it was measured once.</param>
internal readonly record struct Repeated(double Mean, double StandardError)
{
    /// <summary>Of at least one value.</summary>
    public static Repeated Of(IReadOnlyList<double> values)
    {
        double mean = values.Average(), squares = values.Sum(v => (v - mean) * (v - mean));
        return new Repeated(mean, values.Count > 1 ? Math.Sqrt(squares / (values.Count - 1) / values.Count) : 0);
    }

    /// <summary>Whether the other is larger by more than two standard errors of the difference.</summary>
    public bool IsBelow(Repeated other) => Mean + (2 * Math.Sqrt((StandardError * StandardError) + (other.StandardError * other.StandardError))) < other.Mean;

    /// <summary>A line over <paramref name="positions"/> with a band of one standard error.</summary>
    public static PlotLine Curve(string name, IReadOnlyList<double> positions, IReadOnlyList<Repeated> values) => new(name, [.. positions.Select((x, i) => (x, values[i].Mean))])
    {
        Band = [.. values.Select(v => (v.Mean - v.StandardError, v.Mean + v.StandardError))],
        Marks = PointMarks.Dots,
    };

    /// <inheritdoc/>
    public override string ToString() => Invariant($"{Mean:g3} ± {StandardError:g2}");
}
