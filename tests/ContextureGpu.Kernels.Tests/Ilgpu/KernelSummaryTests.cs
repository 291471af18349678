using System.Text;
using System.Text.RegularExpressions;
using ContextureGpu.Kernels.Ilgpu;
using ContextureGpu.Testing;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>
/// What the speed of each kernel rests on, counted in its PTX for two generations of GPUs without having either: a table in the repository, so that a change of the generated
/// code is seen in review, and rules that no kernel may break.
/// </summary>
public sealed partial class KernelSummaryTests
{
    private const string Accept = "CONTEXTURE_ACCEPT_KERNELS";

    private static readonly (string Title, Func<string, int> Count)[] Columns =
    [
        ("fma", ptx => Regex.Count(ptx, @"\bfma\.rn\.")),
        ("ld.global 16 B", ptx => Regex.Count(ptx, @"\bld\.global\.(v4\.[fbsu]32|v2\.[fbsu]64)")),
        ("other ld.global", ptx => Regex.Count(ptx, @"\bld\.global\.(?!v4\.[fbsu]32|v2\.[fbsu]64)")),
        ("st.global 16 B", ptx => Regex.Count(ptx, @"\bst\.global\.(v4\.[fbsu]32|v2\.[fbsu]64)")),
        ("other st.global", ptx => Regex.Count(ptx, @"\bst\.global\.(?!v4\.[fbsu]32|v2\.[fbsu]64)")),
        ("ld.shared 16 B", ptx => Regex.Count(ptx, @"\bld\.shared\.(v4\.[fbsu]32|v2\.[fbsu]64)")),
        ("other ld.shared", ptx => Regex.Count(ptx, @"\bld\.shared\.(?!v4\.[fbsu]32|v2\.[fbsu]64)")),
        ("generic ld, st", ptx => Regex.Count(ptx, @"\b(ld|st)\.(v\d\.)?[fbsu]\d+")),
        ("local", ptx => Regex.Count(ptx, @"\.local\b")),
        ("barriers", ptx => Regex.Count(ptx, @"\bbar\.sync")),
        ("calls", ptx => Regex.Count(ptx, @"\bcall\b")),
        ("f64", ptx => Regex.Count(ptx, @"\b(add|sub|mul|fma|div|sqrt|max|min|neg|abs|cvt)\.[a-z0-9.]*f64")),
        ("shared bytes", ptx => SharedBytes().Matches(ptx).Sum(match => int.Parse(match.Groups[1].ValueSpan))),
    ];

    [Fact]
    public void The_generated_code_is_the_one_that_was_agreed_on()
    {
        string file = Path.Combine(Repository.Root, "tests", "ContextureGpu.Kernels.Tests", "Ilgpu", "kernels.ptx.md");
        string actual = Table();
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, actual);
        string agreed = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        string[] before = agreed.Split('\n'), after = actual.Split('\n');
        string[] differences = [.. before.Except(after).Select(line => $"- {line}"), .. after.Except(before).Select(line => $"+ {line}")];
        Assert.True(differences.Length == 0,
            $"""
            The code generated for the kernels has changed:
            {string.Join('\n', differences)}
            If that is meant, accept it with one command from the root of the repository:
            {Accept}=1 dotnet run -c Release --project tests/ContextureGpu.Kernels.Tests -- -class "*KernelSummaryTests"
            """);
    }

    [Fact]
    public void No_kernel_leaves_its_registers_calls_or_computes_in_a_type_it_was_not_asked_for()
    {
        foreach ((string kernel, string ptx) in Texts(CudaArchitecture.SM_80))
        {
            Assert.False(Count("local", ptx) > 0, $"{kernel} uses local memory");
            Assert.False(Count("calls", ptx) > 0, $"{kernel} calls a function");
            Assert.False(Count("generic ld, st", ptx) > 0, $"{kernel} accesses memory whose space is not known");
            if (kernel.Contains("Single", StringComparison.Ordinal) && !kernel.Contains("Double", StringComparison.Ordinal))
                Assert.False(Count("f64", ptx) > 0, $"{kernel} computes in float64");
        }

        static int Count(string title, string ptx) => Columns.Single(column => column.Title == title).Count(ptx);
    }

    private static string Table()
    {
        Dictionary<string, string> ampere = Texts(CudaArchitecture.SM_80), hopper = Texts(CudaArchitecture.SM_90);
        var page = new StringBuilder();
        page.Append("Instructions in the PTX of each kernel, for sm_80 and, where it differs, sm_90. Written by KernelSummaryTests.\n\n");
        page.Append("| kernel | ").AppendJoin(" | ", Columns.Select(column => column.Title)).Append(" |\n|---|").Insert(page.Length, "---|", Columns.Length).Append('\n');
        foreach (string kernel in ampere.Keys.Order(StringComparer.Ordinal))
        {
            (string first, string second) = (Row(ampere[kernel]), Row(hopper[kernel]));
            page.Append("| ").Append(kernel).Append(first).Append('\n');
            if (first != second)
                page.Append("| ").Append(kernel).Append(", sm_90").Append(second).Append('\n');
        }
        return page.ToString();

        static string Row(string ptx) => $" | {string.Join(" | ", Columns.Select(column => column.Count(ptx)))} |";
    }

    private static Dictionary<string, string> Texts(CudaArchitecture architecture)
    {
        using Context context = AcceleratorCatalog.CreateContext(BackendKind.IlgpuCpu);
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_80, null);
        return KernelRegistry.Closed.ToDictionary(kernel => kernel.Key, kernel => ((PTXCompiledKernel)KernelLoader.Compile(backend, kernel.Value)).PTXAssembly);
    }

    [GeneratedRegex(@"\.shared\s[^;]*\.b8\s+\S+\[(\d+)\]")]
    private static partial Regex SharedBytes();
}
