namespace ContextureGpu.Kernels;

/// <summary>What the members of a group are that is drawn from a joint law of x and a; a pair is a group of two.</summary>
public enum GroupKind
{
    /// <summary>Values of A for the same x: the positive pairs of contrastive learning.</summary>
    Values,

    /// <summary>A row, and rows that lead to the same value of A: the law of the dual kernel k_X.</summary>
    Rows,

    /// <summary>A row, and a value of A that it leads to: pairs only.</summary>
    RowAndValue,
}
