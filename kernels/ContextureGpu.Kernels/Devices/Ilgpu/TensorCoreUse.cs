namespace ContextureGpu.Kernels;

/// <summary>What the tensor cores of a CUDA device (compute capability 8.0 or more) may do in products of large float32 matrices.</summary>
public enum TensorCoreUse
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Products to the accuracy of float32, by three products in tf32, where that was measured to be faster.</summary>
    Single,

    /// <summary>Products in tf32: each factor is rounded to 11 significant bits.</summary>
    Fast,
}
