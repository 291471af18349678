using System.Reflection;
using ILGPU;
using ILGPU.IR;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>The devices ILGPU sees, by family, and the context they are opened in.</summary>
internal static class AcceleratorCatalog
{
    // A driver starts when it is first asked for its devices; of two threads that ask at once, one may be told that there are none (seen with PoCL 3.1).
    private static readonly Lock Asking = new();

    /// <summary>
    /// A context with the devices of one family. Optimisation level 2: below it address spaces are not inferred and pointers stay generic.
    /// </summary>
    public static Context CreateContext(BackendKind backend)
    {
        lock (Asking)
            return Context.Create(builder => Configure(builder, backend));
    }

    private static void Configure(Context.Builder builder, BackendKind backend)
    {
        switch (backend)
        {
            case BackendKind.Cuda:
                builder.Cuda();
                break;
            case BackendKind.OpenCl:
                builder.OpenCL(_ => true);
                break;
            case BackendKind.IlgpuCpu:
                // 8 warps of 32: groups of 256 threads, as the kernels use.
                builder.CPU(new CPUDevice(32, 8, 1));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(backend), backend, "not a family of ILGPU's");
        }
        builder.Optimize(OptimizationLevel.O2);
        FusedMultiplyAdd.Register(builder.GetIntrinsicManager());
        TensorCore.Register(builder.GetIntrinsicManager());
    }

    /// <summary>
    /// The devices of a driver in the order of their numbers, each with the reason not to take it or null. No context is made, which takes as long again; the numbers are
    /// those in one.
    /// </summary>
    public static IReadOnlyList<(Device Device, DeviceDescription Description, string? Objection)> List(BackendKind backend, IlgpuDiscoveryOptions options)
    {
        lock (Asking)
        {
            return List(
                backend switch
                {
                    BackendKind.Cuda => CudaDevice.GetDevices(_ => true),
                    BackendKind.OpenCl => CLDevice.GetDevices(_ => true),
                    _ => throw new ArgumentOutOfRangeException(nameof(backend), backend, "has no driver"),
                },
                backend, options);
        }
    }

    /// <summary>The devices of a context's family, likewise; these can be opened in it.</summary>
    public static IReadOnlyList<(Device Device, DeviceDescription Description, string? Objection)> List(Context context, BackendKind backend, IlgpuDiscoveryOptions options) => List(
        backend switch
        {
            BackendKind.Cuda => context.Devices.OfType<CudaDevice>(),
            BackendKind.OpenCl => context.Devices.OfType<CLDevice>(),
            _ => context.Devices.OfType<CPUDevice>(),
        },
        backend, options);

    /// <summary>ILGPU's CPU accelerator, known without asking ILGPU.</summary>
    public static DeviceDescription CpuAccelerator { get; } = new(
        BackendKind.IlgpuCpu, 0, "ILGPU CPU accelerator", null, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, SupportsDouble: true);

    /// <summary>Overrides the capability that ILGPU asks for when it opens an OpenCL device: optimised kernels do not use generic pointers.</summary>
    public static void WaiveGenericAddressSpace(Device device)
    {
        if (device is not CLDevice { Capabilities.GenericAddressSpace: false } opencl)
            return;
        PropertyInfo property = opencl.Capabilities.GetType().GetProperty(nameof(CLCapabilityContext.GenericAddressSpace))!;
        property.SetValue(opencl.Capabilities, true);
    }

    private static (Device Device, DeviceDescription Description, string? Objection)[] List(IEnumerable<Device> devices, BackendKind backend, IlgpuDiscoveryOptions options) =>
        [.. devices.Select((device, index) => (device, Describe(device, backend, index), Objection(device, options)))];

    private static DeviceDescription Describe(Device device, BackendKind backend, int index) => backend == BackendKind.IlgpuCpu
        ? CpuAccelerator
        : new DeviceDescription(
            backend, index, device is CLDevice opencl ? $"{device.Name} ({opencl.PlatformName})" : device.Name, null, device.MemorySize,
            SupportsDouble: device is not CLDevice { Capabilities.Float64: false })
        {
            Driver = DriverOf(device),
        };

    private static string? DriverOf(Device device) => device switch
    {
        CudaDevice cuda => cuda.DriverVersion.ToString(),
        CLDevice opencl when CLAPI.CurrentAPI.GetDeviceInfo(opencl.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION) is { Length: > 0 } version => version.Trim('\0', ' '),
        _ => null,
    };

    private static string? Objection(Device device, IlgpuDiscoveryOptions options)
    {
        if (device is CLDevice { Capabilities.GenericAddressSpace: false } && !options.AllowAnyOpenCl)
            return $"reports no generic address space; set {IlgpuDiscoveryOptions.AnyOpenClVariable}=1 to use it all the same";
        return device.MaxNumThreadsPerGroup < TileGeometry.Threads
            ? $"groups have at most {device.MaxNumThreadsPerGroup} threads; the kernels need {TileGeometry.Threads}"
            : null;
    }
}
