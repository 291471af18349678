using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>
/// The innermost loops for 16 vector registers keep their sums in them. What the compiler makes of them is read from its own listing: a spilled sum is stored and loaded in every turn,
/// which costs more than half of the speed and changes no result.
/// </summary>
public sealed partial class RegisterTests
{
    private const int LeastSums = 12;

    [Theory]
    [InlineData("Panel`1[float]")]
    [InlineData("Panel`1[double]")]
    [InlineData("InPlaceTile256`1[float]")]
    [InlineData("InPlaceTile256`1[double]")]
    public async Task Sums_stay_in_registers(string type)
    {
        Assert.SkipUnless(Fma.IsSupported, "the listings are those of x86 processors with FMA");
        string listing = await Listing;
        string[] methods = [.. MethodStart().Split(listing).Where(method => method.Contains($".{type}:Sum", StringComparison.Ordinal) && method.Contains("(FullOpts)", StringComparison.Ordinal))];
        Assert.True(methods.Length > 0, $"no listing of {type}:\n{listing[..Math.Min(2000, listing.Length)]}");
        foreach (string method in methods)
        {
            string[] loops = [.. BlockStart().Split(method).Where(block => Sums().Count(block) >= LeastSums)];
            Assert.True(loops.Length > 0, $"no block with {LeastSums} sums in:\n{method}");
            Assert.All(loops, loop => Assert.False(Spill().IsMatch(loop), $"a sum is spilled in:\n{loop}"));
        }
    }

    [GeneratedRegex(@"^; Assembly listing for method ", RegexOptions.Multiline)]
    private static partial Regex MethodStart();

    [GeneratedRegex(@"^G_M\d+_IG\d+:", RegexOptions.Multiline)]
    private static partial Regex BlockStart();

    [GeneratedRegex("vfmadd")]
    private static partial Regex Sums();

    [GeneratedRegex(@"ymmword ptr \[r[bs]p")]
    private static partial Regex Spill();

    // Once for all cases: a process that computes products without 512-bit vectors.
    private static Task<string> Listing => field ??= ReadListing();

    private static async Task<string> ReadListing()
    {
        string file = Path.Combine(Path.GetTempPath(), $"contexture-{Guid.NewGuid():N}.txt");
        try
        {
            (int exitCode, string output, string errors) = await TestProcess.Run(
                ["-class", typeof(ProductPropertyTests).FullName!], TestProcess.No512Bits, ("DOTNET_JitDisasm", "Sum"), ("DOTNET_JitStdOutFile", file));
            Assert.True(exitCode == 0, output + errors);
            return await File.ReadAllTextAsync(file);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
