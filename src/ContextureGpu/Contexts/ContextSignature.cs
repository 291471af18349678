namespace ContextureGpu;

/// <summary>An argument of a simple context: its name, what it accepts in words, and whether it can be left out.</summary>
internal sealed record ContextParameter(string Name, string Accepted, bool IsOptional = false)
{
    public override string ToString() => $"{Name}=({Accepted}){(IsOptional ? ", optional" : "")}";
}

/// <summary>A simple context as an expression knows it: its name, its arguments and how it is made of them.</summary>
internal sealed record ContextSignature(string Name, IReadOnlyList<ContextParameter> Parameters, Func<ContextArguments, Context> Build)
{
    /// <summary>The arguments in words, for messages.</summary>
    public string Usage => $"{Name} accepts {string.Join("; ", Parameters)}";
}
