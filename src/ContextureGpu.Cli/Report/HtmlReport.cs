using System.Globalization;
using System.Net;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>One self-contained page: no script, nothing fetched, readable on a telephone, in light and dark and on paper.</summary>
internal static class HtmlReport
{
    // What the page may load: nothing. Its own style is the one exception.
    private const string Policy = "default-src 'none';style-src 'unsafe-inline'";

    /// <summary>Writes the page; it appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, ReportPage page)
    {
        byte[] text = Encoding.UTF8.GetBytes(Render(page));
        AtomicFile.Write(path, stream => stream.Write(text));
    }

    /// <summary>The page.</summary>
    public static string Render(ReportPage page)
    {
        var html = new StringBuilder();
        html.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"").Append(Policy)
            .Append("\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>").Append(Escape(page.Title)).Append("</title><style>\n").Append(Style())
            .Append("\n</style></head>\n<body><main><h1>").Append(Escape(page.Title)).Append("</h1>\n<p class=\"verdict\">").Append(Escape(page.Verdict)).Append("</p>\n");
        foreach (string warning in page.Warnings)
            html.Append("<p class=\"warning\">").Append(Escape(warning)).Append("</p>\n");
        int figures = 0;
        foreach (ReportSection section in page.Sections)
        {
            html.Append("<section><h2>").Append(Escape(section.Heading)).Append("</h2>\n");
            for (int b = 0; b < section.Blocks.Count; b++)
            {
                bool figure = section.Blocks[b] is ReportFigure;
                if (figure && (b == 0 || section.Blocks[b - 1] is not ReportFigure))
                    html.Append("<div class=\"figures\">\n");
                Append(html, section.Blocks[b], ref figures);
                if (figure && (b == section.Blocks.Count - 1 || section.Blocks[b + 1] is not ReportFigure))
                    html.Append("</div>\n");
            }
            html.Append("</section>\n");
        }
        return html.Append("</main></body></html>\n").ToString();
    }

    private static void Append(StringBuilder html, ReportBlock block, ref int figures)
    {
        switch (block)
        {
            case ReportText text:
                html.Append("<p>").Append(Escape(text.Text)).Append("</p>\n");
                break;
            case ReportFacts facts:
                html.Append("<dl>");
                foreach ((string name, string value) in facts.Facts)
                    html.Append("<dt>").Append(Escape(name)).Append("</dt><dd>").Append(Escape(value)).Append("</dd>");
                html.Append("</dl>\n");
                break;
            case ReportTable table:
                AppendTable(html, table);
                break;
            case ReportFigure figure:
                html.Append("<figure>").Append(PlotDrawing.Render(figure.Plot, string.Create(CultureInfo.InvariantCulture, $"f{figures++}"))).Append('\n');
                AppendLegend(html, figure.Plot);
                html.Append("<figcaption><b>").Append(Escape(Sentence(figure.Plot.Title))).Append("</b> ").Append(Escape(figure.Caption)).Append("</figcaption></figure>\n");
                break;
            case ReportCommand command:
                html.Append("<pre>").Append(Escape(command.Command)).Append("</pre>\n");
                break;
            default:
                throw new ArgumentException($"{block.GetType().Name} cannot be written", nameof(block));
        }
    }

    private static void AppendTable(StringBuilder html, ReportTable table)
    {
        if (table.Folded is not null)
            html.Append("<details class=\"folded\"><summary>").Append(Escape(table.Folded)).Append("</summary>");
        html.Append("<div class=\"scroll\"><table><thead><tr>");
        foreach (string column in table.Columns)
            html.Append("<th scope=\"col\">").Append(Escape(column)).Append("</th>");
        html.Append("</tr></thead><tbody>\n");
        foreach (IReadOnlyList<string> row in table.Rows)
        {
            html.Append("<tr>");
            foreach (string cell in row)
                html.Append("<td>").Append(Escape(cell)).Append("</td>");
            html.Append("</tr>\n");
        }
        html.Append("</tbody></table></div>").Append(table.Folded is null ? "\n" : "</details>\n");
    }

    // A legend in the page wraps on a narrow screen; one in the drawing would not. A single series is named by the axis.
    private static void AppendLegend(StringBuilder html, Plot plot)
    {
        if (plot.Series is [not PlotValues])
            return;
        html.Append("<ul class=\"legend\">");
        for (int s = 0; s < plot.Series.Count; s++)
        {
            html.Append("<li>").Append(PlotDrawing.Key(plot.Series[s], s));
            html.Append(Escape(plot.Series[s] is PlotValues values ? Scale(values) : plot.Series[s].Name)).Append("</li>");
        }
        html.Append("</ul>\n");
    }

    private static string Scale(PlotValues values)
    {
        (double low, double high) = PlotDrawing.Extent(values.Values);
        return string.Create(CultureInfo.InvariantCulture, $"{values.Name}, {low:g4} to {high:g4}");
    }

    private static string Sentence(string title) => title.Length == 0 ? "" : $"{char.ToUpperInvariant(title[0])}{title[1..]}.";

    // Control characters that HTML does not allow become the replacement character.
    private static string Escape(string text)
    {
        string plain = text.Any(IsForbidden) ? string.Concat(text.Select(c => IsForbidden(c) ? '\ufffd' : c)) : text;
        return WebUtility.HtmlEncode(plain);
    }

    private static bool IsForbidden(char c) => (c < ' ' && c is not ('\t' or '\n' or '\r')) || c is '\u007f' or '\ufffe' or '\uffff';

    /// <summary>The style sheet, with the classes of the colours.</summary>
    public static string Style()
    {
        using Stream packed = typeof(HtmlReport).Assembly.GetManifestResourceStream("report.css") ?? throw new InvalidOperationException("the style sheet is missing from this build");
        using var reader = new StreamReader(packed);
        var style = new StringBuilder(reader.ReadToEnd());
        for (int c = 0; c < Palette.Series; c++)
            style.Append(CultureInfo.InvariantCulture, $".c{c}{{stroke:var(--c{c})}}.area.c{c},.bar.c{c}{{fill:var(--c{c})}}");
        for (int v = 0; v < Palette.Steps; v++)
            style.Append(CultureInfo.InvariantCulture, $".v{v}{{stroke:var(--v{v})}}.bar.v{v}{{fill:var(--v{v})}}");
        return style.ToString();
    }
}
