using System.Xml.Linq;
using ContextureGpu.Cli;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>Pages as text: what they must not contain, how large they are, and that the same content gives the same page.</summary>
public sealed class HtmlReportTests
{
    private const int LargestPage = 1_000_000;

    [Fact]
    public void Hostile_names_stay_text()
    {
        using var engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        foreach (ReportPage page in new[] { SampleReports.Fit(engine), SampleReports.Evaluation(engine) })
        {
            string html = HtmlReport.Render(page);
            Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
            Assert.DoesNotContain("<b>first", html, StringComparison.Ordinal);
            Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
            Assert.Contains("default-src 'none'", html, StringComparison.Ordinal);
            Assert.Single(Occurrences(html, "</title></head>").Concat(Occurrences(html, "</title><style>")));
            string[] plots = Plots(html);
            Assert.Equal(page.Sections.SelectMany(s => s.Blocks).OfType<ReportFigure>().Count(), plots.Length);
            Assert.All(plots, plot => XDocument.Parse(plot));
            Assert.Equal(html, HtmlReport.Render(page));
        }
    }

    [Fact]
    public void Control_characters_are_replaced()
    {
        string html = HtmlReport.Render(new ReportPage("a\u0000b\u001bc", "d\ne", [], []));
        Assert.Contains("a\ufffdb\ufffdc", html, StringComparison.Ordinal);
        Assert.Contains("d\ne", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_rows_make_no_large_page()
    {
        const int Rows = 300_000;
        var features = new double[2 * Rows];
        for (int e = 0; e < features.Length; e++)
            features[e] = Math.Sin(e * 1.7) * 1000;
        foreach (TargetView view in new[] { TargetView.Plain, TargetView.Of(DataTable.FromMatrix([.. Enumerable.Range(0, Rows).Select(i => (double)i)], Rows, 1, ["y"]), "y") })
        {
            ReportFigure[] figures = [.. Enumerable.Range(0, 4).Select(_ => view.Scatter(features, Rows, 2))];
            Assert.Contains("8000 of 300000 rows", figures[0].Caption, StringComparison.Ordinal);
            Assert.InRange(HtmlReport.Render(new ReportPage("a", "b", [], [new ReportSection("c", figures)])).Length, 4 * 8000 * 8, LargestPage);
        }
    }

    [Fact]
    public void A_target_colours_by_its_kind()
    {
        using var reader = new StringReader("class,few,many\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{"ab"[i % 2]},{i % 5},{i * 1.5}\n")));
        DataTable table = DataTable.ReadText(reader, "t", ',');
        double[] features = new double[120];
        Assert.Equal(["a", "b"], Series("class").Select(s => s.Name));
        Assert.Equal(5, Series("few").Count);
        Assert.Equal([.. Enumerable.Range(0, 60).Select(i => i * 1.5)], Assert.IsType<PlotValues>(Assert.Single(Series("many"))).Values);
        Assert.Equal("rows", Assert.IsType<PlotPoints>(Assert.Single(Series(null))).Name);

        IReadOnlyList<PlotSeries> Series(string? column) => TargetView.Of(table, column).Scatter(features, 60, 2).Plot.Series;
    }

    private static IEnumerable<int> Occurrences(string text, string part)
    {
        for (int at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
            yield return at;
    }

    private static string[] Plots(string html) => [.. Occurrences(html, "<svg class=\"plot\"").Select(start => html[start..(html.IndexOf("</svg>", start, StringComparison.Ordinal) + 6)])];
}
