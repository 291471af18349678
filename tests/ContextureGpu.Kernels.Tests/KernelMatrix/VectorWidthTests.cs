using System.Diagnostics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ContextureGpu.Kernels.Tests.KernelMatrix;

/// <summary>The loops of kernel matrices in child processes whose runtime is told that the processor has less than it has.</summary>
public sealed class VectorWidthTests
{
    [Theory]
    [InlineData(256, "DOTNET_EnableAVX512", "DOTNET_EnableAVX512F")]
    [InlineData(128, "DOTNET_EnableAVX2")]
    [InlineData(128, "DOTNET_EnableHWIntrinsic")]
    public async Task Narrow_vectors_give_right_results(int bits, params string[] switchedOff)
    {
        Assert.SkipUnless(X86Base.IsSupported && Vector256.IsHardwareAccelerated, "the switches exist on x86 processors with AVX2");
        string assembly = typeof(KernelLoopsTests).Assembly.Location, program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(assembly);
        start.ArgumentList.Add("-class");
        start.ArgumentList.Add(typeof(KernelLoopsTests).FullName!);
        start.Environment[KernelLoopsTests.WidthVariable] = $"{bits}";
        foreach (string variable in switchedOff)
            start.Environment[variable] = "0";
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(child.ExitCode == 0, $"{string.Join(", ", switchedOff)} = 0: exit code {child.ExitCode}\n{await output}\n{await errors}");
        Assert.Matches(@"Total: [1-9]\d*, Errors: 0, Failed: 0, Skipped: 0", await output);
    }
}
