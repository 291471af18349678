using System.Globalization;
using System.Text;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>Runs comparisons and writes their table: everyone is checked, then everyone is timed in turn, and ratios are formed round by round.</summary>
internal sealed class ComparisonReport(Bench bench, TextWriter log)
{
    private readonly StringBuilder _rows = new(), _formulas = new();

    /// <summary>Promises that were not kept, in words.</summary>
    public List<string> Broken { get; } = [];

    /// <summary>Runs one comparison and adds its rows.</summary>
    public void Add(Comparison comparison)
    {
        log.WriteLine(comparison.Name);
        var present = new List<Contestant>();
        foreach (Contestant other in comparison.Others)
        {
            if (other.Prepare() is { } reason)
            {
                log.WriteLine($"  {other.Label}: does not take part: {reason}");
                _rows.AppendLine(CultureInfo.InvariantCulture, $"| {comparison.Name} | {other.Label} | | does not take part: {reason} | | |");
                continue;
            }
            present.Add(other);
        }
        foreach (Contestant contestant in present.Prepend(comparison.Ours))
        {
            _ = contestant.Run();                                       // the first run is not timed
            comparison.Check(contestant.Label, contestant.Result());
        }
        var ours = new double[comparison.Rounds];
        double[][] theirs = [.. present.Select(_ => new double[comparison.Rounds])];
        for (int round = -comparison.Warmups; round < comparison.Rounds; round++)
        {
            int slot = Math.Max(round, 0);
            ours[slot] = Quietly(comparison.Ours);
            for (int p = 0; p < present.Count; p++)
                theirs[p][slot] = Quietly(present[p]);
        }
        string floor = "";
        if (comparison.Floor is { } least)
        {
            double times = Median(ours) / least.Seconds;
            floor = string.Create(CultureInfo.InvariantCulture, $"{times:f2}{(comparison.FloorFactor is { } most ? $" (at most {most})" : "")}");
            if (times > comparison.FloorFactor)
                Broken.Add(string.Create(CultureInfo.InvariantCulture, $"{comparison.Name}: {times:f2} times the floor, {comparison.FloorFactor} were promised"));
            _formulas.AppendLine(CultureInfo.InvariantCulture, $"- {comparison.Name}: {least.Formula} = {least.Seconds:g3} s");
        }
        if (comparison.Warmups > 0)
            _formulas.AppendLine(CultureInfo.InvariantCulture, $"- {comparison.Name}: {comparison.Warmups} rounds of everyone before the {comparison.Rounds} timed ones");
        Row(comparison.Name, comparison.Ours.Label, ours, "", "", floor);
        for (int p = 0; p < present.Count; p++)
        {
            double[] ratios = [.. theirs[p].Zip(ours, (t, o) => t / o)];
            string ratio = string.Create(CultureInfo.InvariantCulture, $"{Median(ratios):f2} ({ratios.Min():f2} .. {ratios.Max():f2})");
            if (Median(ratios) < present[p].Required)
                Broken.Add(string.Create(CultureInfo.InvariantCulture, $"{comparison.Name}: {present[p].Label} takes {Median(ratios):f2} times our time, {present[p].Required} were promised"));
            Row("", present[p].Label, theirs[p], ratio, present[p].Required?.ToString(CultureInfo.InvariantCulture) ?? "", "");
        }
    }

    /// <summary>Adds a row; a work's name stands in its first row only.</summary>
    public void Row(string name, string label, double[] seconds, string ratio, string required, string floor)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"| {name} | {label} | {Median(seconds):g3} | {ratio} | {required} | {floor} |");
        log.WriteLine($"  {line}");
        _rows.AppendLine(line);
    }

    /// <summary>The report.</summary>
    public string Render(string command)
    {
        var page = new StringBuilder();
        page.AppendLine("# The same work side by side").AppendLine();
        page.AppendLine(CultureInfo.InvariantCulture, $"- device: {bench.Target.Description.Backend}, {bench.Target.Description.Name}; {bench.Threads} threads on the host; {System.Runtime.InteropServices.RuntimeInformation.OSDescription}; .NET {Environment.Version}");
        page.AppendLine(CultureInfo.InvariantCulture, $"- products in: {bench.Device.Description.NativeLibrary ?? "managed code"}; OPENBLAS_CORETYPE={Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE") ?? "(not set)"}");
        page.AppendLine(CultureInfo.InvariantCulture, $"- peers: {string.Join(", ", bench.Software)}");
        page.AppendLine(CultureInfo.InvariantCulture, $"- rates measured in this run: float32 product {bench.ProductRate / 1e9:f0} GFLOP/s, copy {bench.CopyRate / 1e9:f0} GB/s");
        page.AppendLine(CultureInfo.InvariantCulture, $"- command: `{command}`").AppendLine();
        page.AppendLine("Everyone's result is checked before anyone is timed; then all run in turn, round by round, on the same cores. Seconds are medians; a ratio is the other's time over ours,");
        page.AppendLine("formed within a round: the median, and the smallest and largest. Above 1 we are faster.").AppendLine();
        page.AppendLine("| work | who | seconds | their time / ours | promised | ours / floor |").AppendLine("|---|---|---|---|---|---|");
        page.Append(_rows).AppendLine().AppendLine("Floors and remarks:").AppendLine().Append(_formulas);
        foreach (string remark in bench.Remarks)
            page.AppendLine(CultureInfo.InvariantCulture, $"- {remark}");
        if (Broken.Count > 0)
        {
            page.AppendLine().AppendLine("Promises not kept:").AppendLine();
            foreach (string broken in Broken)
                page.AppendLine(CultureInfo.InvariantCulture, $"- {broken}");
        }
        return page.ToString();
    }

    // Threads of the contestant before may turn on the spot for some hundredths of a second before they sleep.
    private static double Quietly(Contestant contestant)
    {
        Thread.Sleep(100);
        return contestant.Run();
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
    }
}
