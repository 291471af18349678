namespace ContextureGpu.Operators;

/// <summary>What is known of an operator beyond its action. Declared by who builds it, intersected under composition, never sniffed.</summary>
[Flags]
internal enum OperatorStructure
{
    /// <summary>Nothing is promised.</summary>
    None = 0,

    /// <summary><c>T = T*</c>; a solver may then apply one side only.</summary>
    SelfAdjoint = 1,

    /// <summary><c>T 1 = 1</c> and T keeps non-negative functions non-negative: a conditional expectation.</summary>
    MassPreserving = 2,
}
