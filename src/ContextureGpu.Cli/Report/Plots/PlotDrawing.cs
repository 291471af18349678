using System.Globalization;
using System.Net;
using OxyPlot;
using OxyPlot.Annotations;
using OxyPlot.Axes;
using OxyPlot.Series;

namespace ContextureGpu.Cli;

/// <summary>Draws a plot as an SVG element that takes its colours and its width from the page.</summary>
internal static class PlotDrawing
{
    /// <summary>Size in units of the drawing: a letter of 13 is 11 pixels high on a telephone 390 pixels wide.</summary>
    private const double Width = 420, Height = 300, LetterSize = 13;

    private static readonly LineStyle[] Styles = [LineStyle.Solid, LineStyle.Dash, LineStyle.Dot, LineStyle.DashDot];

    /// <summary>The element.</summary>
    /// <param name="plot">What to draw.</param>
    /// <param name="id">An identifier of its own in the page.</param>
    public static string Render(Plot plot, string id)
    {
        var model = new PlotModel
        {
            DefaultFontSize = LetterSize,
            TextColor = Palette.Ink,
            PlotAreaBorderColor = OxyColors.Transparent,
            Padding = new OxyThickness(2, 8, 12, 2),
            IsLegendVisible = false,
            Culture = CultureInfo.InvariantCulture,
        };
        model.Axes.Add(Axis(plot.X, AxisPosition.Bottom));
        model.Axes.Add(Axis(plot.Y, AxisPosition.Left));
        for (int s = 0; s < plot.Series.Count; s++)
            Add(model, plot, s);
        var context = new SvgRenderContext();
        ((IPlotModel)model).Update(true);
        ((IPlotModel)model).Render(context, new OxyRect(0, 0, Width, Height));
        if (model.GetLastPlotException() is { } failure)
            throw new InvalidOperationException($"the plot '{plot.Title}' cannot be drawn: {failure.Message}", failure);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"<svg class=\"plot\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" xmlns=\"http://www.w3.org/2000/svg\"><title id=\"{id}-t\">{WebUtility.HtmlEncode(plot.Title)}</title><desc id=\"{id}-d\">{WebUtility.HtmlEncode(plot.Description)}</desc>{context.Content}</svg>");
    }

    /// <summary>A small drawing of how series number <paramref name="index"/> looks, for a legend.</summary>
    public static string Key(PlotSeries series, int index)
    {
        string colour = Palette.Class(Palette.OfSeries(index));
        return series switch
        {
            PlotValues => string.Concat([
                "<svg class=\"ramp\" viewBox=\"0 0 120 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
                .. Enumerable.Range(0, Palette.Steps).Select(v => string.Create(CultureInfo.InvariantCulture, $"<path class=\"bar v{v}\" d=\"M{10 * v} 0h10v10h-10z\"/>")),
                "</svg>",
            ]),
            PlotLine => Drawing($"<path class=\"line {colour}\"{Dashes(index)} d=\"M0 5H24\"/>"),
            PlotMark => Drawing("<path class=\"line mark\" stroke-dasharray=\"8 2\" d=\"M0 5H24\"/>"),
            PlotBars => Drawing($"<path class=\"bar {colour}\" d=\"M4 1H20V9H4z\"/>"),
            _ => Drawing($"<path class=\"dots {colour}\" d=\"M12 5h0\"/>"),
        };

        static string Drawing(string path) => $"<svg class=\"key\" viewBox=\"0 0 24 10\" aria-hidden=\"true\">{path}</svg>";
    }

    private static Axis Axis(PlotAxis axis, AxisPosition position)
    {
        Axis drawn = axis.Scale == AxisScale.Logarithmic ? new DecadeAxis() : new LinearAxis();
        drawn.Position = position;
        drawn.Title = axis.Title;
        drawn.MinimumPadding = drawn.MaximumPadding = 0.04;
        drawn.AxislineStyle = LineStyle.Solid;
        drawn.AxislineColor = drawn.TicklineColor = Palette.Ink;
        drawn.TickStyle = TickStyle.Outside;
        drawn.MajorTickSize = 4;
        drawn.MinorTickSize = 0;
        drawn.MajorGridlineStyle = LineStyle.Solid;
        drawn.MajorGridlineColor = Palette.Grid;
        drawn.IntervalLength = position == AxisPosition.Bottom ? 70 : 48;
        drawn.AxisTitleDistance = 6;
        return drawn;
    }

    private static void Add(PlotModel model, Plot plot, int index)
    {
        OxyColor colour = Palette.OfSeries(index);
        switch (plot.Series[index])
        {
            case PlotLine line:
                if (line.Band is { } band)
                    model.Series.Add(Band(plot, line, band, colour));
                var drawn = new LineSeries { Color = colour, LineStyle = Styles[index % Styles.Length], ToolTip = line.Name };
                if (line.Marks == PointMarks.Dots)
                    (drawn.MarkerType, drawn.MarkerSize, drawn.MarkerFill) = (MarkerType.Circle, 2.5, colour);
                drawn.Points.AddRange(line.Points.Select(p => Shown(plot, p.X, p.Y)));
                model.Series.Add(drawn);
                break;
            case PlotPoints points:
                model.Series.Add(Scatter(points.Name, colour, points.Points.Where(p => Fits(plot, p))));
                break;
            case PlotValues values:
                AddValues(model, plot, values);
                break;
            case PlotBars bars:
                var rectangles = new RectangleBarSeries { FillColor = colour, StrokeThickness = 0, ToolTip = bars.Name };
                for (int i = 0; i < bars.Values.Count; i++)
                {
                    if (double.IsFinite(bars.Values[i]))
                        rectangles.Items.Add(new RectangleBarItem(i + 0.6, 0, i + 1.4, bars.Values[i]));
                }
                model.Series.Add(rectangles);
                break;
            case PlotMark mark:
                if (Fits(plot, (mark.X, 1)))
                    model.Annotations.Add(new LineAnnotation { Type = LineAnnotationType.Vertical, X = mark.X, Color = Palette.Mark, LineStyle = LineStyle.Dash, ToolTip = mark.Name });
                break;
            default:
                throw new ArgumentException($"{plot.Series[index].GetType().Name} cannot be drawn", nameof(plot));
        }
    }

    private static AreaSeries Band(Plot plot, PlotLine line, IReadOnlyList<(double Low, double High)> band, OxyColor colour)
    {
        var area = new AreaSeries { Color = OxyColors.Transparent, Color2 = OxyColors.Transparent, Fill = colour, StrokeThickness = 0 };
        for (int i = 0; i < band.Count; i++)
        {
            double x = line.Points[i].X;
            if (!Fits(plot, (x, band[i].Low)) || !Fits(plot, (x, band[i].High)))
                continue;
            area.Points.Add(new DataPoint(x, band[i].Low));
            area.Points2.Add(new DataPoint(x, band[i].High));
        }
        return area;
    }

    // One series for each step of the colours: the points of a step are one path.
    private static void AddValues(PlotModel model, Plot plot, PlotValues values)
    {
        (double low, double high) = Extent(values.Values);
        var steps = new List<(double X, double Y)>[Palette.Steps];
        for (int step = 0; step < steps.Length; step++)
            steps[step] = [];
        for (int i = 0; i < values.Values.Count; i++)
        {
            if (double.IsFinite(values.Values[i]) && Fits(plot, values.Points[i]))
                steps[Palette.StepOf(values.Values[i], low, high)].Add(values.Points[i]);
        }
        for (int step = 0; step < steps.Length; step++)
        {
            if (steps[step].Count > 0)
                model.Series.Add(Scatter(values.Name, Palette.OfStep(step), steps[step]));
        }
    }

    /// <summary>The smallest and the largest finite value, or 0 and 0 where there is none.</summary>
    public static (double Low, double High) Extent(IEnumerable<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values.Where(double.IsFinite))
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return low > high ? (0, 0) : (low, high);
    }

    private static ScatterSeries Scatter(string name, OxyColor colour, IEnumerable<(double X, double Y)> points)
    {
        var scatter = new ScatterSeries { MarkerType = MarkerType.Circle, MarkerSize = 2, MarkerFill = colour, ToolTip = name };
        scatter.Points.AddRange(points.Select(p => new ScatterPoint(p.X, p.Y)));
        return scatter;
    }

    private static string Dashes(int index) => Styles[index % Styles.Length].GetDashArray() is { } dashes
        ? string.Create(CultureInfo.InvariantCulture, $" stroke-dasharray=\"{string.Join(' ', dashes.Select(d => 2 * d))}\"")
        : "";

    private static DataPoint Shown(Plot plot, double x, double y) => Fits(plot, (x, y)) ? new DataPoint(x, y) : DataPoint.Undefined;

    private static bool Fits(Plot plot, (double X, double Y) p) => Fits(plot.X, p.X) && Fits(plot.Y, p.Y);

    private static bool Fits(PlotAxis axis, double value) => double.IsFinite(value) && (axis.Scale == AxisScale.Linear || value > 0);
}
