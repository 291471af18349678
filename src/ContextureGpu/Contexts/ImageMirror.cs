namespace ContextureGpu;

/// <summary>Whether views of an image are mirrored.</summary>
public enum ImageMirror
{
    /// <summary>They are not.</summary>
    Never,

    /// <summary>Half of them are, left and right exchanged.</summary>
    Horizontal,
}
