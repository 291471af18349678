using Xunit;

namespace ContextureGpu.Tests.Data;

/// <summary>The public data sets beside the repository, where they are; a test that needs one and has none is skipped with the reason.</summary>
internal static class SharedData
{
    private static readonly string? Folder = Find();

    /// <summary>The path of <c>shared/data/&lt;name&gt;.csv.gz</c> in this folder or one above it.</summary>
    public static string Path(string name)
    {
        string? path = Folder is null ? null : System.IO.Path.Combine(Folder, name + ".csv.gz");
        Assert.SkipWhen(path is null || !File.Exists(path), $"there is no shared/data/{name}.csv.gz in any folder above {AppContext.BaseDirectory}");
        return path!;
    }

    private static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = System.IO.Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate))
                return candidate;
        }
        return null;
    }
}
