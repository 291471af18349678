namespace ContextureGpu;

/// <summary>Whether a point of the sample counts among its own nearest neighbours.</summary>
public enum KnnSelf
{
    /// <summary>It does, as the nearest one.</summary>
    Included,

    /// <summary>It does not: all neighbours are other points.</summary>
    Excluded,
}
