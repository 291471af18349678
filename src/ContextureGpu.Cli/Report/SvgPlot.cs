using System.Globalization;
using System.Net;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>Points of one plot that share a colour and a name.</summary>
internal sealed record PlotSeries(string Name, IReadOnlyList<(double X, double Y)> Points, bool Line);

/// <summary>A plot as SVG that takes its colours from the page, so that it follows light and dark.</summary>
internal sealed class SvgPlot(string title, string xLabel, string yLabel, bool logarithmic, IReadOnlyList<PlotSeries> series)
{
    private const double Width = 640, Height = 360, Left = 64, Right = 16, Top = 16, Bottom = 44;
    private const double SmallestShown = 1e-18;

    /// <summary>The element, with a title for readers who do not see it.</summary>
    public string Render()
    {
        (double X, double Y)[] all = [.. series.SelectMany(s => s.Points).Select(Shown)];
        (double x0, double x1) = Range(all.Select(p => p.X));
        (double y0, double y1) = Range(all.Select(p => p.Y));
        if (logarithmic)
            (y0, y1) = (Math.Floor(y0), Math.Ceiling(y1));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\" xmlns=\"http://www.w3.org/2000/svg\">");
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"frame\" x=\"{Left}\" y=\"{Top}\" width=\"{Width - Left - Right}\" height=\"{Height - Top - Bottom}\"/>");
        foreach (double tick in Ticks(x0, x1))
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{MapX(tick):f1}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{tick:g4}</text>");
        foreach (double tick in Ticks(y0, y1).Where(t => !logarithmic || t == Math.Round(t)))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"grid\" d=\"M{Left} {MapY(tick):f1}H{Width - Right}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{MapY(tick) + 4:f1}\" text-anchor=\"end\">{(logarithmic ? $"1e{tick}" : tick.ToString("g4", CultureInfo.InvariantCulture))}</text>");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">{WebUtility.HtmlEncode(xLabel)}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"14\" y=\"{(Top + Height - Bottom) / 2}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {(Top + Height - Bottom) / 2})\">{WebUtility.HtmlEncode(yLabel)}</text>");
        for (int s = 0; s < series.Count; s++)
        {
            (double X, double Y)[] points = [.. series[s].Points.Select(Shown)];
            var path = new StringBuilder();
            for (int i = 0; i < points.Length; i++)
            {
                path.Append(CultureInfo.InvariantCulture, $"{(series[s].Line && i > 0 ? 'L' : 'M')}{MapX(points[i].X):f1} {MapY(points[i].Y):f1}");
                if (!series[s].Line)
                    path.Append("h0");
            }
            svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{(series[s].Line ? "line" : "dots")} c{s % HtmlReport.Colours}\" d=\"{path}\"><title>{WebUtility.HtmlEncode(series[s].Name)}</title></path>");
        }
        return svg.Append("</svg>").ToString();

        double MapX(double x) => Left + ((x - x0) / (x1 - x0) * (Width - Left - Right));
        double MapY(double y) => Height - Bottom - ((y - y0) / (y1 - y0) * (Height - Top - Bottom));
    }

    private (double X, double Y) Shown((double X, double Y) point) => logarithmic ? (point.X, Math.Log10(Math.Max(point.Y, SmallestShown))) : point;

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (!double.IsFinite(low) || !double.IsFinite(high))
            return (0, 1);
        double margin = high > low ? 0.03 * (high - low) : Math.Max(0.5, 0.5 * Math.Abs(high));
        return (low - margin, high + margin);
    }

    // Multiples of 1, 2 or 5 times a power of ten: five or so of them.
    private static IEnumerable<double> Ticks(double low, double high)
    {
        double rough = (high - low) / 5, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
        for (double k = Math.Ceiling(low / step); k * step <= high; k++)
            yield return k * step;
    }
}
