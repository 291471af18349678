using System.Globalization;
using System.Net;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>What a report shows.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Facts">Names and values, in order.</param>
/// <param name="Warnings">What a reader should know.</param>
/// <param name="Model">The spectrum and the features.</param>
/// <param name="Groups">Group of each row for the colours, or null.</param>
/// <param name="GroupNames">Names of the groups.</param>
internal sealed record ReportContent(
    string Title, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<string> Warnings, SpectralModel Model, int[]? Groups, IReadOnlyList<string> GroupNames);

/// <summary>One self-contained page: no script, nothing fetched, readable on a telephone, in light and dark and on paper.</summary>
internal static class HtmlReport
{
    /// <summary>Colours that people with any colour vision tell apart (after Okabe and Ito 2008), and two greys.</summary>
    public const int Colours = 10;

    /// <summary>Points in the view of the features; more are thinned evenly.</summary>
    private const int MaximumPoints = 20_000;

    private const string Style = """
        :root{color-scheme:light dark;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#e69f00;--c5:#56b4e9;--c6:#b5a800;--c7:#7a4fbf;--c8:#808080;--c9:#8c3b2a}
        body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:0 auto;padding:1rem;background:Canvas;color:CanvasText}
        h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}svg{width:100%;height:auto}
        svg text{font:12px system-ui,sans-serif;fill:currentColor}.frame{fill:none;stroke:currentColor;opacity:.4}.grid{stroke:currentColor;opacity:.12}
        .line{fill:none;stroke-width:1.8}.dots{fill:none;stroke-width:4.5;stroke-linecap:round;opacity:.75}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
        .legend span{display:inline-block;margin-right:1rem}.legend i{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.3em}
        .warning{border-left:4px solid #d55e00;padding-left:.8rem}table{border-collapse:collapse}td,th{padding:.1rem .8rem;text-align:right}
        @media(max-width:30rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
        """;

    /// <summary>Writes the page; it appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public static void Write(string path, ReportContent content)
    {
        byte[] page = Encoding.UTF8.GetBytes(Render(content));
        AtomicFile.Write(path, stream => stream.Write(page));
    }

    /// <summary>The page.</summary>
    public static string Render(ReportContent content)
    {
        SpectralModel model = content.Model;
        var page = new StringBuilder();
        page.Append("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>")
            .Append(WebUtility.HtmlEncode(content.Title)).Append("</title><style>").Append(Style);
        for (int c = 0; c < Colours; c++)
            page.Append(CultureInfo.InvariantCulture, $".c{c}{{stroke:var(--c{c})}}.legend .c{c}{{background:var(--c{c})}}");
        page.Append("</style></head><body><h1>").Append(WebUtility.HtmlEncode(content.Title)).Append("</h1>");
        foreach (string warning in content.Warnings)
            page.Append("<p class=\"warning\">").Append(WebUtility.HtmlEncode(warning)).Append("</p>");
        page.Append("<dl>");
        foreach ((string name, string value) in content.Facts)
            page.Append("<dt>").Append(WebUtility.HtmlEncode(name)).Append("</dt><dd>").Append(WebUtility.HtmlEncode(value)).Append("</dd>");
        page.Append("</dl><h2>Spectrum</h2><p>Singular values s of the expectation operator (the constant removed), and their squares.</p>");
        double[] s = model.SingularValues.ToArray(), residuals = model.Residuals.ToArray();
        page.Append(new SvgPlot("singular values", "i", "s, s²", false, [Curve("s", s), Curve("s squared", [.. s.Select(v => v * v)])]).Render());
        page.Append("<p class=\"legend\"><span><i class=\"c0\"></i>s</span><span><i class=\"c1\"></i>s²</span></p>");
        page.Append("<h2>Residuals</h2><p>‖T T* μ − s² μ‖ of each pair.</p>");
        page.Append(new SvgPlot("residuals", "i", "residual", true, [Curve("residual", residuals)]).Render());
        page.Append("<h2>The first two features</h2>");
        AppendView(page, content);
        page.Append("<details><summary>Numbers</summary><table><tr><th>i</th><th>s</th><th>s²</th><th>residual</th></tr>");
        for (int i = 0; i < s.Length; i++)
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{i + 1}</td><td>{s[i]:f6}</td><td>{s[i] * s[i]:f6}</td><td>{residuals[i]:0.0e+00}</td></tr>");
        return page.Append("</table></details></body></html>\n").ToString();
    }

    private static PlotSeries Curve(string name, double[] values) => new(name, [.. values.Select((v, i) => (i + 1.0, v))], Line: true);

    private static void AppendView(StringBuilder page, ReportContent content)
    {
        SpectralModel model = content.Model;
        int d = model.Dimension, step = (model.Rows + MaximumPoints - 1) / MaximumPoints;
        double[] features = model.Features.ToArray();
        int groups = content.Groups is null ? 1 : content.GroupNames.Count;
        var points = new List<(double, double)>[groups];
        for (int g = 0; g < groups; g++)
            points[g] = [];
        for (int i = 0; i < model.Rows; i += step)
            points[content.Groups?[i] ?? 0].Add((features[i * d], d > 1 ? features[(i * d) + 1] : 0));
        page.Append(new SvgPlot("rows by their first two features", "feature 1", "feature 2", false, [.. points.Select((p, g) => new PlotSeries(content.Groups is null ? "rows" : content.GroupNames[g], p, false))]).Render());
        if (content.Groups is not null)
        {
            page.Append("<p class=\"legend\">");
            for (int g = 0; g < groups; g++)
                page.Append(CultureInfo.InvariantCulture, $"<span><i class=\"c{g % Colours}\"></i>{WebUtility.HtmlEncode(content.GroupNames[g])}</span>");
            page.Append("</p>");
        }
        if (step > 1)
            page.Append(CultureInfo.InvariantCulture, $"<p>One row of {step} is shown.</p>");
    }
}
