using System.CommandLine;
using System.Text;

namespace ContextureGpu.Cli;

/// <summary>A command line as text that bash, zsh and ksh take apart into the same arguments, and any POSIX shell where there are no control characters.</summary>
internal static class ShellCommand
{
    private const string Unquoted = "-_./,:=+@%^";

    /// <summary>The command that was parsed, as it would be typed.</summary>
    public static string Of(ParseResult parsed) => Of([.. parsed.Tokens.Select(token => token.Value)]);

    /// <summary><c>contexture</c> with these arguments.</summary>
    public static string Of(IReadOnlyList<string> arguments) => string.Join(' ', ["contexture", .. arguments.Select(Quote)]);

    /// <summary>One argument: as it is where every letter is harmless, else in single quotes; <c>$'...'</c> where there are control characters.</summary>
    public static string Quote(string argument)
    {
        if (argument.Length > 0 && argument.All(c => char.IsAsciiLetterOrDigit(c) || Unquoted.Contains(c, StringComparison.Ordinal)))
            return argument;
        if (!argument.Any(char.IsControl))
            return $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";
        var text = new StringBuilder("$'");
        foreach (char c in argument)
        {
            if (char.IsControl(c))
                text.Append(c < 0x80 ? $@"\x{(int)c:x2}" : $@"\u{(int)c:x4}");
            else
                text.Append(c is '\'' or '\\' ? $"\\{c}" : c);
        }
        return text.Append('\'').ToString();
    }
}
