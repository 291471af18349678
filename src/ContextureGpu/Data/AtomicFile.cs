using System.Security;

namespace ContextureGpu;

/// <summary>
/// Writes a file whole or not at all: to the disk under a temporary name in the same folder, then moved over the old one. A link is followed to what it names; a device such as
/// <c>/dev/null</c> is written to directly. A process that is killed meanwhile leaves the temporary file, <c>.NAME.GUID.tmp</c>, which nothing reads.
/// </summary>
internal static class AtomicFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">Where; an existing file is replaced.</param>
    /// <param name="write">Writes the content to a stream.</param>
    /// <exception cref="InputException">The file cannot be written there; what was there is unchanged.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(path);
        string? temporary = null;
        try
        {
            string target = Target(path);
            if (IsDevice(target))
            {
                using var device = new FileStream(target, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                write(device);
                return;
            }
            string candidate = Beside(target);
            using (var stream = new FileStream(candidate, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                temporary = candidate;
                write(stream);
                // A name that outlives a loss of power must not stand for content that did not.
                stream.Flush(flushToDisk: true);
            }
            File.Move(candidate, target, overwrite: true);
            temporary = null;
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw Refusal(path, e);
        }
        finally
        {
            if (temporary is not null)
                Remove(temporary);
        }
    }

    /// <summary>Refuses a path that <see cref="Write"/> could not write to, before the work is done whose result goes there. What is there is not touched.</summary>
    /// <param name="path">Where a file is to be written.</param>
    /// <exception cref="InputException">No file can be written there.</exception>
    public static void Probe(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            string target = Target(path);
            if (IsDevice(target))
                return;
            string candidate = Beside(target);
            using (new FileStream(candidate, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw Refusal(path, e);
        }
    }

    private static string Target(string path)
    {
        if (path.Length == 0)
            throw new InputException("the name of a file to write is empty");
        if (Directory.Exists(path))
            throw new InputException($"{path}: this is a directory; the name of a file is needed");
        string target = Path.GetFullPath(path);
        return !IsDevice(target) && new FileInfo(target).LinkTarget is not null && File.ResolveLinkTarget(target, returnFinalTarget: true) is { } final ? final.FullName : target;
    }

    private static string Beside(string target) => Path.Combine(Path.GetDirectoryName(target) ?? "", $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");

    private static bool IsOfFiles(Exception e) => e is IOException or UnauthorizedAccessException or SecurityException or NotSupportedException or ArgumentException;

    private static InputException Refusal(string path, Exception e) => new($"{path}: the file cannot be written: {e.Message}", e);

    private static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows() && (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal)) && File.Exists(path);

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one to report; a temporary file left behind does no harm.
        }
    }
}
