namespace ContextureGpu.Kernels;

/// <summary>What is known of a device before any work is given to it.</summary>
/// <param name="Backend">The family that drives it.</param>
/// <param name="Index">Its number within the family, as in <c>cuda:1</c>.</param>
/// <param name="Name">The vendor's name for it.</param>
/// <param name="NativeLibrary">The native library it uses for dense problems (file path and version), or null for none.</param>
/// <param name="MemoryBytes">Memory it can hold matrices in, bytes.</param>
/// <param name="SupportsDouble">Whether it computes in float64.</param>
public sealed record DeviceDescription(
    BackendKind Backend, int Index, string Name, string? NativeLibrary, long MemoryBytes, bool SupportsDouble)
{
    /// <summary>Version of its driver; null where it has none or the driver does not say, and in a saved model.</summary>
    public string? Driver { get; init; }

    /// <summary>The selector that names this device on the command line: <c>cpu</c>, <c>cuda:0</c>, <c>opencl:1</c>, <c>ilgpu-cpu</c>.</summary>
    public string Selector => Backend switch
    {
        BackendKind.Cpu => "cpu",
        BackendKind.Cuda => $"cuda:{Index}",
        BackendKind.OpenCl => $"opencl:{Index}",
        BackendKind.IlgpuCpu => "ilgpu-cpu",
        _ => throw new InvalidOperationException($"unknown backend {Backend}"),
    };
}
