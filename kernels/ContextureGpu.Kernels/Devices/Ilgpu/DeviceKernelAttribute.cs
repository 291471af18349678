namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// Marks an explicitly grouped kernel, a static method that <see cref="KernelLoader"/> compiles for an accelerator. The tests find every kernel by this mark
/// and inspect the code generated for it.
/// </summary>
/// <param name="threads">Threads of a group (a one-dimensional one).</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceKernelAttribute(int threads) : Attribute
{
    /// <summary>Threads of a group.</summary>
    public int Threads { get; } = threads;

    /// <summary>Groups that a multiprocessor must have room for, which bounds the registers of a thread.</summary>
    public int LeastGroups { get; init; } = 1;

    /// <summary>Whether only CUDA can run it: it uses instructions that PTX alone has.</summary>
    public bool CudaOnly { get; init; }
}
