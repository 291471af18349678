namespace ContextureGpu.Kernels;

/// <summary>The families of devices that implement the operations of <see cref="Arithmetic{T}"/>.</summary>
public enum BackendKind
{
    /// <summary>The processor: SIMD in C#, with a native BLAS and LAPACK for dense products where one was found.</summary>
    Cpu,

    /// <summary>An NVIDIA GPU through ILGPU's PTX code generator.</summary>
    Cuda,

    /// <summary>Any OpenCL device through ILGPU's OpenCL code generator.</summary>
    OpenCl,

    /// <summary>ILGPU's own CPU accelerator: the GPU kernels executed as plain .NET code. A debugging aid, about 0.2 GFLOP/s.</summary>
    IlgpuCpu,
}
