using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace ContextureGpu.Kernels;

/// <summary>
/// Measured speeds, kept in memory and in a small file, so that not every start pays for measuring. A file that is missing, damaged or of another version holds nothing, and
/// a folder that cannot be written to is no failure: the speeds are then measured again by the next process. A key names everything the speed depends on.
/// </summary>
/// <remarks>
/// The file is UTF-8: <c>contexture speeds 1 HASH</c>, where HASH is the FNV-1a hash of all that follows, then a line for each speed, <c>GFLOPS tab KEY</c>.
/// </remarks>
public sealed class SpeedCache
{
    /// <summary>The environment variable that names the folder of the file, or is <c>off</c> for none.</summary>
    public const string FolderVariable = "CONTEXTURE_CACHE";

    /// <summary>Name of the file in its folder.</summary>
    public const string FileName = "speeds.txt";

    private const string Title = "contexture speeds 1";
    private const int LongestFile = 1 << 18, LongestKey = 2048, MostSpeeds = 256;
    private const double Fastest = 1e7;

    private static readonly Lazy<SpeedCache> Shared = new(() => new SpeedCache(FolderOfEnvironment()));

    private readonly string? _file;
    private readonly ConcurrentDictionary<string, double> _speeds = new(StringComparer.Ordinal);

    /// <summary>Opens the cache in a folder.</summary>
    /// <param name="folder">The folder, which need not exist; null keeps the speeds in memory only.</param>
    public SpeedCache(string? folder)
    {
        _file = folder is null ? null : Path.Combine(folder, FileName);
        foreach ((string key, double speed) in ReadFile())
            _speeds[key] = speed;
    }

    /// <summary>The cache of this process, where the environment puts it; read once.</summary>
    public static SpeedCache OfThisProcess => Shared.Value;

    /// <summary>The speed of a key in GFLOP/s, or null where it is not known.</summary>
    public double? Find(string key) => _speeds.TryGetValue(key, out double speed) ? speed : null;

    /// <summary>Keeps speeds, in the file as well if that is possible; those of other keys stay.</summary>
    /// <param name="speeds">Speeds in GFLOP/s by key; what is not positive and finite, or has a key with a line end, is not kept.</param>
    public void Store(IReadOnlyCollection<KeyValuePair<string, double>> speeds)
    {
        ArgumentNullException.ThrowIfNull(speeds);
        foreach ((string key, double speed) in speeds)
        {
            if (IsValid(key, speed))
                _speeds[key] = speed;
        }
        if (_file is not null)
            WriteFile(speeds);
    }

    /// <summary>Forgets everything in memory, so that it is measured again; the file stays until something is stored.</summary>
    public void Forget() => _speeds.Clear();

    private static bool IsValid(string key, double speed) =>
        speed is > 0 and < Fastest && key.Length is > 0 and <= LongestKey && key.AsSpan().IndexOfAny('\n', '\r') < 0;

    // XDG Base Directory Specification: a relative XDG_CACHE_HOME is ignored.
    private static string? FolderOfEnvironment()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable)?.Trim() is { Length: > 0 } folder)
            return folder.Equals("off", StringComparison.OrdinalIgnoreCase) ? null : folder;
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathRooted(cache))
            return Path.Combine(cache, "contexture");
        if (OperatingSystem.IsWindows())
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } local ? Path.Combine(local, "contexture", "cache") : null;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (home.Length == 0)
            return null;
        return OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches", "contexture") : Path.Combine(home, ".cache", "contexture");
    }

    private Dictionary<string, double> ReadFile()
    {
        var speeds = new Dictionary<string, double>(StringComparer.Ordinal);
        try
        {
            if (_file is null || !File.Exists(_file) || new FileInfo(_file).Length > LongestFile)
                return speeds;
            string text = File.ReadAllText(_file, new UTF8Encoding(false, throwOnInvalidBytes: true));
            int end = text.IndexOf('\n', StringComparison.Ordinal);
            if (end < 0 || text[..end] != Heading(text[(end + 1)..]))
                return speeds;
            foreach (string line in text[(end + 1)..].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                int tab = line.IndexOf('\t', StringComparison.Ordinal);
                if (tab > 0 && double.TryParse(line.AsSpan(0, tab), NumberStyles.Float, CultureInfo.InvariantCulture, out double speed) && IsValid(line[(tab + 1)..], speed))
                    speeds[line[(tab + 1)..]] = speed;
            }
        }
        catch (Exception e) when (IsRefusal(e))
        {
            speeds.Clear();
        }
        return speeds;
    }

    // What other processes stored meanwhile is kept; the file is replaced whole.
    private void WriteFile(IReadOnlyCollection<KeyValuePair<string, double>> added)
    {
        string? temporary = null;
        try
        {
            Dictionary<string, double> speeds = ReadFile();
            if (speeds.Count + added.Count > MostSpeeds)
                speeds.Clear();
            foreach ((string key, double speed) in added)
            {
                if (IsValid(key, speed))
                    speeds[key] = speed;
            }
            var body = new StringBuilder();
            foreach ((string key, double speed) in speeds.OrderBy(s => s.Key, StringComparer.Ordinal))
                body.Append(CultureInfo.InvariantCulture, $"{speed:R}\t{key}\n");
            Directory.CreateDirectory(Path.GetDirectoryName(_file!)!);
            temporary = $"{_file}.{Guid.NewGuid():N}.tmp";
            File.WriteAllText(temporary, $"{Heading(body.ToString())}\n{body}", new UTF8Encoding(false));
            File.Move(temporary, _file!, overwrite: true);
            temporary = null;
        }
        catch (Exception e) when (IsRefusal(e))
        {
            // Measuring again is all that follows.
        }
        finally
        {
            Remove(temporary);
        }
    }

    private static void Remove(string? temporary)
    {
        try
        {
            if (temporary is not null)
                File.Delete(temporary);
        }
        catch (Exception e) when (IsRefusal(e))
        {
        }
    }

    private static string Heading(string body)
    {
        ulong hash = 14695981039346656037;
        foreach (byte b in Encoding.UTF8.GetBytes(body))
            hash = (hash ^ b) * 1099511628211;
        return string.Create(CultureInfo.InvariantCulture, $"{Title} {hash:x16}");
    }

    private static bool IsRefusal(Exception e) =>
        e is IOException or UnauthorizedAccessException or System.Security.SecurityException or NotSupportedException or ArgumentException;
}
