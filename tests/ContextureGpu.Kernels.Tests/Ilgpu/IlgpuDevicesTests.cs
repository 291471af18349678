using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>Finding and opening accelerators, and saying why not.</summary>
public sealed class IlgpuDevicesTests
{
    [Fact]
    public void Every_family_is_found_or_passed_over_with_a_reason()
    {
        IlgpuDiscovery found = IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment());
        foreach (BackendKind backend in new[] { BackendKind.Cuda, BackendKind.OpenCl })
            Assert.True(found.Devices.Any(d => d.Backend == backend) || found.PassedOver.Any(p => p.Backend == backend && p.Reason.Length > 10), $"{backend}: no word");
        Assert.Equal("ilgpu-cpu", found.Devices[^1].Selector);
        Assert.All(found.Devices, device => Assert.True(device.MemoryBytes > 0, device.Selector));
    }

    [Theory]
    [InlineData(BackendKind.Cuda)]
    [InlineData(BackendKind.OpenCl)]
    public void Numbers_are_the_same_with_a_context_and_without(BackendKind backend)
    {
        Assert.SkipUnless(DriverLibraries.IsPresent(backend), $"{DriverLibraries.Names(backend)[0]} is not installed");
        DriverLibraries.InstallResolver();
        var options = new IlgpuDiscoveryOptions();
        using ILGPU.Context context = AcceleratorCatalog.CreateContext(backend);
        Assert.Equal(AcceleratorCatalog.List(context, backend, options).Select(d => (d.Description, d.Objection)), AcceleratorCatalog.List(backend, options).Select(d => (d.Description, d.Objection)));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:1")]
    [InlineData("opencl:first")]
    [InlineData("ilgpu-cpu:0")]
    public void Selector_that_names_no_accelerator_is_refused(string selector) => Assert.Throws<ArgumentException>(() => IlgpuDevices.Open(selector));

    [Fact]
    public void Missing_device_is_named() =>
        Assert.StartsWith("cuda:77:", Assert.Throws<DeviceFailureException>(() => IlgpuDevices.Open("cuda:77")).Message, StringComparison.Ordinal);

    [Fact]
    public void Closed_device_refuses_work()
    {
        ComputeDevice device = IlgpuDevices.Open(IlgpuDevices.Discover().Devices[^1]);
        Arithmetic<float> on = device.Arithmetic<float>();
        DeviceMatrix<float> matrix = on.Allocate(2, 2);
        device.Dispose();
        device.Dispose();
        Assert.Throws<ObjectDisposedException>(() => on.Fill(matrix, 1));
        Assert.Throws<ObjectDisposedException>(() => device.Arithmetic<float>());
        matrix.Dispose();
        Assert.InRange(device.Memory.LiveBytes, 0, 8);
    }

    [Fact]
    public void Matrix_of_another_device_is_refused()
    {
        using ComputeDevice other = IlgpuDevices.Open("ilgpu-cpu");
        using DeviceMatrix<float> matrix = other.Arithmetic<float>().Allocate(1, 1);
        Assert.Throws<ArgumentException>(() => TestAccelerators.Get(BackendKind.IlgpuCpu).Arithmetic<float>().Fill(matrix, 1));
    }

    [Fact]
    public void Groups_of_256_threads_run_on_the_cpu_accelerator()
    {
        var device = (IlgpuDevice)TestAccelerators.Get(BackendKind.IlgpuCpu);
        Assert.True(device.Session.Accelerator.MaxNumThreadsPerGroup >= 256, $"{device.Session.Accelerator.MaxNumThreadsPerGroup}");
    }
}
