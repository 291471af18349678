using System.Security;

namespace ContextureGpu;

/// <summary>Opens files for reading; what the system reports becomes a refusal that names the file.</summary>
internal static class InputFile
{
    /// <summary>Opens an existing file.</summary>
    /// <exception cref="InputException">There is no such file, it is a directory, or it may not be read.</exception>
    public static FileStream Open(string path)
    {
        if (Directory.Exists(path))
            throw new InputException($"{path}: this is a directory; a file is needed");
        if (!File.Exists(path))
            throw new InputException($"{path}: there is no such file");
        return Guard(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan));
    }

    /// <summary>Runs a reader; a failure of the system and damaged compression become refusals.</summary>
    public static T Guard<T>(string source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"{source}: the compressed data are damaged or cut off: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SecurityException or NotSupportedException)
        {
            throw new InputException($"{source}: the file cannot be read: {e.Message}", e);
        }
    }
}
