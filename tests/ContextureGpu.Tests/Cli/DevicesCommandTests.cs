using System.Diagnostics;
using System.Text.Json;
using ContextureGpu.Cli;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Tests.Cli;

/// <summary><c>contexture devices</c> with and without a cache of speeds.</summary>
public sealed class DevicesCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("contexture-devices-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task QuietIsTheSelectorAlone()
    {
        string output = await Run("off", "devices", "--quiet");
        Assert.Matches("^(cpu|cuda:[0-9]+|opencl:[0-9]+)\n$", output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task SpeedsAreKeptUntilTheyAreMeasuredAgain()
    {
        double first = Speed(await Run(_folder, "devices", "--json")), kept = Speed(await Run(_folder, "devices", "--json"));
        Assert.True(File.Exists(Path.Combine(_folder, SpeedCache.FileName)));
        Assert.Equal(first, kept);
        Assert.NotEqual(kept, Speed(await Run(_folder, "devices", "--json", "--measure")));
        string text = await Run(_folder, "devices");
        Assert.Contains("GFLOP/s (float32 product)", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutACacheNothingIsWritten()
    {
        _ = await Run("off", "devices", "--json");
        Assert.Empty(Directory.GetFiles(_folder, SpeedCache.FileName, SearchOption.AllDirectories)); // OpenCL drivers have caches of their own there
    }

    private static double Speed(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.GetProperty("devices")[0].GetProperty("productGflops").GetDouble();
    }

    private async Task<string> Run(string cache, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(DemoData).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment[SpeedCache.FolderVariable] = cache;
        start.Environment["XDG_CACHE_HOME"] = _folder;
        start.Environment.Remove(DeviceScheduler.DeviceVariable);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(Token), errors = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == 0, await errors);
        return await output;
    }
}
