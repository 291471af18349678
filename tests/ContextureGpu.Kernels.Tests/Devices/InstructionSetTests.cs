using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.Intrinsics;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>The products once more in processes in which .NET is told not to use the widest vectors, so that the code for narrower ones is tested on any machine.</summary>
public sealed class InstructionSetTests
{
    private const string WidestVariable = "CONTEXTURE_TEST_WIDEST_VECTOR";

    [Theory]
    [InlineData(256)]
    [InlineData(128)]
    public async Task ProductsWithNarrowerVectors(int widest)
    {
        if (Environment.GetEnvironmentVariable(WidestVariable) is not null)
            return; // the process below
        if (Vector<byte>.Count * 8 < widest || (widest == 256 && !Vector512.IsHardwareAccelerated))
            Assert.Skip($"the vectors of this machine are not wider than {widest} bits");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])[typeof(InstructionSetTests).Assembly.Location, "-class", typeof(ProductPropertyTests).FullName!, "-class", typeof(InstructionSetTests).FullName!])
            start.ArgumentList.Add(argument);
        start.Environment[WidestVariable] = widest.ToString(CultureInfo.InvariantCulture);
        foreach (string name in widest == 256 ? ["EnableAVX512", "EnableAVX512F"] : (string[])["EnableAVX512", "EnableAVX512F", "EnableAVX2"])
            start.Environment[$"DOTNET_{name}"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await output + await errors);
    }

    /// <summary>In such a process: the switch had its effect.</summary>
    [Fact]
    public void VectorsAreAsNarrowAsAskedFor()
    {
        if (Environment.GetEnvironmentVariable(WidestVariable) is not { } widest)
        {
            Assert.True(Vector<byte>.Count >= Vector128<byte>.Count);
            return;
        }
        Assert.False(Vector512.IsHardwareAccelerated);
        Assert.Equal(int.Parse(widest, CultureInfo.InvariantCulture), Vector<byte>.Count * 8);
    }
}
