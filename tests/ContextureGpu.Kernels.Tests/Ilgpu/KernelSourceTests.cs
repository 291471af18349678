using System.Text.RegularExpressions;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>Rules for the text of kernels that no compiler checks.</summary>
public sealed class KernelSourceTests
{
    private static readonly Dictionary<string, string> Sources = ReadSources();

    [Fact]
    public void Kernels_are_found() => Assert.True(KernelRegistry.Marked.Count >= 11, $"{KernelRegistry.Marked.Count} kernels");

    [Fact]
    public void No_kernel_returns_before_its_last_barrier()
    {
        foreach (var method in KernelRegistry.Marked)
        {
            string body = Body(Sources[method.DeclaringType!.Name], method.Name);
            Assert.False(ReturnsBeforeLastBarrier(body), $"{method.DeclaringType.Name}.{method.Name} returns before its last barrier");
        }
        Assert.True(ReturnsBeforeLastBarrier("{ if (i >= n) return; Group.Barrier(); x[i] = 1; }"));
        Assert.False(ReturnsBeforeLastBarrier("{ Group.Barrier(); if (i >= n) return; x[i] = 1; }"));
    }

    [Fact]
    public void Kernels_are_loaded_by_the_loader_only()
    {
        foreach ((string name, string text) in Sources.Where(source => source.Key != "KernelLoader"))
            Assert.False(Regex.IsMatch(text, @"\.Load\w*Kernel\b|CreateLauncherDelegate|\.Compile\("), $"{name} loads a kernel by itself");
        Assert.Matches(@"\.LoadKernel\b", Sources["KernelLoader"]);
    }

    [Fact]
    public void Kernels_use_no_atomics()
    {
        foreach ((string name, string text) in Sources)
            Assert.False(Regex.IsMatch(text, @"\bAtomic\.\w+\("), $"{name} uses an atomic");
    }

    [Fact]
    public void Every_kernel_is_handed_to_a_session()
    {
        string all = string.Join("\n", Sources.Values);
        foreach (var method in KernelRegistry.Marked)
            Assert.True(Regex.IsMatch(all, $@"^\s+{method.DeclaringType!.Name}\.{method.Name}(<[\w, <>]+>)?,", RegexOptions.Multiline), $"{method.DeclaringType.Name}.{method.Name} is never launched");
    }

    private static bool ReturnsBeforeLastBarrier(string body)
    {
        int barrier = body.LastIndexOf("Group.Barrier()", StringComparison.Ordinal);
        return barrier > 0 && Regex.IsMatch(body[..barrier], @"\breturn\b");
    }

    // From the kernel's name to the brace that closes its body.
    private static string Body(string source, string kernel)
    {
        int start = source.IndexOf('{', Regex.Match(source, $@"public static void {kernel}(<[^>]+>)?\(").Index), depth = 0;
        for (int i = start; i < source.Length; i++)
        {
            depth += source[i] == '{' ? 1 : source[i] == '}' ? -1 : 0;
            if (depth == 0)
                return source[start..i];
        }
        throw new InvalidOperationException($"no body for {kernel}");
    }

    private static Dictionary<string, string> ReadSources()
    {
        // Not [CallerFilePath]: a deterministic build maps it to a path that does not exist.
        string? root = AppContext.BaseDirectory;
        while (root is not null && !File.Exists(Path.Combine(root, "ContextureGpu.sln")))
            root = Path.GetDirectoryName(root);
        Assert.True(root is not null, "the sources were not found above the test assembly");
        root = Path.Combine(root, "kernels", "ContextureGpu.Kernels");
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Name: Path.GetFileNameWithoutExtension(path), Text: File.ReadAllText(path)))
            .Where(file => file.Text.Contains("namespace ContextureGpu.Kernels.Ilgpu", StringComparison.Ordinal))
            .ToDictionary(file => file.Name, file => file.Text);
    }
}
