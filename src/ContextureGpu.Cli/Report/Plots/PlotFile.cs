using System.Globalization;
using System.Net;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>A plot with its legend as an SVG file of its own, in light and dark as a page is.</summary>
internal static class PlotFile
{
    private const double Width = 420, Height = 300, Line = 18, Column = 140, KeyWidth = 24;

    /// <summary>The file.</summary>
    public static string Render(Plot plot)
    {
        int columns = (int)(Width / Column), lines = (plot.Series.Count + columns - 1) / columns;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height + (lines * Line) + 6}\"><style>\n{HtmlReport.Style()}\n</style><rect width=\"100%\" height=\"100%\" style=\"fill:var(--paper)\"/>\n<svg width=\"{Width}\" height=\"{Height}\">{PlotDrawing.Render(plot, "plot")}</svg>\n<g class=\"plot\">");
        for (int s = 0; s < plot.Series.Count; s++)
        {
            double x = 8 + (s % columns * Column), y = Height + (s / columns * Line);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<svg x=\"{x}\" y=\"{y + 4}\" width=\"{KeyWidth}\" height=\"10\">{PlotDrawing.Key(plot.Series[s], s)}</svg><text x=\"{x + KeyWidth + 6}\" y=\"{y + 13}\">{WebUtility.HtmlEncode(plot.Series[s].Name)}</text>");
        }
        return svg.Append("</g></svg>\n").ToString();
    }
}
