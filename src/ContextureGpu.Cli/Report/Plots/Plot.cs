using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>What a plot shows; <see cref="PlotDrawing"/> draws it.</summary>
/// <param name="Title">Says in a few words what is seen.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Series">What is drawn, the first at the bottom.</param>
internal sealed record Plot(string Title, PlotAxis X, PlotAxis Y, IReadOnlyList<PlotSeries> Series)
{
    /// <summary>The plot in words, for readers who do not see it: the names, numbers and ranges of its series.</summary>
    public string Description => string.Join("; ", Series.Select(series => series.Describe(X.Title, Y.Title)));
}

/// <summary>How an axis maps values to places.</summary>
internal enum AxisScale
{
    /// <summary>In proportion.</summary>
    Linear,

    /// <summary>By their logarithms; values that are not positive are left out.</summary>
    Logarithmic,
}

/// <summary>An axis.</summary>
/// <param name="Title">The quantity.</param>
/// <param name="Scale">How values become places.</param>
internal sealed record PlotAxis(string Title, AxisScale Scale = AxisScale.Linear);

/// <summary>Something drawn in one plot under one name.</summary>
internal abstract record PlotSeries(string Name)
{
    /// <summary>The series in words.</summary>
    public abstract string Describe(string x, string y);

    private protected static string Range(string axis, IEnumerable<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values.Where(double.IsFinite))
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return low > high ? $"{axis} without values" : string.Create(CultureInfo.InvariantCulture, $"{axis} from {low:g4} to {high:g4}");
    }
}

/// <summary>Points joined by a line, and the band around it where there is one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Points">The points in order; where a value is not finite the line is broken.</param>
internal sealed record PlotLine(string Name, IReadOnlyList<(double X, double Y)> Points) : PlotSeries(Name)
{
    /// <summary>Lower and upper edge at each point, or null.</summary>
    public IReadOnlyList<(double Low, double High)>? Band { get; init; }

    /// <summary>Whether the points are marked as well.</summary>
    public PointMarks Marks { get; init; }

    /// <inheritdoc/>
    public override string Describe(string x, string y) =>
        $"{Name}: a line of {Points.Count} points, {Range(x, Points.Select(p => p.X))}, {Range(y, Points.Select(p => p.Y))}{(Band is null ? "" : ", with a band")}";
}

/// <summary>Whether a line shows its points.</summary>
internal enum PointMarks
{
    /// <summary>The line only.</summary>
    None,

    /// <summary>A dot at each point.</summary>
    Dots,
}

/// <summary>Points of one colour.</summary>
internal sealed record PlotPoints(string Name, IReadOnlyList<(double X, double Y)> Points) : PlotSeries(Name)
{
    /// <inheritdoc/>
    public override string Describe(string x, string y) => $"{Name}: {Points.Count} points, {Range(x, Points.Select(p => p.X))}, {Range(y, Points.Select(p => p.Y))}";
}

/// <summary>Points coloured by a value each.</summary>
/// <param name="Name">The quantity that the colours show.</param>
/// <param name="Points">Where they are.</param>
/// <param name="Values">The value of each point; points whose value is not finite are left out.</param>
internal sealed record PlotValues(string Name, IReadOnlyList<(double X, double Y)> Points, IReadOnlyList<double> Values) : PlotSeries(Name)
{
    /// <inheritdoc/>
    public override string Describe(string x, string y) =>
        $"{Points.Count} points, {Range(x, Points.Select(p => p.X))}, {Range(y, Points.Select(p => p.Y))}, coloured by {Range(Name, Values)}";
}

/// <summary>A bar from 0 at each of the positions 1, 2, ...; the vertical axis is linear.</summary>
internal sealed record PlotBars(string Name, IReadOnlyList<double> Values) : PlotSeries(Name)
{
    /// <inheritdoc/>
    public override string Describe(string x, string y) => $"{Name}: {Values.Count} bars, {Range(y, Values)}";
}

/// <summary>A vertical line that marks a position.</summary>
internal sealed record PlotMark(string Name, double X) : PlotSeries(Name)
{
    /// <inheritdoc/>
    public override string Describe(string x, string y) => string.Create(CultureInfo.InvariantCulture, $"{Name}: marked at {x} {X:g4}");
}
