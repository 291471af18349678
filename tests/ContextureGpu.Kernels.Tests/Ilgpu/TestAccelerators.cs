using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>Accelerators for tests, opened once in a process: opening compiles kernels.</summary>
internal static class TestAccelerators
{
    private static readonly Lazy<ComputeDevice> Cpu = new(() => IlgpuDevices.Open("ilgpu-cpu"));
    private static readonly Lazy<ComputeDevice?> OpenCl = new(() => First(BackendKind.OpenCl));
    private static readonly Lazy<ComputeDevice?> Cuda = new(() => First(BackendKind.Cuda));

    /// <summary>The device, or the end of the test with the reason.</summary>
    public static ComputeDevice Get(BackendKind backend)
    {
        ComputeDevice? device = backend switch
        {
            BackendKind.Cuda => Cuda.Value,
            BackendKind.OpenCl => OpenCl.Value,
            _ => Cpu.Value,
        };
        if (device is null)
        {
            string reasons = string.Join("; ", IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment()).PassedOver
                .Where(passed => passed.Backend == backend).Select(passed => $"{passed.Name}: {passed.Reason}"));
            Assert.Skip(backend == BackendKind.OpenCl
                ? $"no OpenCL device ({reasons}); to run this without a GPU: install pocl-opencl-icd and set CONTEXTURE_OPENCL_ANY=1"
                : $"no CUDA device ({reasons})");
        }
        return device;
    }

    /// <summary>A PTX code generator as for an H100 with a CUDA 12.9 or newer driver; it needs no GPU.</summary>
    public static (Context Context, PTXBackend Backend) CreatePtxBackend()
    {
        Context context = AcceleratorCatalog.CreateContext(BackendKind.IlgpuCpu);
        return (context, new PTXBackend(
            context, new CudaCapabilityContext(CudaArchitecture.SM_90), CudaArchitecture.SM_90, CudaInstructionSet.ISA_88, null));
    }

    private static ComputeDevice? First(BackendKind backend)
    {
        IlgpuDiscoveryOptions options = IlgpuDiscoveryOptions.FromEnvironment();
        DeviceDescription? found = IlgpuDevices.Discover(options).Devices.FirstOrDefault(device => device.Backend == backend);
        return found is null ? null : IlgpuDevices.Open(found, options);
    }
}
