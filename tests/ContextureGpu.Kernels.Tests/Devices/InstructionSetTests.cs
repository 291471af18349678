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
        (int exitCode, string output, string errors) = await TestProcess.Run(
            ["-class", typeof(ProductPropertyTests).FullName!, "-class", typeof(InstructionSetTests).FullName!],
            widest == 256 ? TestProcess.No512Bits : [.. TestProcess.No512Bits, "DOTNET_EnableAVX2"], (WidestVariable, widest.ToString(CultureInfo.InvariantCulture)));
        Assert.True(exitCode == 0, output + errors);
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
