using System.Globalization;

namespace ContextureGpu;

/// <summary>How the values in an expression are written, so that reading them gives the same values.</summary>
internal static class ContextText
{
    private const int ShownLength = 80;

    /// <summary>The shortest text that reads back as the same number.</summary>
    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>An integer in decimal.</summary>
    public static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A name as it is where it can stand so, otherwise in double quotes with every quote in it doubled.</summary>
    public static string Name(string name) =>
        IsBare(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text as a message shows it: on one line, its end left out when it is long.</summary>
    public static string Shown(string text) =>
        string.Concat(text.Take(ShownLength).Select(c => char.IsControl(c) ? ' ' : c)) + (text.Length > ShownLength ? "..." : "");

    /// <summary>Whether a name without quotes ends before this character.</summary>
    public static bool EndsBareName(char c) => c is ',' or '(' or ')' or '"' or '|' or '\u2028' or '\u2029' || char.IsControl(c);

    private static bool IsBare(string name) =>
        name.Length > 0 && !char.IsWhiteSpace(name[0]) && !char.IsWhiteSpace(name[^1]) && !name.Any(EndsBareName);
}
