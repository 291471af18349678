using ContextureGpu.Testing;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>The first OpenCL device.</summary>
public sealed class OpenClContract(DeviceSlot slot) : DeviceContract(slot, () => IlgpuDevices.Open(First()!, IlgpuDiscoveryOptions.FromEnvironment()))
{
    protected override int LargestDimension => 140;

    protected override string? SkipReason =>
        First() is null ? "no OpenCL device; to run this without a GPU: install pocl-opencl-icd and set CONTEXTURE_OPENCL_ANY=1" : null;

    private static DeviceDescription? First() =>
        IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment()).Devices.FirstOrDefault(device => device.Backend == BackendKind.OpenCl);
}
