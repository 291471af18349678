using System.CommandLine;

namespace ContextureGpu.Cli;

/// <summary>Options that several commands have.</summary>
internal static class CommandOptions
{
    /// <summary>One of some words, the first by default.</summary>
    public static Option<string> Choice(string name, string description, params string[] accepted)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => accepted[0] };
        option.AcceptOnlyFromAmong(accepted);
        return option;
    }

    /// <summary>The contexts of some texts.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="warnings">Receives what was changed in reading them.</param>
    /// <exception cref="ContextSyntaxException">A text is no expression.</exception>
    public static IReadOnlyList<Context> Contexts(IEnumerable<string> texts, List<string> warnings)
    {
        var contexts = new List<Context>();
        foreach (string text in texts)
        {
            contexts.Add(Context.Parse(text, out IReadOnlyList<string> changed));
            warnings.AddRange(changed);
        }
        return contexts;
    }
}
