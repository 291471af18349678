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
        string data = folder.File("data.csv");
        var random = new Random(3);
        await File.WriteAllLinesAsync(
            data,
            ["Sex,Length,Height,Class_Rings", .. Enumerable.Range(0, 260).Select(i => string.Create(CultureInfo.InvariantCulture, $"{"MFI"[i % 3]},{random.NextDouble():f5},{random.NextDouble():f5},{i % 9}"))],
            TestContext.Current.CancellationToken);
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
}
