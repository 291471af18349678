namespace ContextureGpu.Kernels;

/// <summary>What products with kernel matrices of <see cref="ScaledPoints{T}"/> need.</summary>
public static class ScaledKernel
{
    /// <summary>Elements of the scratch memory that a device may take; at least 64 rows of the matrix.</summary>
    public const int SlabElements = 1 << 24;
}
