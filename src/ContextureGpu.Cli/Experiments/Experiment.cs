using System.Globalization;
using static System.FormattableString;

namespace ContextureGpu.Cli;

/// <summary>How an experiment is run and where its results go.</summary>
/// <param name="Device">Selector of the device.</param>
/// <param name="Seed">Key of all draws.</param>
/// <param name="MaxDimension">d0.</param>
/// <param name="Report">File for the page, or null.</param>
/// <param name="Markdown">File for the Markdown, or null.</param>
/// <param name="Json">Whether one JSON object goes to standard output instead of Markdown.</param>
/// <param name="Command">The command that repeats it.</param>
internal sealed record ExperimentRequest(string Device, ulong Seed, int MaxDimension, string? Report, string? Markdown, bool Json, string Command)
{
    /// <summary>How contexts are judged.</summary>
    public EvaluationOptions Evaluation => new() { MaxDimension = MaxDimension, Seed = Seed };
}

/// <summary>What the experiments share: an engine, progress on standard error, and the ways out.</summary>
internal static class Experiment
{
    /// <summary>Runs an experiment and writes its page where the request says.</summary>
    /// <param name="name">Its name on the command line.</param>
    /// <param name="request">How.</param>
    /// <param name="inputs">Files that are read.</param>
    /// <param name="work">Makes the page: title, verdict and sections; the command is added.</param>
    public static int Run(string name, ExperimentRequest request, IReadOnlyList<string> inputs, Func<ContextureEngine, ReportPage> work)
    {
        OutputFiles.Check([.. inputs], ("--report", request.Report), ("--markdown", request.Markdown));
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = request.Device });
        ReportPage page = work(engine);
        (string, string)[] facts = [("device", $"{engine.Device.Selector}: {engine.Device.Name}"), ("seconds", Invariant($"{System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:f0}"))];
        page = page with { Sections = [.. page.Sections, new ReportSection("Again", [new ReportFacts(facts), new ReportCommand(request.Command)])] };
        if (request.Report is not null)
            HtmlReport.Write(request.Report, page);
        string markdown = MarkdownReport.Render(page);
        if (request.Markdown is not null)
            AtomicFile.Write(request.Markdown, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(markdown)));
        if (request.Json)
            PrintJson(name, page);
        else
            Console.Out.Write(markdown);
        return 0;
    }

    /// <summary>Says on standard error what is done next.</summary>
    public static void Say(string what) => Console.Error.WriteLine(what);

    /// <summary><paramref name="count"/> values from <paramref name="low"/> to <paramref name="high"/> in equal ratios.</summary>
    public static double[] Geometric(double low, double high, int count) =>
        [.. Enumerable.Range(0, count).Select(i => count == 1 ? low : low * Math.Pow(high / low, i / (count - 1.0)))];

    /// <summary>The same as whole numbers, without repetitions.</summary>
    public static int[] GeometricCounts(int low, int high, int count) => [.. Geometric(low, high, count).Select(v => (int)Math.Round(v)).Distinct()];

    /// <summary>As near to equal ratios as <paramref name="count"/> different whole numbers can be, or all of them where there are fewer: where two would be the same, the next ones follow.</summary>
    public static int[] DifferentCounts(int low, int high, int count)
    {
        int[] counts = [.. Geometric(low, high, Math.Min(count, high - low + 1)).Select(v => (int)Math.Round(v))];
        for (int i = 1; i < counts.Length; i++)
            counts[i] = Math.Max(counts[i], counts[i - 1] + 1);
        for (int i = counts.Length - 1, most = high; i >= 0; i--, most--)
            counts[i] = Math.Min(counts[i], most);
        return counts;
    }

    /// <summary>Two significant digits: what a parameter in a table needs, and what it then is.</summary>
    public static double Rounded(double value) => double.Parse(value.ToString("g2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static void PrintJson(string name, ReportPage page) => JsonOutput.Print(writer =>
    {
        writer.WriteString("experiment", name);
        writer.WriteString("title", page.Title);
        writer.WriteString("verdict", page.Verdict);
        writer.WriteStartArray("tables");
        foreach ((ReportSection section, ReportTable table) in page.Sections.SelectMany(s => s.Blocks.OfType<ReportTable>().Select(t => (s, t))))
        {
            writer.WriteStartObject();
            writer.WriteString("section", section.Heading);
            JsonOutput.WriteTexts(writer, "columns", table.Columns);
            writer.WriteStartArray("rows");
            foreach (IReadOnlyList<string> row in table.Rows)
            {
                writer.WriteStartArray();
                foreach (string cell in row)
                    writer.WriteStringValue(cell);
                writer.WriteEndArray();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        JsonOutput.WriteTexts(writer, "warnings", page.Warnings);
    });
}
