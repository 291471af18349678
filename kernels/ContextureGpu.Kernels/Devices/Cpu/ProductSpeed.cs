namespace ContextureGpu.Kernels;

/// <summary>A way to compute dense products on the processor, and its speed.</summary>
/// <param name="Name">The library, or <see cref="Managed"/>.</param>
/// <param name="Gflops">Speed of a float32 product on all threads of the device, GFLOP/s.</param>
public sealed record ProductSpeed(string Name, double Gflops)
{
    /// <summary>The name of the products in C#.</summary>
    public const string Managed = "managed code";
}
