using System.CommandLine;
using ContextureGpu.Kernels;

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

    /// <summary><c>--precision</c>; its word is read by <see cref="ElementsOf"/> and <see cref="Engine"/>.</summary>
    public static Option<string> Precision() =>
        Choice("--precision", "Precision of the large data; fast is single with products in tf32 where there are tensor cores.", "single", "double", "fast");

    /// <summary>The type of the elements.</summary>
    public static ElementPrecision ElementsOf(string precision) => precision == "double" ? ElementPrecision.Double : ElementPrecision.Single;

    /// <summary>How the engine is opened; what tensor cores may do is left to the environment where the precision does not say it.</summary>
    public static EngineOptions Engine(string device, string precision) => new() { Device = device, TensorCores = precision == "fast" ? TensorCoreUse.Fast : null };

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
