using System.Text.RegularExpressions;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// Corrections of the text that ILGPU 1.5.3 generates, and the search for constructs in it that are known to be wrong or slow.
/// </summary>
internal static partial class GeneratedCode
{
    private const string FullFence = "CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE";

    /// <summary>
    /// PTX as it may be loaded: ILGPU takes branches for uniform whose condition depends on the thread by control flow or through memory, so a
    /// conditional <c>bra.uni</c> promises too much.
    /// </summary>
    public static string CorrectPtx(string ptx) => ConditionalUniformBranch().Replace(ptx, "$1bra");

    /// <summary>
    /// OpenCL C as it may be built: ILGPU's barrier orders global memory only, and its atomics point into the generic address space, which not every device has.
    /// </summary>
    public static string CorrectOpenCl(string source) =>
        AtomicPointer().Replace(GlobalOnlyBarrier().Replace(source, $"barrier({FullFence})"), "(volatile global $1*)");

    /// <summary>What is wrong with corrected PTX; nothing for code that may run.</summary>
    public static IEnumerable<string> FaultsInPtx(string ptx)
    {
        if (ConditionalUniformBranch().IsMatch(ptx))
            yield return "a conditional branch is declared uniform (bra.uni)";
        if (IntegerOneAsFloat().IsMatch(ptx))
            yield return "the bit pattern 1 is used as a floating-point number: `condition ? 1 : 0` with integer literals was converted";
        if (SignedRightShift().IsMatch(ptx))
            yield return "a signed right shift: an integer division by a power of two (wrong below zero), or >> on a signed number";
        if (UndefinedCall().IsMatch(ptx))
            yield return "a call: everything is to be inlined";
        if (LocalMemory().IsMatch(ptx))
            yield return "local memory (.local): an array or structure is not held in registers";
        if (GenericAccess().IsMatch(ptx))
            yield return "a load or store through a generic pointer";
    }

    /// <summary>What is wrong with corrected OpenCL C; nothing for code that may run.</summary>
    public static IEnumerable<string> FaultsInOpenCl(string source)
    {
        if (AnyBarrier().Matches(source).Any(barrier => !barrier.Value.Contains(FullFence, StringComparison.Ordinal)))
            yield return "a barrier that does not order local memory";
        if (AtomicCall().IsMatch(source))
            yield return "an atomic operation";
        if (SmallestSubnormal().IsMatch(source))
            yield return "the bit pattern 1 is used as a floating-point number: `condition ? 1 : 0` with integer literals was converted";
    }

    [GeneratedRegex(@"(@!?%p\d+\s+)bra\.uni")]
    private static partial Regex ConditionalUniformBranch();

    [GeneratedRegex(@"work_group_barrier\s*\(\s*CLK_GLOBAL_MEM_FENCE\s*\)")]
    private static partial Regex GlobalOnlyBarrier();

    [GeneratedRegex(@"barrier\s*\([^)]*\)")]
    private static partial Regex AnyBarrier();

    [GeneratedRegex(@"\batom(ic)?_\w+\s*\(")]
    private static partial Regex AtomicCall();

    [GeneratedRegex(@"\((atomic_\w+)\*\)")]
    private static partial Regex AtomicPointer();

    [GeneratedRegex(@"\b0f00000001\b|\b0d0000000000000001\b")]
    private static partial Regex IntegerOneAsFloat();

    [GeneratedRegex(@"\bshr\.s(16|32|64)\b")]
    private static partial Regex SignedRightShift();

    [GeneratedRegex(@"^\s*(@!?%p\d+\s+)?call\b", RegexOptions.Multiline)]
    private static partial Regex UndefinedCall();

    [GeneratedRegex(@"\.local\b")]
    private static partial Regex LocalMemory();

    [GeneratedRegex(@"^\s*(@!?%p\d+\s+)?(ld|st)\.(v[24]\.)?[busf](8|16|32|64)\b", RegexOptions.Multiline)]
    private static partial Regex GenericAccess();

    [GeneratedRegex(@"1\.401298\d*[eE]-0*45|4\.940656\d*[eE]-324|0x0*1p-(149|1074)\b", RegexOptions.IgnoreCase)]
    private static partial Regex SmallestSubnormal();
}
