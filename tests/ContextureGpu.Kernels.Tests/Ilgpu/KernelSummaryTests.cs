using System.Text.RegularExpressions;
using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>
/// What the speed of each kernel rests on, counted in its PTX and machine code for two generations of GPUs and in its OpenCL C, without having any: tables in the repository, so that
/// a change of the generated code is seen in review, and rules that no kernel may break.
/// </summary>
public sealed partial class KernelSummaryTests
{
    private const string AgreedAssembler = "V11.8.89";

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

    private static readonly (string Title, Func<string, int> Count)[] OpenClColumns =
    [
        ("fma", source => Regex.Count(source, @"\bfma\s*\(")),
        ("loads of 4", source => Accesses(source, Load(), isWhole: true)),
        ("other loads", source => Accesses(source, Load(), isWhole: false)),
        ("stores of 4", source => Accesses(source, Store(), isWhole: true)),
        ("other stores", source => Accesses(source, Store(), isWhole: false)),
        ("barriers", source => Regex.Count(source, @"\bbarrier\s*\(")),
        ("atomics", source => Regex.Count(source, @"\batom(ic)?_\w+\s*\(")),
        ("double", source => Regex.Count(source, @"\bdouble\b")),
        ("local elements", source => LocalElements().Matches(source).Sum(match => int.Parse(match.Groups[1].ValueSpan))),
    ];

    private static readonly (string Title, Func<MachineCode, int> Count)[] MachineColumns =
    [
        ("registers", code => code.Registers),
        ("shared bytes", code => code.SharedBytes),
        ("stack", code => code.StackBytes),
        ("spills", code => code.SpillStores + code.SpillLoads),
        ("groups at a time", code => code.GroupsAtATime(TileGeometry.Threads)),
    ];

    [Fact]
    public void The_ptx_is_the_one_that_was_agreed_on()
    {
        IReadOnlyDictionary<string, string> ampere = GeneratedTexts.PtxFor("sm_80"), hopper = GeneratedTexts.PtxFor("sm_90");
        CommittedTable.Check(
            "kernels.ptx.md", "Instructions in the PTX of each kernel, for sm_80 and, where it differs, sm_90.", Columns.Select(column => column.Title),
            from kernel in ampere.Keys.Order(StringComparer.Ordinal)
            from row in WhereDifferent(kernel, Counts(ampere[kernel]), Counts(hopper[kernel]))
            select row);

        static object[] Counts(string ptx) => [.. Columns.Select(column => (object)column.Count(ptx))];
    }

    [Fact]
    public void The_OpenCl_source_is_the_one_that_was_agreed_on() =>
        CommittedTable.Check(
            "kernels.opencl.md", "Operations in the OpenCL C of each kernel, for a device with float64; memory is read and written in wholes of four elements or in single ones.",
            OpenClColumns.Select(column => column.Title),
            GeneratedTexts.OpenCl.OrderBy(kernel => kernel.Key, StringComparer.Ordinal).Select(kernel => (kernel.Key, OpenClColumns.Select(column => (object)column.Count(kernel.Value)))));

    /// <summary>Only where NVIDIA's assembler is at hand, which decides about registers; another version of it may decide otherwise, so the table names the one it is from.</summary>
    [Fact]
    public void The_machine_code_is_the_one_that_was_agreed_on()
    {
        PtxAssembler assembler = PtxAssembler.Get();
        Assert.SkipUnless(assembler.Version.Contains(AgreedAssembler, StringComparison.Ordinal), $"the table is from ptxas {AgreedAssembler}, here is: {assembler.Version}");
        Dictionary<string, object[]>[] counts = [.. GeneratedTexts.Architectures.Select(architecture => GeneratedTexts.PtxFor(architecture).ToDictionary(
            kernel => kernel.Key,
            kernel => (object[])[.. MachineColumns.Select(column => (object)column.Count(assembler.Assemble(kernel.Key, kernel.Value, architecture)))]))];
        CommittedTable.Check(
            "kernels.sass.md", $"What the machine code of each kernel takes, for sm_80 and, where it differs, sm_90, by ptxas {AgreedAssembler}; groups of 256 threads that a multiprocessor has room for.",
            MachineColumns.Select(column => column.Title),
            from kernel in counts[0].Keys.Order(StringComparer.Ordinal)
            from row in WhereDifferent(kernel, counts[0][kernel], counts[1][kernel])
            select row);
    }

    [Fact]
    public void No_kernel_leaves_its_registers_calls_or_computes_in_a_type_it_was_not_asked_for()
    {
        foreach ((string kernel, string ptx) in GeneratedTexts.PtxFor("sm_80"))
        {
            Assert.False(Count("local", ptx) > 0, $"{kernel} uses local memory");
            Assert.False(Count("calls", ptx) > 0, $"{kernel} calls a function");
            Assert.False(Count("generic ld, st", ptx) > 0, $"{kernel} accesses memory whose space is not known");
            if (kernel.Contains("Single", StringComparison.Ordinal) && !kernel.Contains("Double", StringComparison.Ordinal))
                Assert.False(Count("f64", ptx) > 0, $"{kernel} computes in float64");
        }

        static int Count(string title, string ptx) => Columns.Single(column => column.Title == title).Count(ptx);
    }

    [Fact]
    public void No_kernel_in_OpenCl_computes_in_a_type_it_was_not_asked_for()
    {
        foreach ((string kernel, string source) in GeneratedTexts.OpenCl.Where(text => text.Key.Contains("Single", StringComparison.Ordinal) && !text.Key.Contains("Double", StringComparison.Ordinal)))
            Assert.False(Regex.IsMatch(source, @"\bdouble\b"), $"{kernel} computes in float64");
    }

    private static IEnumerable<(string Row, IEnumerable<object> Values)> WhereDifferent(string kernel, object[] ampere, object[] hopper)
    {
        yield return (kernel, ampere);
        if (!ampere.SequenceEqual(hopper))
            yield return ($"{kernel}, sm_90", hopper);
    }

    // Four elements move as one structure; the type of the value is found at its declaration.
    private static int Accesses(string source, Regex access, bool isWhole)
    {
        HashSet<string> structures = [.. StructureVariable().Matches(source).Select(match => match.Groups[1].Value)];
        return access.Matches(source).Count(match => structures.Contains(match.Groups[1].Value) == isWhole);
    }

    [GeneratedRegex(@"^\s*struct \w+ (var\d+);", RegexOptions.Multiline)]
    private static partial Regex StructureVariable();

    [GeneratedRegex(@"^\s*(var\d+) =\s+\*\s+var\d+;", RegexOptions.Multiline)]
    private static partial Regex Load();

    [GeneratedRegex(@"^\s*\*\s+var\d+ =\s+(var\d+);", RegexOptions.Multiline)]
    private static partial Regex Store();

    [GeneratedRegex(@"^\s*local \w+(?: \w+)? var\d+\[(\d+)\];", RegexOptions.Multiline)]
    private static partial Regex LocalElements();

    [GeneratedRegex(@"\.shared\s[^;]*\.b8\s+\S+\[(\d+)\]")]
    private static partial Regex SharedBytes();
}
