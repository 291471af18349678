namespace ContextureGpu;

/// <summary>An argument of a simple context: its name, what it accepts in words, whether it can be left out, and whether it is a context itself.</summary>
internal sealed record ContextParameter(string Name, string Accepted, bool IsOptional = false, bool IsContext = false)
{
    public override string ToString() => $"{Name}=({Accepted}){(IsOptional ? ", optional" : "")}";
}

/// <summary>A simple context as an expression knows it: its name, its arguments and how it is made of them.</summary>
internal sealed record ContextSignature(string Name, IReadOnlyList<ContextParameter> Parameters, Func<ContextArguments, Context> Build)
{
    /// <summary>The arguments in words, for messages.</summary>
    public string Usage => $"{Name} accepts {string.Join("; ", Parameters)}";
}
