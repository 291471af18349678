using System.Diagnostics;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>A device that was found, and what it can do.</summary>
/// <param name="Description">What it is.</param>
/// <param name="ProductSpeed">Measured speed of a float32 matrix product in GFLOP/s; null where it was not measured.</param>
public sealed record DeviceFinding(DeviceDescription Description, double? ProductSpeed);

/// <summary>What the search for devices found and what <c>auto</c> would take.</summary>
/// <param name="Devices">Usable devices.</param>
/// <param name="PassedOver">Devices and native libraries that are not used, and why.</param>
/// <param name="Choice">Selector that <c>auto</c> stands for.</param>
/// <param name="Reason">Why.</param>
public sealed record DeviceSurvey(IReadOnlyList<DeviceFinding> Devices, IReadOnlyList<PassedOverDevice> PassedOver, string Choice, string Reason);

/// <summary>Finds devices, measures them, chooses one and says why. The only place where a device is chosen.</summary>
public static class DeviceScheduler
{
    /// <summary>The environment variable that stands for <c>auto</c> where it is set.</summary>
    public const string DeviceVariable = "CONTEXTURE_DEVICE";

    private const int ProductSize = 768;

    /// <summary>Measures every device but ILGPU's CPU accelerator, which is a debugging aid and never chosen.</summary>
    public static DeviceSurvey Survey()
    {
        var passedOver = new List<PassedOverDevice>();
        var findings = new List<DeviceFinding>();
        using (CpuDevice cpu = OpenCpu())
        {
            passedOver.AddRange(cpu.PassedOver);
            findings.Add(new DeviceFinding(cpu.Description, Measure(cpu)));
        }
        IlgpuDiscovery discovery = IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment());
        passedOver.AddRange(discovery.PassedOver);
        foreach (DeviceDescription description in discovery.Devices)
        {
            if (description.Backend == BackendKind.IlgpuCpu)
            {
                findings.Add(new DeviceFinding(description, null));
                continue;
            }
            try
            {
                using ComputeDevice device = IlgpuDevices.Open(description, IlgpuDiscoveryOptions.FromEnvironment());
                findings.Add(new DeviceFinding(description, Measure(device)));
            }
            catch (DeviceFailureException failure)
            {
                passedOver.Add(new PassedOverDevice(description.Backend, description.Name, failure.Message));
            }
        }
        (string choice, string reason) = Choose(findings);
        return new DeviceSurvey(findings, passedOver, choice, reason);
    }

    /// <summary>The fastest measured device. A pure function of the findings.</summary>
    internal static (string Selector, string Reason) Choose(IReadOnlyList<DeviceFinding> findings)
    {
        DeviceFinding[] measured = [.. findings.Where(f => f.ProductSpeed is not null).OrderByDescending(f => f.ProductSpeed)];
        if (measured.Length == 0)
            throw new DeviceException("no device could be measured");
        string speeds = string.Join(", ", measured.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Description.Selector} {f.ProductSpeed:f0}")));
        return (measured[0].Description.Selector, measured.Length == 1 ? "the only device besides debugging aids" : $"fastest matrix product (GFLOP/s: {speeds})");
    }

    /// <summary>Opens the device that a selector names; <c>auto</c> chooses.</summary>
    /// <param name="selector"><c>auto</c>, <c>cpu</c>, <c>cuda[:i]</c>, <c>opencl[:i]</c> or <c>ilgpu-cpu</c>.</param>
    /// <exception cref="InputException">The selector is none of these.</exception>
    /// <exception cref="DeviceException">The device is missing or failed its test.</exception>
    internal static (ComputeDevice Device, string Reason) Open(string selector)
    {
        string origin = "asked for";
        if (selector == "auto")
        {
            if (Environment.GetEnvironmentVariable(DeviceVariable) is { Length: > 0 } forced && forced != "auto")
                (selector, origin) = (forced, $"asked for by {DeviceVariable}");
            else if (HasAccelerator())
                (selector, origin) = Survey() is var survey ? (survey.Choice, survey.Reason) : default;
            else
                (selector, origin) = ("cpu", "no CUDA or OpenCL device was found");
        }
        try
        {
            return (selector == "cpu" ? OpenCpu() : IlgpuDevices.Open(selector, IlgpuDiscoveryOptions.FromEnvironment()), origin);
        }
        catch (DeviceFailureException failure)
        {
            throw new DeviceException($"{failure.Message}; 'contexture devices' lists what there is", failure);
        }
        catch (ArgumentException)
        {
            throw new InputException($"there is no device '{selector}'; auto, cpu, cuda, cuda:i, opencl, opencl:i and ilgpu-cpu are accepted");
        }
    }

    private static bool HasAccelerator() =>
        IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment()).Devices.Any(d => d.Backend is BackendKind.Cuda or BackendKind.OpenCl);

    private static CpuDevice OpenCpu()
    {
        try
        {
            return CpuDevice.Open();
        }
        catch (ArgumentException refusal)
        {
            throw new InputException(refusal.Message, refusal);
        }
        catch (DeviceFailureException failure)
        {
            throw new DeviceException(failure.Message, failure);
        }
    }

    // Median of several runs, the first not counted.
    private static double Measure(ComputeDevice device)
    {
        Arithmetic<float> on = device.Arithmetic<float>();
        using DeviceMatrix<float> a = on.Allocate(ProductSize, ProductSize), b = on.Allocate(ProductSize, ProductSize), c = on.Allocate(ProductSize, ProductSize);
        on.Fill(a, 0.5f);
        on.Fill(b, 0.25f);
        var seconds = new double[5];
        for (int run = -1; run < seconds.Length; run++)
        {
            device.Synchronize();
            long start = Stopwatch.GetTimestamp();
            on.Multiply(1, a, Orientation.Normal, b, Orientation.Normal, 0, c);
            device.Synchronize();
            if (run >= 0)
                seconds[run] = Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        Array.Sort(seconds);
        return 2e-9 * ProductSize * ProductSize * ProductSize / seconds[seconds.Length / 2];
    }
}
