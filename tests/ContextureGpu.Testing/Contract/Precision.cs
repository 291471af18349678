namespace ContextureGpu.Testing;

/// <summary>The element types of the seam.</summary>
public enum Precision
{
    /// <summary><see cref="float"/>.</summary>
    Bits32,

    /// <summary><see cref="double"/>.</summary>
    Bits64,
}
