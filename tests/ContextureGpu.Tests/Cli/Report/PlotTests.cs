using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ContextureGpu.Cli;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary>Drawings: what was asked for is there, in its place.</summary>
public sealed partial class PlotTests
{
    private static readonly PlotAxis Plain = new("x"), Logarithmic = new("y", AxisScale.Logarithmic);

    [Fact]
    public void Every_kind_of_series_is_drawn()
    {
        (double, double)[] points = [(1, 1), (2, 3), (3, 2)];
        var plot = new Plot("title", Plain, new PlotAxis("y"), [
            new PlotLine("line", points) { Band = [(0.5, 1.5), (2, 4), (1, 3)], Marks = PointMarks.Dots }, new PlotPoints("points", points), new PlotValues("values", points, [1, 2, 3]),
            new PlotBars("bars", [1, 2, 3]), new PlotMark("mark", 2),
        ]);
        XElement svg = XElement.Parse(PlotDrawing.Render(plot, "p"));
        string[] classes = [.. svg.Elements().Select(e => (string?)e.Attribute("class")).OfType<string>()];
        foreach (string expected in new[] { "area c0", "line c0", "dots c0", "dots c1", "dots v0", "dots v6", "dots v11", "bar c3", "line mark", "line grid", "line ink" })
            Assert.Contains(expected, classes);
        Assert.Equal("p-t p-d", (string?)svg.Attribute("aria-labelledby"));
        Assert.Equal("title", svg.Elements().First().Value);
        Assert.Contains("line: a line of 3 points, x from 1 to 3, y from 1 to 3, with a band", plot.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Places_are_in_proportion_and_logarithms_where_asked()
    {
        double[] linear = Heights(new PlotAxis("y"), [1, 2, 3]), decades = Heights(Logarithmic, [1, 100, 10000]);
        Assert.Equal(linear[0] - linear[1], linear[1] - linear[2], 0.2);
        Assert.Equal(decades[0] - decades[1], decades[1] - decades[2], 0.2);
        Assert.True(linear[0] > linear[2] + 100 && decades[0] > decades[2] + 100);
    }

    [Fact]
    public void Values_without_a_place_are_left_out()
    {
        string svg = PlotDrawing.Render(new Plot("t", Plain, Logarithmic, [new PlotPoints("p", [(1, 1), (2, 0), (3, -1), (4, double.NaN), (5, double.PositiveInfinity), (6, 10)])]), "p");
        Assert.DoesNotContain("NaN", svg, StringComparison.Ordinal);
        Assert.DoesNotContain("Infinity", svg, StringComparison.Ordinal);
        Assert.Equal(2, Dot().Count(svg));
        foreach (PlotSeries series in new PlotSeries[] { new PlotLine("l", []), new PlotPoints("p", [(1, double.NaN)]), new PlotBars("b", []), new PlotValues("v", [], []), new PlotLine("one", [(1, 1)]) })
            Assert.DoesNotContain("NaN", PlotDrawing.Render(new Plot("t", Plain, new PlotAxis("y"), [series]), "p"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1e-7, 1e-3, "10⁻⁷ 10⁻⁶ 10⁻⁵ 10⁻⁴ 0.001")]
    [InlineData(1, 512, "1 10 100")]
    [InlineData(5, 150, "5 10 20 50 100")]
    [InlineData(2e-7, 9e-7, "2·10⁻⁷ 5·10⁻⁷")]
    public void Logarithmic_ticks_can_be_read(double low, double high, string labels)
    {
        XElement svg = XElement.Parse(PlotDrawing.Render(new Plot("t", new PlotAxis("x", AxisScale.Logarithmic), new PlotAxis("y"), [new PlotPoints("p", [(low, 0), (high, 0.01)])]), "p"));
        string[] shown = [.. svg.Elements().Where(e => e.Name.LocalName == "text" && (string?)e.Attribute("text-anchor") == "middle" && e.Value is not ("x" or "y")).Select(e => e.Value)];
        Assert.Equal(labels.Split(' '), shown);
    }

    private static double[] Heights(PlotAxis axis, double[] values)
    {
        string svg = PlotDrawing.Render(new Plot("t", Plain, axis, [.. values.Select((v, i) => new PlotPoints($"{i}", [(i, v)]))]), "p");
        return [.. Dot().Matches(svg).Select(m => double.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"M[\d.]+ ([\d.]+)h0")]
    private static partial Regex Dot();
}
