namespace ContextureGpu.Cli;

/// <summary>Finds out before the work whether its results can be written.</summary>
internal static class OutputFiles
{
    /// <summary>Refuses files that cannot be written, two results in one file, and a result in place of what was read.</summary>
    /// <param name="inputs">Files that are read; other texts, such as the name of standard input, do no harm.</param>
    /// <param name="files">Options and the files they name; null where an option was not given.</param>
    /// <exception cref="InputException">One of these is the case.</exception>
    public static void Check(ReadOnlySpan<string> inputs, params ReadOnlySpan<(string Option, string? Path)> files)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string input in inputs)
        {
            if (File.Exists(input))
                taken[Path.GetFullPath(input)] = "an input";
        }
        foreach ((string option, string? path) in files)
        {
            if (path is null)
                continue;
            AtomicFile.Probe(path);
            string full = Path.GetFullPath(path);
            if (!full.StartsWith("/dev/", StringComparison.Ordinal) && !taken.TryAdd(full, option))
                throw new InputException($"{path}: {taken[full]} and {option} name the same file");
        }
    }
}
