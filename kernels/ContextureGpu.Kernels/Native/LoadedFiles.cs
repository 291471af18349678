namespace ContextureGpu.Kernels.Cpu;

/// <summary>Where a library that was loaded by its short name came from.</summary>
internal static class LoadedFiles
{
    /// <summary>Full path of a loaded library with this file name (links followed), or null where the system does not tell.</summary>
    public static string? PathOf(string file)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        string stem = Path.GetFileName(file);
        stem = stem[..(stem.IndexOf(".so", StringComparison.Ordinal) is var dot and > 0 ? dot : stem.Length)];
        try
        {
            foreach (string line in File.ReadLines("/proc/self/maps"))
            {
                int start = line.IndexOf('/', StringComparison.Ordinal);
                if (start < 0)
                    continue;
                string path = line[start..];
                // libopenblas.so.0 may resolve to libopenblasp-r0.3.21.so.
                if (Path.GetFileName(path).StartsWith(stem, StringComparison.Ordinal))
                    return path;
            }
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }
        return null;
    }
}
