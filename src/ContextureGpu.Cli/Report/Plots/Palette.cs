using OxyPlot;

namespace ContextureGpu.Cli;

/// <summary>
/// Names of the colours of a plot. A plot carries no colours, only classes whose colours the style sheet of the page gives, for light, dark and paper; through the plotting library they
/// travel as colours that stand for classes.
/// </summary>
internal static class Palette
{
    /// <summary>Colours of series that people with any colour vision tell apart (after Okabe and Ito 2008): classes c0, c1, ...</summary>
    public const int Series = 10;

    /// <summary>Steps from the lowest to the highest value (after viridis): classes v0, v1, ...</summary>
    public const int Steps = 12;

    private const byte SeriesKey = 1, StepKey = 2, InkKey = 3;

    /// <summary>Text, axes and marks.</summary>
    public static OxyColor Ink { get; } = OxyColor.FromRgb(InkKey, 0, 0);

    /// <summary>Lines behind the series.</summary>
    public static OxyColor Grid { get; } = OxyColor.FromRgb(InkKey, 0, 1);

    /// <summary>A mark across the plot.</summary>
    public static OxyColor Mark { get; } = OxyColor.FromRgb(InkKey, 0, 2);

    /// <summary>Colour of series number <paramref name="index"/>; the colours repeat.</summary>
    public static OxyColor OfSeries(int index) => OxyColor.FromRgb(SeriesKey, 0, (byte)(index % Series));

    /// <summary>Colour of a step, 0 to <see cref="Steps"/> - 1.</summary>
    public static OxyColor OfStep(int step) => OxyColor.FromRgb(StepKey, 0, (byte)step);

    /// <summary>The class that a colour stands for.</summary>
    public static string Class(OxyColor colour) => (colour.R, colour.B) switch
    {
        (SeriesKey, byte index) => $"c{index}",
        (StepKey, byte step) => $"v{step}",
        (InkKey, 0) => "ink",
        (InkKey, 1) => "grid",
        (InkKey, 2) => "mark",
        _ => throw new ArgumentException($"{colour} stands for no class", nameof(colour)),
    };

    /// <summary>The step of a value between <paramref name="low"/> and <paramref name="high"/>.</summary>
    public static int StepOf(double value, double low, double high) => high > low ? (int)Math.Min(Steps - 1, (value - low) / (high - low) * Steps) : 0;
}
