using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ContextureGpu.Cli;
using ContextureGpu.Tests.Data;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary><c>reproduce abalone-alignment</c> on a stand-in of the data's form: that it runs through and says what it says, not how well it aligns.</summary>
public sealed class ReproduceCommandTests
{
    [Fact]
    public async Task The_alignment_experiment_runs_through()
    {
        using var folder = new TemporaryFolder();
        string data = await WriteStandIn(folder);
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in new[]
        {
            typeof(DemoData).Assembly.Location, "reproduce", "abalone-alignment", "--data", data, "--epochs", "2", "3", "--constraint", "whiten", "--width", "32", "--depth", "1",
            "--device", "cpu", "--seed", "5", "--json",
        })
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        JsonElement json = JsonDocument.Parse(await output).RootElement;
        // 70 % of 260 rows.
        Assert.Equal((182, 78), (json.GetProperty("rows").GetInt32(), json.GetProperty("heldOut").GetInt32()));
        Assert.Equal([2, 3], json.GetProperty("trainings").EnumerateArray().Select(t => t.GetProperty("steps").GetInt32()));
        foreach (JsonElement training in json.GetProperty("trainings").EnumerateArray())
        {
            foreach (string name in new[] { "ccaR2", "mutualKnn", "heldOutCcaR2", "heldOutMutualKnn", "ratioTrace" })
                Assert.InRange(training.GetProperty(name).GetDouble(), 0.01, 1 + 1e-6);
        }
    }

    [Fact]
    public async Task A_sweep_goes_on_from_the_trainings_that_are_done()
    {
        using var folder = new TemporaryFolder();
        (string data, string trainings, string plot, string report) = (await WriteStandIn(folder), folder.File("t.csv"), folder.File("p.svg"), folder.File("r.html"));
        string[] command = ["reproduce", "abalone-alignment", "--data", data, "--full", "--depths", "1", "--seeds", "2", "--epochs", "2", "--device", "cpu", "--seed", "5", "--trainings", trainings];
        (int code, string output, string errors) = await Program.Run("", [.. command, "--widths", "16", "8", "--json"]);
        Assert.True(code == 0, errors);
        string?[][] first = Rows(output);
        Assert.Equal(["8", "16", "512"], first.Select(r => r[2]));
        Assert.Equal(4, errors.Split('\n').Count(line => line.Contains("R2_CCA", StringComparison.Ordinal)));
        string[] lines = await File.ReadAllLinesAsync(trainings, TestContext.Current.CancellationToken);
        Assert.Equal(2 + 4, lines.Length);
        // Eight units span eight directions of 128: the others count as 0.
        Assert.All(lines.Skip(2).Select(l => l.Split(',')).Where(c => c[2] == "8"), c => Assert.InRange(double.Parse(c[5], CultureInfo.InvariantCulture), 0.001, 8.0 / 128));

        // Two seeds of one more width are all that is left to do, and what was done comes back as it was.
        (code, output, errors) = await Program.Run("", [.. command, "--widths", "8", "16", "32", "--json", "--plot", plot, "--report", report]);
        Assert.True(code == 0, errors);
        Assert.Equal(2, errors.Split('\n').Count(line => line.Contains("R2_CCA", StringComparison.Ordinal)));
        Assert.Equal(first[0], Rows(output)[0]);
        Assert.Equal(first[1], Rows(output)[1]);
        string drawn = await File.ReadAllTextAsync(plot, TestContext.Current.CancellationToken);
        System.Xml.Linq.XElement svg = System.Xml.Linq.XElement.Parse(drawn);
        Assert.Equal("svg", svg.Name.LocalName);
        Assert.Contains(">depth 1</text>", drawn, StringComparison.Ordinal);
        Assert.Contains("<svg class=\"plot\"", await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        foreach ((string[] arguments, string word) in new (string[], string)[]
        {
            ([.. command, "--lr", "0.01"], "name another file"),
            ([.. command, "--width", "8"], "--widths"),
            ([.. command[..4], "--widths", "8"], "add --full"),
            ([.. command[..5], "--depths", "-1"], "--depths has the value -1"),
            ([.. command, "--plot", trainings], "same file"),
        })
        {
            (code, _, errors) = await Program.Run("", arguments);
            Assert.True(code == 2, $"{string.Join(' ', arguments)}: exit code {code}: {errors}");
            Assert.Contains(word, errors, StringComparison.Ordinal);
        }
        lines[3] = lines[3][..20];
        await File.WriteAllLinesAsync(trainings, lines, TestContext.Current.CancellationToken);
        (code, _, errors) = await Program.Run("", [.. command, "--widths", "8"]);
        Assert.Equal(2, code);
        Assert.Contains("line 4: a training was expected", errors, StringComparison.Ordinal);

        static string?[][] Rows(string output) =>
            [.. JsonDocument.Parse(output).RootElement.GetProperty("tables")[0].GetProperty("rows").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()).ToArray())];
    }

    private static async Task<string> WriteStandIn(TemporaryFolder folder)
    {
        string data = folder.File("data.csv");
        var random = new Random(3);
        await File.WriteAllLinesAsync(
            data,
            ["Sex,Length,Height,Class_Rings", .. Enumerable.Range(0, 260).Select(i => string.Create(CultureInfo.InvariantCulture, $"{"MFI"[i % 3]},{random.NextDouble():f5},{random.NextDouble():f5},{i % 9}"))],
            TestContext.Current.CancellationToken);
        return data;
    }
}
