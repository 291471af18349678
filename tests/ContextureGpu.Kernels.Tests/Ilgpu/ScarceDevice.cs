using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The first OpenCL device with as much memory as a test asks for, and with the failures that it asks for.</summary>
public sealed class ScarceDevice : IDisposable
{
    private readonly List<MemoryBuffer> _handedOut = [];
    private IlgpuDevice? _device;

    /// <summary>The device, opened when it is first asked for; where there is none the test ends with the reason.</summary>
    internal IlgpuDevice Device => _device ??= Open();

    /// <summary>Bytes there are; more are refused.</summary>
    public long Room { get; set; } = long.MaxValue;

    /// <summary>What every request for memory fails with; null for nothing.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Buffers that were asked for so far.</summary>
    public int Requests => _handedOut.Count;

    /// <summary>Bytes in buffers that were not given back.</summary>
    public long Taken => _handedOut.Where(buffer => !buffer.IsDisposed).Sum(buffer => buffer.LengthInBytes);

    /// <summary>Nothing idle, and room for so many bytes more.</summary>
    public void Leave(long bytes)
    {
        Device.Session.Trim();
        Room = Taken + bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => _device?.Dispose();

    private IlgpuDevice Open()
    {
        DeviceDescription description = TestAccelerators.Get(BackendKind.OpenCl).Description;
        return new IlgpuDevice(description, ledger =>
        {
            Context context = AcceleratorCatalog.CreateContext(BackendKind.OpenCl);
            Device device = AcceleratorCatalog.List(context, BackendKind.OpenCl, IlgpuDiscoveryOptions.FromEnvironment())[description.Index].Device;
            AcceleratorCatalog.WaiveGenericAddressSpace(device);
            Accelerator accelerator = device.CreateAccelerator(context);
            return new AcceleratorSession(context, accelerator, description.Selector, ledger, bytes => Allocate(accelerator, bytes));
        });
    }

    private MemoryBuffer1D<byte, Stride1D.Dense> Allocate(Accelerator accelerator, long bytes)
    {
        if (Failure is not null)
            throw Failure;
        if (bytes > Room - Taken)
            throw new InsufficientMemoryException($"{bytes} bytes more than {Taken} of {Room}");
        MemoryBuffer1D<byte, Stride1D.Dense> buffer = accelerator.Allocate1D<byte>(bytes);
        _handedOut.Add(buffer);
        return buffer;
    }
}
