namespace ContextureGpu;

/// <summary>The value of an argument as it was written, quotes removed, and the column where it begins.</summary>
internal readonly record struct ContextValue(string Text, bool IsQuoted, int Column);
