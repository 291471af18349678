using Xunit;

namespace ContextureGpu.Testing;

/// <summary>The source tree that the tests were built from, found by walking up from the test assembly.</summary>
public static class Repository
{
    /// <summary>The folder of ContextureGpu.sln; the test is skipped where the tests run without their sources.</summary>
    public static string Root
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ContextureGpu.sln")))
                folder = folder.Parent;
            Assert.SkipWhen(folder is null, $"the sources are in no folder above {AppContext.BaseDirectory}");
            return folder!.FullName;
        }
    }

    /// <summary>The sources below a folder, by path relative to the root.</summary>
    public static IEnumerable<(string Path, string Text)> Sources(string folder)
    {
        string root = Root;
        return Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(file => (Path.GetRelativePath(root, file).Replace('\\', '/'), File.ReadAllText(file)));
    }
}
