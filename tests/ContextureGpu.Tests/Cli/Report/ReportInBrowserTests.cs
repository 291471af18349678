using System.Text.Json.Nodes;
using ContextureGpu.Cli;
using ContextureGpu.Tests.Data;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>Reports as a browser shows them: on a telephone and on a desk, in light and dark, and on a sheet of A4 within its margins.</summary>
public sealed class ReportInBrowserTests
{
    private static readonly (int Width, string Scheme)[] Views = [(390, "light"), (390, "dark"), (1200, "light"), (1200, "dark"), (718, "print")];

    private static readonly (string Fault, string Element)[] Faults =
    [
        ("console: ", "<script>console.error('x')</script>"),
        ("exception: ", "<script>null.x</script>"),
        ("request: ", "<img alt=\"\" src=\"file:///nowhere.png\">"),
        ("wider than the window", "<p style=\"width:700px\">a</p>"),
        ("text cut off", "<p style=\"width:50px;overflow:hidden;white-space:nowrap\">a long line of text</p>"),
        ("table cut off", "<div class=\"scroll\" style=\"width:90px;overflow-x:auto\"><table><tr><td style=\"min-width:120px\">a</td></tr></table></div>"),
        ("not shown", "<h2 style=\"display:none\">a</h2>"),
        ("text too pale", "<p style=\"color:#bbb;background:#fff\">a</p>"),
        ("figure too small", "<figure><svg class=\"plot\" role=\"img\" width=\"9\" height=\"9\"><title>a</title><desc>b</desc><path class=\"line\" stroke=\"black\" d=\"M1 1L5 5\"/></svg></figure>"),
        ("figure without content", "<figure><svg class=\"plot\" role=\"img\" width=\"300\" height=\"200\"><title>a</title><desc>b</desc></svg></figure>"),
        ("figure without words", "<figure><svg class=\"plot\" width=\"300\" height=\"200\"><path class=\"line\" stroke=\"black\" d=\"M1 1L5 5\"/></svg></figure>"),
        ("text outside its figure", "<figure><svg class=\"plot\" role=\"img\" width=\"300\" height=\"200\"><title>a</title><desc>b</desc><path class=\"line\" stroke=\"black\" d=\"M1 1L5 5\"/><text x=\"290\" y=\"50\">outside</text></svg></figure>"),
        ("texts overlap", "<figure><svg class=\"plot\" role=\"img\" width=\"300\" height=\"200\"><title>a</title><desc>b</desc><path class=\"line\" stroke=\"black\" d=\"M1 1L5 5\"/><text x=\"90\" y=\"50\">outside</text><text x=\"95\" y=\"52\">outside</text></svg></figure>"),
        ("colour too near the paper", "<figure><svg class=\"plot\" role=\"img\" width=\"300\" height=\"200\"><title>a</title><desc>b</desc><path class=\"line\" stroke=\"#eee\" d=\"M1 1L5 5\"/></svg></figure>"),
        ("text too small", "<figure><svg class=\"plot\" role=\"img\" width=\"300\" height=\"200\"><title>a</title><desc>b</desc><path class=\"line\" stroke=\"black\" d=\"M1 1L5 5\"/><text x=\"90\" y=\"50\" font-size=\"6\">small</text></svg></figure>"),
    ];

    [Fact]
    public async Task Every_page_is_whole_on_every_screen()
    {
        await using Chromium browser = await Chromium.Start();
        using var folder = new TemporaryFolder();
        using var engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        foreach ((string name, ReportPage page, int least) in new[]
        {
            ("fit", SampleReports.Fit(engine), 3), ("evaluation", SampleReports.Evaluation(engine), 8), ("ranking", SampleReports.Ranking(engine), 20), ("sweep", SampleReports.Sweep(engine), 30),
        })
        {
            int plots = page.Sections.SelectMany(s => s.Blocks).Count(b => b is ReportFigure);
            Assert.True(plots >= least, $"{name} has {plots} figures");
            string path = folder.File(name + ".html");
            HtmlReport.Write(path, page);
            foreach ((int width, string scheme) in Views)
            {
                (IReadOnlyList<string> faults, JsonNode seen) = await PageInspection.Inspect(browser, path, width, scheme);
                Assert.True(faults.Count == 0, $"{name} at {width} in {scheme}:\n{string.Join('\n', faults)}");
                Assert.Equal(
                    (plots, 0, 0, scheme == "dark"),
                    (seen["plots"]!.GetValue<int>(), seen["scripts"]!.GetValue<int>(), seen["images"]!.GetValue<int>(), seen["dark"]!.GetValue<bool>()));
            }
        }
    }

    [Fact]
    public async Task The_inspection_finds_each_fault()
    {
        await using Chromium browser = await Chromium.Start();
        using var folder = new TemporaryFolder();
        string path = folder.File("page.html");
        foreach ((string fault, string element) in Faults)
        {
            await File.WriteAllTextAsync(
                path, $"<!DOCTYPE html><meta name=\"viewport\" content=\"width=device-width\"><title>a</title><body style=\"background:#fff;color:#000\">{element}</body>", TestContext.Current.CancellationToken);
            (IReadOnlyList<string> faults, _) = await PageInspection.Inspect(browser, path, 390, "light");
            Assert.True(faults.Any(f => f.StartsWith(fault, StringComparison.Ordinal)), $"'{fault}' is not among: {string.Join("; ", faults)}");
        }
    }
}
