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
        (int exitCode, string output, string errors) = await TestProcess.Run(["-class", typeof(KernelLoopsTests).FullName!], switchedOff, (KernelLoopsTests.WidthVariable, $"{bits}"));
        Assert.True(exitCode == 0, $"{string.Join(", ", switchedOff)} = 0: exit code {exitCode}\n{output}\n{errors}");
        Assert.Matches(@"Total: [1-9]\d*, Errors: 0, Failed: 0, Skipped: 0", output);
    }
}
