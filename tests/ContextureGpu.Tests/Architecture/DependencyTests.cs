using System.Reflection;
using System.Text.RegularExpressions;
using ContextureGpu.Cli;
using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Architecture;

/// <summary>Dependencies point one way: command line, library, kernels. Contexts know no device but the one they are handed; only the scheduler chooses one.</summary>
public sealed partial class DependencyTests
{
    private static readonly Assembly Kernels = typeof(ComputeDevice).Assembly, Library = typeof(ContextureEngine).Assembly, Program = typeof(DemoData).Assembly;

    [Fact]
    public void Assemblies_refer_downwards()
    {
        Assert.DoesNotContain(References(Kernels), name => name == Library.GetName().Name || name == Program.GetName().Name);
        Assert.DoesNotContain(References(Library), name => name == Program.GetName().Name);
        Assert.Contains(Kernels.GetName().Name, References(Library));
        Assert.Contains(Library.GetName().Name, References(Program));
        // The library reaches hardware through the kernels alone, the program prints and parses.
        Assert.DoesNotContain(References(Library), name => name.StartsWith("ILGPU", StringComparison.Ordinal) || name.StartsWith("System.CommandLine", StringComparison.Ordinal));
        Assert.DoesNotContain(References(Program), name => name.StartsWith("ILGPU", StringComparison.Ordinal) || name.StartsWith("MathNet", StringComparison.Ordinal));
    }

    [Fact]
    public void Kernels_know_no_context()
    {
        Assert.All(Kernels.GetTypes(), type => Assert.True(
            type.Namespace is null || type.Namespace == "ContextureGpu.Kernels" || type.Namespace.StartsWith("ContextureGpu.Kernels.", StringComparison.Ordinal) || !type.Namespace.StartsWith("ContextureGpu", StringComparison.Ordinal),
            $"{type} lies outside the kernels"));
        Nowhere("kernels", LibraryNames(), _ => false, "the kernels do not know the library");
    }

    [Fact]
    public void Contexts_mention_no_device_but_the_one_they_are_handed()
    {
        // ComputeDevice is the seam: binding hands it to the search for neighbours.
        Nowhere("src/ContextureGpu/Contexts", DeviceNames(), _ => false, "a context does not know devices");
        Nowhere("src/ContextureGpu/Contexts", SeamName(), path => path is "src/ContextureGpu/Contexts/ContextBinding.cs" or "src/ContextureGpu/Contexts/BoundContext.cs" or "src/ContextureGpu/Contexts/ProjectedContext.cs"
            or "src/ContextureGpu/Contexts/PosteriorContext.cs" or "src/ContextureGpu/Contexts/FeatureContext.cs" or "src/ContextureGpu/Contexts/NeighborGraph.cs"
            or "src/ContextureGpu/Contexts/LocalScaleBinding.cs" or "src/ContextureGpu/Contexts/FreshValues.cs" or "src/ContextureGpu/Contexts/StoredAverage.cs", "only binding sees the seam");
        Nowhere("src/ContextureGpu/Operators", DeviceNames(), _ => false, "an operator does not know devices");
        Nowhere("src/ContextureGpu/Data", AnyKernelName(), _ => false, "reading data needs no device");
    }

    [Fact]
    public void Only_the_scheduler_chooses_devices()
    {
        // New rows of a model and the small problems of the host are computed on this machine's processor: no choice is made there.
        Nowhere("src", Discovery(), path => path is "src/ContextureGpu/Compute/DeviceScheduler.cs", "only the scheduler looks for devices");
        Nowhere("src", ProcessorOpened(), path => path is "src/ContextureGpu/Compute/DeviceScheduler.cs" or "src/ContextureGpu/ContextureEngine.cs" or "src/ContextureGpu/Spectral/SpectralModel.cs"
            or "src/ContextureGpu/Encoders/EncoderModel.cs"
            or "src/ContextureGpu.Cli/Commands/AlignCommand.cs" or "src/ContextureGpu.Cli/Experiments/AlignmentTask.cs", "the processor is opened in the places listed here");
    }

    [Fact]
    public void The_search_finds_what_it_looks_for()
    {
        Assert.Matches(LibraryNames(), "using ContextureGpu.Spectral;");
        Assert.Matches(LibraryNames(), "    public void Bind(KnnContext knn)");
        Assert.DoesNotMatch(LibraryNames(), "using ILGPU; Context context = accelerator.Context; CudaCapabilityContext x; namespace ContextureGpu.Kernels;");
        Assert.Matches(DeviceNames(), "using CpuDevice d;");
        Assert.DoesNotMatch(DeviceNames(), "ComputeDevice device");
        Assert.Matches(Discovery(), "IlgpuDevices.Open(x)");
        Assert.Equal("a  b", WithoutComments("a // CpuDevice\n b").Replace("\n", "", StringComparison.Ordinal));
    }

    private static void Nowhere(string folder, Regex forbidden, Func<string, bool> allowed, string rule)
    {
        (string Path, string Text)[] sources = [.. Repository.Sources(folder)];
        Assert.NotEmpty(sources);
        string[] found = [.. from source in sources
                             where !allowed(source.Path)
                             let match = forbidden.Match(WithoutComments(source.Text))
                             where match.Success
                             select $"{source.Path}: '{match.Value}'"];
        Assert.True(found.Length == 0, $"{rule}: {string.Join("; ", found)}");
        foreach ((string path, string text) in sources.Where(s => allowed(s.Path)))
            Assert.True(forbidden.IsMatch(WithoutComments(text)), $"{path} is an exception without need");
    }

    private static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(name => name.Name!);

    private static string WithoutComments(string text) => Comment().Replace(text, "");

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\b(ContextureGpu\.(Spectral|Operators|Cli|Testing)|(Knn|Rbf|Labels|Graph|Convolution|Combination|Concatenation|Bound)Context|ContextureEngine|SpectralModel|LinearOperator|DataTable)\b")]
    private static partial Regex LibraryNames();

    [GeneratedRegex(@"\b(CpuDevice\w*|Ilgpu\w*|Cuda\w*|OpenCl\w*|BackendKind|DeviceDescription|DeviceScheduler|DeviceSurvey)\b")]
    private static partial Regex DeviceNames();

    [GeneratedRegex(@"\bComputeDevice\b")]
    private static partial Regex SeamName();

    [GeneratedRegex(@"\b(ContextureGpu\.Kernels|ComputeDevice|Arithmetic)\b")]
    private static partial Regex AnyKernelName();

    [GeneratedRegex(@"\b(IlgpuDevices|IlgpuDiscovery\w*)\b")]
    private static partial Regex Discovery();

    [GeneratedRegex(@"\bCpuDevice\.Open\b")]
    private static partial Regex ProcessorOpened();
}
