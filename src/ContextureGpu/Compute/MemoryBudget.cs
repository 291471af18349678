using System.Globalization;

namespace ContextureGpu;

/// <summary>How many bytes a fit may take where the caller does not say.</summary>
internal static class MemoryBudget
{
    /// <summary>Share of the available memory that is taken.</summary>
    private const double Share = 0.8;

    /// <summary>80 % of what the container (cgroup v2 or v1) or, without a limit, the machine allows.</summary>
    public static long Default() => (long)(Share * Available(["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"], GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));

    /// <summary>The smallest of what the machine has and the limits that the files name; files that are missing or name no number do not count.</summary>
    public static long Available(IEnumerable<string> limitFiles, long machine)
    {
        long available = machine;
        foreach (string file in limitFiles)
        {
            try
            {
                if (File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit > 0)
                    available = Math.Min(available, limit);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A limit that cannot be read is not known.
            }
        }
        return available;
    }

    /// <summary>Bytes for people.</summary>
    public static string Text(long bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):f1} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, bytes >> 20)} MiB");

    /// <summary>Bytes from text: a number, with K, M, G or T (powers of 1024) behind it, as in <c>6G</c>.</summary>
    /// <exception cref="InputException">It is none.</exception>
    public static long Parse(string text)
    {
        int power = text.Length > 0 ? "KMGT".IndexOf(char.ToUpperInvariant(text[^1]), StringComparison.Ordinal) + 1 : 0;
        if (double.TryParse(power > 0 ? text[..^1] : text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * Math.Pow(1024, power) is >= 1 and < long.MaxValue and double bytes)
            return (long)bytes;
        throw new InputException($"'{text}' is no amount of memory; a number of bytes such as 500M or 6G was expected");
    }
}
