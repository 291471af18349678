using System.Text.RegularExpressions;
using ContextureGpu.Cli;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests;

/// <summary>What README.md shows is what runs: the snippet in C# is the body of a test, and every command is one that the program accepts.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void The_snippet_is_the_code_below()
    {
        string shown = CSharpBlock().Match(Readme()).Groups[1].Value;
        string own = File.ReadAllText(Path.Combine(Repository.Root, "tests", "ContextureGpu.Tests", "ReadmeTests.cs"));
        string body = Between(own, "// README" + " begins", "// README" + " ends");
        Assert.NotEqual("", shown);
        Assert.Equal(Lines(shown), Lines(body));
        Run();

        static string[] Lines(string text) => text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void Every_command_is_accepted()
    {
        string[] commands = [.. Command().Matches(Readme()).Select(match => match.Groups[1].Value.Trim())];
        Assert.True(commands.Length >= 5, $"{commands.Length} commands were found");
        foreach (string name in new[] { "demo", "devices", "fit", "transform", "align" })
            Assert.Contains(commands, command => command.StartsWith(name, StringComparison.Ordinal));
        foreach (string command in commands)
        {
            string[] arguments = [.. Argument().Matches(command).Select(match => match.Value.Replace("\"", "", StringComparison.Ordinal))];
            System.CommandLine.ParseResult parsed = CommandLine.Parse(arguments);
            Assert.True(parsed.Errors.Count == 0, $"{command}: {string.Join("; ", parsed.Errors.Select(e => e.Message))}");
            if (arguments.SkipWhile(a => a != "--context").Skip(1).FirstOrDefault() is { } expression)
                _ = Context.Parse(expression);
        }
    }

    [Fact]
    public void Every_context_shown_is_read()
    {
        string line = Between(Readme(), "\n| context | A given x |\n", "In C#:");
        string[] shown = [.. Code().Matches(line).Select(match => match.Groups[1].Value)];
        string[] simple = [.. shown.Where(text => text.Contains('('))];
        Assert.True(simple.Length >= 15, $"{simple.Length} contexts were found");
        foreach (string expression in simple)
            _ = Context.Parse(expression);
        // a and b stand for any context.
        foreach (string pattern in shown.Except(simple))
            _ = Context.Parse(Letter().Replace(pattern, "knn(k=3)"));
    }

    private static void Run()
    {
        double[,] x = new double[80, 3];
        for (int e = 0; e < x.Length; e++)
            x[e / 3, e % 3] = Math.Sin(1 + (e * e));
        // README begins
        using var engine = ContextureEngine.Create();
        SpectralModel model = engine.Fit(x, Context.Knn(k: 30) * Context.Rbf(gamma: 0.5), new SpectralOptions { Dimension = 16 });
        ReadOnlySpan<double> s = model.SingularValues;
        // README ends
        Assert.Equal(16, s.Length);
        Assert.InRange(s[0], 0.05, 1 + Tolerance.Relative<float>(80));
        for (int i = 1; i < s.Length; i++)
            Assert.True(s[i] <= s[i - 1]);
    }

    private static string Readme() => File.ReadAllText(Path.Combine(Repository.Root, "README.md")).Replace("\r", "", StringComparison.Ordinal);

    private static string Between(string text, string begin, string end)
    {
        int start = text.IndexOf(begin, StringComparison.Ordinal);
        Assert.True(start >= 0, $"'{begin}' was not found");
        start += begin.Length;
        return text[start..text.IndexOf(end, start, StringComparison.Ordinal)];
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex("--project src/ContextureGpu.Cli -- ([^\n`]+)")]
    private static partial Regex Command();

    [GeneratedRegex("(?:\"[^\"]*\"|[^\\s\"])+")]
    private static partial Regex Argument();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\b[ab]\b")]
    private static partial Regex Letter();
}
