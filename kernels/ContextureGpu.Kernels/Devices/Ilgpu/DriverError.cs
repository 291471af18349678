using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>What the errors of drivers mean.</summary>
internal static class DriverError
{
    /// <summary>Whether the driver refused memory and the device goes on working; other errors of a driver are the end of the device. Not every driver has a code for want of memory only.</summary>
    public static bool IsLackOfMemory(Exception error) => error switch
    {
        CudaException cuda => cuda.Error == nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY),
        CLException opencl => opencl.Error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES or CLError.CL_OUT_OF_HOST_MEMORY or CLError.CL_INVALID_BUFFER_SIZE,
        _ => error is OutOfMemoryException,
    };

    /// <summary>The error for people; OpenCL errors have a code and no message worth reading.</summary>
    public static string Describe(Exception error) => error is CLException opencl ? opencl.Error.ToString() : error.Message;
}
