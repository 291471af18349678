using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>NVIDIA's assembler, which needs no GPU: from PTX to the machine code of one generation of GPUs, with what that takes of the machine.</summary>
/// <remarks>It comes with every CUDA toolkit. <c>nvdisasm</c>, which lists the machine code, is looked for in the same folder.</remarks>
internal sealed partial class PtxAssembler
{
    /// <summary>The environment variable that names the assembler where it is not on the path.</summary>
    public const string Variable = "CONTEXTURE_PTXAS";

    private static readonly Lazy<PtxAssembler?> Found = new(Find);

    private readonly string _assembler, _disassembler;
    private readonly Lazy<string> _version;
    private readonly ConcurrentDictionary<(string Ptx, string Architecture), MachineCode> _assembled = [];

    private PtxAssembler(string assembler, string disassembler)
    {
        (_assembler, _disassembler) = (assembler, disassembler);
        _version = new Lazy<string>(() => Run(_assembler, "--version").Output);
    }

    /// <summary>The assembler, or the end of the test with the reason.</summary>
    public static PtxAssembler Get()
    {
        if (Found.Value is null)
            Assert.Skip($"no ptxas with nvdisasm beside it is on the path; name one in {Variable} (Debian's package nvidia-cuda-toolkit has both, unpacking it is enough)");
        return Found.Value;
    }

    /// <summary>What the assembler says of itself.</summary>
    public string Version => _version.Value;

    /// <summary>Assembles one kernel for an architecture such as <c>sm_80</c>; the same text once only.</summary>
    public MachineCode Assemble(string name, string ptx, string architecture) =>
        _assembled.GetOrAdd((ptx, architecture), _ => AssembleNew(name, ptx, architecture));

    private MachineCode AssembleNew(string name, string ptx, string architecture)
    {
        string folder = Directory.CreateTempSubdirectory("contexture-ptx").FullName;
        try
        {
            string text = Path.Combine(folder, "kernel.ptx"), binary = Path.Combine(folder, "kernel.cubin");
            File.WriteAllText(text, ptx);
            (int status, string report) = Run(_assembler, "-v", $"-arch={architecture}", "-o", binary, text);
            Assert.True(status == 0, $"ptxas refuses {name} for {architecture}:\n{report}");
            // Bodies of intrinsics are functions of their own, which nobody calls: the entry point alone counts.
            Match entry = EntryReport().Match(report);
            Assert.True(entry.Success, $"ptxas says nothing about the entry point of {name}:\n{report}");
            return new MachineCode(
                architecture, Number(entry, "registers"), SharedBytes().Match(entry.Groups["rest"].Value) is { Success: true } shared ? Number(shared, "bytes") : 0,
                Number(entry, "stack"), Number(entry, "stores"), Number(entry, "loads"),
                Disassemble(File.ReadAllBytes(binary)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Much slower than assembling, so only for who asks.
    private Lazy<string> Disassemble(byte[] binary) => new(() =>
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, binary);
            (int status, string listing) = Run(_disassembler, "-c", file);
            Assert.True(status == 0, $"nvdisasm refuses what ptxas made:\n{listing}");
            // The section of the entry point; functions have sections of their own.
            return string.Join('\n', Sections().Split(listing).Where(section => section.Contains(".text.Kernel", StringComparison.Ordinal)));
        }
        finally
        {
            File.Delete(file);
        }
    });

    private static int Number(Match match, string group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static PtxAssembler? Find()
    {
        IEnumerable<string> candidates = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named
            ? [named]
            : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(folder => Path.Combine(folder, "ptxas"));
        return candidates
            .Select(path => new PtxAssembler(path, Path.Combine(Path.GetDirectoryName(path) ?? "", "nvdisasm")))
            .FirstOrDefault(tools => File.Exists(tools._assembler) && File.Exists(tools._disassembler));
    }

    private static (int Status, string Output) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    [GeneratedRegex(@"Compiling entry function[^\n]*\n[^\n]*Function properties[^\n]*\n\s*(?<stack>\d+) bytes stack frame, (?<stores>\d+) bytes spill stores, (?<loads>\d+) bytes spill loads\s*\n[^\n]*Used (?<registers>\d+) registers(?<rest>[^\n]*)")]
    private static partial Regex EntryReport();

    [GeneratedRegex(@"(?<bytes>\d+) bytes smem")]
    private static partial Regex SharedBytes();

    [GeneratedRegex(@"(?=^//-+ \.text\.)", RegexOptions.Multiline)]
    private static partial Regex Sections();
}

/// <summary>Machine code of a kernel, and what a thread or a group of it takes.</summary>
/// <param name="Architecture">What it is for.</param>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="SharedBytes">Shared memory of a group.</param>
/// <param name="StackBytes">Local memory of a thread that holds arrays and structures.</param>
/// <param name="SpillStores">Bytes of registers written to local memory.</param>
/// <param name="SpillLoads">Bytes of registers read from there.</param>
/// <param name="Listing">The instructions.</param>
internal sealed record MachineCode(string Architecture, int Registers, int SharedBytes, int StackBytes, int SpillStores, int SpillLoads, Lazy<string> Listing)
{
    /// <summary>Instructions whose name matches a pattern.</summary>
    public int Count(string pattern) => Regex.Count(Listing.Value, @"^\s+/\*[0-9a-f]+\*/\s+(@!?U?P\w+\s+)?(?:" + pattern + @")[\s;]", RegexOptions.Multiline);

    /// <summary>Accesses to local memory between a label and a jump back to it.</summary>
    public int LocalAccessesInLoops
    {
        get
        {
            string[] lines = Listing.Value.Split('\n');
            Dictionary<string, int> labels = lines.Select((line, i) => (Label: Regex.Match(line, @"^(\.L_\w+):").Groups[1].Value, i)).Where(label => label.Label.Length > 0).ToDictionary(label => label.Label, label => label.i);
            HashSet<int> looped = [];
            for (int i = 0; i < lines.Length; i++)
            {
                if (Regex.Match(lines[i], @"\bBRA\b.*`\((\.L_\w+)\)") is { Success: true } jump && labels.TryGetValue(jump.Groups[1].Value, out int start) && start < i)
                    looped.UnionWith(Enumerable.Range(start, i - start));
            }
            return looped.Count(i => Regex.IsMatch(lines[i], @"\b(LDL|STL)\b"));
        }
    }

    /// <summary>
    /// Groups of so many threads that a multiprocessor has room for: 65,536 registers, of which a warp takes portions of 256, 2,048 threads, and the shared memory of the
    /// generation, of which each group takes 1 KB more for the system (CUDA C++ Programming Guide, "Compute Capabilities").
    /// </summary>
    public int GroupsAtATime(int threads)
    {
        int warps = threads / 32, registersOfWarp = ((Registers * 32) + 255) / 256 * 256, shared = Architecture == "sm_80" ? 164 << 10 : 228 << 10;
        return Math.Min(Math.Min(65536 / registersOfWarp / warps, 2048 / threads), shared / (SharedBytes + 1024));
    }
}
