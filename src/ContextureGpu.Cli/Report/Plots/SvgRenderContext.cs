using System.Globalization;
using System.Net;
using System.Text;
using OxyPlot;

namespace ContextureGpu.Cli;

/// <summary>
/// Receives what the plotting library draws and writes it as the content of an SVG element. The library's own exporter writes fixed colours and one element for each point; this one
/// writes classes (<see cref="Palette"/>), and all points of a series as one path.
/// </summary>
internal sealed class SvgRenderContext : ClippingRenderContext
{
    private readonly StringBuilder _content = new();
    private string? _name;

    /// <summary>The elements drawn so far.</summary>
    public string Content => _content.ToString();

    /// <summary>Names what is drawn next.</summary>
    public override void SetToolTip(string? text) => _name = text;

    /// <inheritdoc/>
    public override void DrawLine(IList<ScreenPoint> points, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode, double[]? dashArray, LineJoin lineJoin)
    {
        if (stroke.IsInvisible() || points.Count < 2)
            return;
        Open($"line {Palette.Class(stroke)}", dashArray);
        Move(points[0]);
        for (int i = 1; i < points.Count; i++)
            Draw(points[i]);
        Close();
    }

    /// <inheritdoc/>
    public override void DrawLineSegments(IList<ScreenPoint> points, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode, double[]? dashArray, LineJoin lineJoin)
    {
        if (stroke.IsInvisible() || points.Count < 2)
            return;
        Open($"line {Palette.Class(stroke)}", dashArray);
        for (int i = 0; i + 1 < points.Count; i += 2)
        {
            Move(points[i]);
            Draw(points[i + 1]);
        }
        Close();
    }

    /// <inheritdoc/>
    public override void DrawPolygon(
        IList<ScreenPoint> points, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode, double[]? dashArray, LineJoin lineJoin)
    {
        if (fill.IsInvisible() || points.Count < 3)
            return;
        Open($"area {Palette.Class(fill)}", null);
        Move(points[0]);
        for (int i = 1; i < points.Count; i++)
            Draw(points[i]);
        _content.Append('Z');
        Close();
    }

    /// <inheritdoc/>
    public override void DrawEllipse(OxyRect extents, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode) =>
        DrawEllipses([extents], fill, stroke, thickness, edgeRenderingMode);

    /// <inheritdoc/>
    public override void DrawEllipses(IList<OxyRect> extents, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode)
    {
        if (fill.IsInvisible() || extents.Count == 0)
            return;
        // A line of no length with round ends is a dot.
        Open($"dots {Palette.Class(fill)}", null);
        foreach (OxyRect extent in extents)
        {
            Move(extent.Center);
            _content.Append("h0");
        }
        Close();
    }

    /// <inheritdoc/>
    public override void DrawRectangle(OxyRect rectangle, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode) =>
        DrawRectangles([rectangle], fill, stroke, thickness, edgeRenderingMode);

    /// <inheritdoc/>
    public override void DrawRectangles(IList<OxyRect> rectangles, OxyColor fill, OxyColor stroke, double thickness, EdgeRenderingMode edgeRenderingMode)
    {
        bool filled = !fill.IsInvisible();
        if ((!filled && stroke.IsInvisible()) || rectangles.Count == 0)
            return;
        Open(filled ? $"bar {Palette.Class(fill)}" : $"line {Palette.Class(stroke)}", null);
        foreach (OxyRect r in rectangles)
        {
            Move(new ScreenPoint(r.Left, r.Top));
            _content.Append(CultureInfo.InvariantCulture, $"h{Short(r.Width)}v{Short(r.Height)}H{Short(r.Left)}Z");
        }
        Close();
    }

    /// <inheritdoc/>
    public override void DrawText(
        ScreenPoint p, string? text, OxyColor fill, string? fontFamily, double fontSize, double fontWeight, double rotation, HorizontalAlignment horizontalAlignment,
        VerticalAlignment verticalAlignment, OxySize? maxSize)
    {
        if (string.IsNullOrEmpty(text))
            return;
        string anchor = horizontalAlignment switch
        {
            HorizontalAlignment.Left => "start",
            HorizontalAlignment.Right => "end",
            _ => "middle",
        };
        // Above the base line of a capital letter: 0.72 of the size.
        double below = verticalAlignment switch
        {
            VerticalAlignment.Top => 0.86,
            VerticalAlignment.Bottom => -0.2,
            _ => 0.36,
        } * fontSize;
        _content.Append(CultureInfo.InvariantCulture, $"<text text-anchor=\"{anchor}\" ");
        if (rotation == 0)
            _content.Append(CultureInfo.InvariantCulture, $"x=\"{Short(p.X)}\" y=\"{Short(p.Y + below)}\"");
        else
            _content.Append(CultureInfo.InvariantCulture, $"transform=\"translate({Short(p.X)} {Short(p.Y)}) rotate({Short(rotation)})\" y=\"{Short(below)}\"");
        _content.Append('>').Append(WebUtility.HtmlEncode(text)).Append("</text>");
    }

    /// <inheritdoc/>
    public override OxySize MeasureText(string? text, string? fontFamily, double fontSize, double fontWeight) =>
        new((text ?? "").Sum(Advance) * fontSize, string.IsNullOrEmpty(text) ? 0 : 1.15 * fontSize);

    // Series reach no further than the axes by construction, which set their ranges.
    protected override void SetClip(OxyRect clippingRectangle)
    {
    }

    protected override void ResetClip()
    {
    }

    // Widths of sans-serif letters in units of their size, on the generous side: the reader's font is not known.
    private static double Advance(char letter) => letter switch
    {
        'i' or 'j' or 'l' or '.' or ',' or ' ' or '\'' or '|' or ':' or ';' => 0.3,
        'm' or 'w' or 'M' or 'W' => 0.9,
        >= 'A' and <= 'Z' => 0.72,
        '\u2070' or '\u00b9' or '\u00b2' or '\u00b3' or (>= '\u2074' and <= '\u207e') => 0.4,
        _ => 0.6,
    };

    private static double Short(double value) => Math.Round(value, 1) + 0.0;

    private void Open(string classes, double[]? dashes)
    {
        _content.Append("<path class=\"").Append(classes).Append('"');
        if (dashes is not null)
            _content.Append(" stroke-dasharray=\"").AppendJoin(' ', dashes.Select(d => Short(2 * d).ToString(CultureInfo.InvariantCulture))).Append('"');
        _content.Append(" d=\"");
    }

    private void Move(ScreenPoint p) => _content.Append(CultureInfo.InvariantCulture, $"M{Short(p.X)} {Short(p.Y)}");

    private void Draw(ScreenPoint p) => _content.Append(CultureInfo.InvariantCulture, $"L{Short(p.X)} {Short(p.Y)}");

    private void Close()
    {
        if (_name is null)
            _content.Append("\"/>");
        else
            _content.Append("\"><title>").Append(WebUtility.HtmlEncode(_name)).Append("</title></path>");
    }
}
