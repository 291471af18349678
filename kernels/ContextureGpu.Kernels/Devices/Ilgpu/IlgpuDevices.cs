using System.Runtime.CompilerServices;
using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels;

/// <summary>
/// The accelerators that run the hand-written kernels: NVIDIA GPUs through CUDA, other devices through OpenCL, and ILGPU's CPU accelerator for debugging.
/// </summary>
public static class IlgpuDevices
{
    /// <summary>
    /// Looks for accelerators. Where neither driver library can be loaded this costs two failed look-ups and ILGPU is not touched; a driver that
    /// is there takes about an eighth of a second. Nothing is opened, and no failure of a driver gets out: it becomes a reason in the answer.
    /// </summary>
    /// <param name="options">What may be taken; null for the defaults.</param>
    public static IlgpuDiscovery Discover(IlgpuDiscoveryOptions? options = null)
    {
        options ??= new IlgpuDiscoveryOptions();
        var devices = new List<DeviceDescription>();
        var passedOver = new List<PassedOverDevice>();
        foreach (BackendKind backend in (ReadOnlySpan<BackendKind>)[BackendKind.Cuda, BackendKind.OpenCl])
            Search(backend, options, devices, passedOver);
        devices.Add(AcceleratorCatalog.CpuAccelerator);
        return new IlgpuDiscovery(devices, passedOver);
    }

    /// <summary>
    /// Opens a device and tests it in float32: small products are compared with float64 on the host. Float64 is tested when it is first asked for, so that nobody
    /// waits for kernels that are not used.
    /// </summary>
    /// <param name="description">A device that <see cref="Discover"/> found.</param>
    /// <param name="options">The options it was found with; null for the defaults.</param>
    /// <exception cref="DeviceFailureException">It is not there (any longer), cannot be opened, or computes wrong results.</exception>
    public static ComputeDevice Open(DeviceDescription description, IlgpuDiscoveryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(description);
        if (description.Backend == BackendKind.Cpu)
            throw new ArgumentException("the native CPU is not a device of this family", nameof(description));
        return Open(description.Backend, description.Index, options ?? new IlgpuDiscoveryOptions());
    }

    /// <summary>Opens the device that a selector names, and tests it.</summary>
    /// <param name="selector"><c>cuda</c>, <c>cuda:i</c>, <c>opencl</c>, <c>opencl:i</c> (numbers as the driver counts) or <c>ilgpu-cpu</c>.</param>
    /// <param name="options">What may be taken; null for the defaults.</param>
    /// <exception cref="ArgumentException">The selector is none of these.</exception>
    /// <exception cref="DeviceFailureException">The device is not there, cannot be opened, or computes wrong results.</exception>
    public static ComputeDevice Open(string selector, IlgpuDiscoveryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(selector);
        string[] parts = selector.Split(':');
        BackendKind? backend = parts[0] switch
        {
            "cuda" => BackendKind.Cuda,
            "opencl" => BackendKind.OpenCl,
            "ilgpu-cpu" => BackendKind.IlgpuCpu,
            _ => null,
        };
        int index = 0;
        if (backend is null || parts.Length > 2 || (parts.Length == 2 && (backend == BackendKind.IlgpuCpu || !int.TryParse(parts[1], out index) || index < 0)))
            throw new ArgumentException($"'{selector}' names no accelerator; cuda, cuda:i, opencl, opencl:i and ilgpu-cpu do", nameof(selector));
        return Open(backend.Value, index, options ?? new IlgpuDiscoveryOptions());
    }

    private static void Search(
        BackendKind backend, IlgpuDiscoveryOptions options, List<DeviceDescription> devices, List<PassedOverDevice> passedOver)
    {
        string library = DriverLibraries.Names(backend)[0];
        if (!DriverLibraries.IsPresent(backend))
        {
            passedOver.Add(new PassedOverDevice(backend, library, "the driver's library was not found"));
            return;
        }
        try
        {
            SearchWithDriver(backend, library, options, devices, passedOver);
        }
        catch (Exception error)
        {
            passedOver.Add(new PassedOverDevice(backend, library, $"{error.GetType().Name}: {error.Message}"));
        }
    }

    // Apart, so that ILGPU is not even loaded where no driver is.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SearchWithDriver(
        BackendKind backend, string library, IlgpuDiscoveryOptions options, List<DeviceDescription> devices, List<PassedOverDevice> passedOver)
    {
        DriverLibraries.InstallResolver();
        var found = AcceleratorCatalog.List(backend, options);
        if (found.Count == 0)
            passedOver.Add(new PassedOverDevice(backend, library, "the driver's library is there, but it reports no device"));
        foreach ((_, DeviceDescription description, string? objection) in found)
        {
            if (objection is null)
                devices.Add(description);
            else
                passedOver.Add(new PassedOverDevice(backend, $"{description.Selector} {description.Name}", objection));
        }
    }

    private static IlgpuDevice Open(BackendKind backend, int index, IlgpuDiscoveryOptions options)
    {
        string selector = new DeviceDescription(backend, index, "", null, 0, false).Selector;
        if (backend != BackendKind.IlgpuCpu)
        {
            if (!DriverLibraries.IsPresent(backend))
                throw new DeviceFailureException(selector, $"the driver's library ({string.Join(", ", DriverLibraries.Names(backend))}) was not found");
            DriverLibraries.InstallResolver();
        }
        Context? context = null;
        IlgpuDevice? opened = null;
        try
        {
            context = AcceleratorCatalog.CreateContext(backend);
            var found = AcceleratorCatalog.List(context, backend, options);
            if (index >= found.Count)
                throw new DeviceFailureException(selector, $"there is no such device; the driver reports {found.Count}");
            (Device device, DeviceDescription description, string? objection) = found[index];
            if (objection is not null)
                throw new DeviceFailureException(selector, $"{description.Name} {objection}");
            AcceleratorCatalog.WaiveGenericAddressSpace(device);
            Accelerator accelerator = device.CreateAccelerator(context);
            Context owned = context;
            opened = new IlgpuDevice(description, ledger => new AcceleratorSession(owned, accelerator, selector, ledger), options);
            _ = opened.Arithmetic<float>();
            return opened;
        }
        catch (Exception error)
        {
            if (opened is not null)
                opened.Dispose();
            else
                context?.Dispose();
            if (error is DeviceFailureException)
                throw;
            throw new DeviceFailureException(selector, $"the device could not be opened: {error.GetType().Name}: {error.Message}", error);
        }
    }
}
