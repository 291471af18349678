using System.Diagnostics;
using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>A device that was found, and what it can do.</summary>
/// <param name="Description">What it is.</param>
/// <param name="ProductSpeed">Measured speed of a float32 matrix product in GFLOP/s; null where it was not measured.</param>
/// <param name="Compared">What the products of the processor were compared in, fastest first; empty for other devices and where there was no choice.</param>
public sealed record DeviceFinding(DeviceDescription Description, double? ProductSpeed, IReadOnlyList<ProductSpeed> Compared);

/// <summary>Which speeds a survey goes by.</summary>
public enum SpeedSource
{
    /// <summary>Those that were measured on this machine before; what is not known is measured.</summary>
    Kept,

    /// <summary>All are measured now.</summary>
    Measured,
}

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
    private const double DebuggingSpeed = 0.05;
    private const string FastestProduct = "fastest matrix product";

    /// <summary>The speed of every device but ILGPU's CPU accelerator, which is a debugging aid and never chosen.</summary>
    /// <param name="source">Whether speeds that were measured before are good enough.</param>
    /// <exception cref="InputException">The environment asks for something that does not exist.</exception>
    /// <exception cref="DeviceException">The native library that the environment names is missing or failed its test.</exception>
    public static DeviceSurvey Survey(SpeedSource source = SpeedSource.Kept)
    {
        SpeedCache speeds = SpeedCache.OfThisProcess;
        if (source == SpeedSource.Measured)
            speeds.Forget();
        // Both wait for libraries to load.
        Task<IlgpuDiscovery> search = Task.Run(() => IlgpuDevices.Discover(IlgpuDiscoveryOptions.FromEnvironment()));
        var passedOver = new List<PassedOverDevice>();
        var findings = new List<DeviceFinding>();
        using (CpuDevice cpu = OpenCpu())
        {
            passedOver.AddRange(cpu.PassedOver);
            double speed = cpu.ProductSpeeds.Count > 0 ? cpu.ProductSpeeds[0].Gflops : KeptOrMeasured(speeds, cpu.Description, () => Measure(cpu));
            findings.Add(new DeviceFinding(cpu.Description, speed, cpu.ProductSpeeds));
        }
        IlgpuDiscovery discovery = search.GetAwaiter().GetResult();
        passedOver.AddRange(discovery.PassedOver);
        foreach (DeviceDescription description in discovery.Devices)
        {
            if (description.Backend == BackendKind.IlgpuCpu)
            {
                findings.Add(new DeviceFinding(description, null, []));
                continue;
            }
            try
            {
                double speed = KeptOrMeasured(speeds, description, () =>
                {
                    using ComputeDevice device = IlgpuDevices.Open(description, IlgpuDiscoveryOptions.FromEnvironment());
                    return Measure(device);
                });
                findings.Add(new DeviceFinding(description, speed, []));
            }
            catch (DeviceFailureException failure)
            {
                passedOver.Add(new PassedOverDevice(description.Backend, description.Name, failure.Message));
            }
        }
        (string choice, string reason) = Choose(findings);
        return new DeviceSurvey(findings, passedOver, choice, reason);
    }

    /// <summary>What <c>auto</c> stands for, and why; the processor is not opened where there is nothing else.</summary>
    /// <inheritdoc cref="Survey" path="/exception"/>
    public static (string Selector, string Reason) Choose(SpeedSource source = SpeedSource.Kept)
    {
        (string selector, string reason, _) = Plan(source);
        return (selector, reason);
    }

    // What auto stands for, why, and what follows an accelerator that is lost: what was chosen by speed is replaced, what somebody named is not. No job asks for more of the others
    // than of the first: they compute in float64.
    private static (string Selector, string Reason, IReadOnlyList<string> Others) Plan(SpeedSource source)
    {
        if (Environment.GetEnvironmentVariable(DeviceVariable) is { Length: > 0 } forced && forced != "auto")
            return (forced, $"asked for by {DeviceVariable}", []);
        if (!HasAccelerator())
            return ("cpu", "no CUDA or OpenCL device was found", []);
        DeviceSurvey survey = Survey(source);
        return (survey.Choice, survey.Reason, survey.Choice == "cpu" ? [] : Others(survey.Devices, survey.Choice));
    }

    /// <summary>What takes the place of a device that is lost, fastest first. A pure function of the findings.</summary>
    internal static IReadOnlyList<string> Others(IReadOnlyList<DeviceFinding> findings, string lost) =>
    [
        .. from finding in findings
           where finding.ProductSpeed is not null && finding.Description.SupportsDouble && finding.Description.Selector != lost
           orderby finding.ProductSpeed descending
           select finding.Description.Selector,
    ];

    /// <summary>The fastest measured device. A pure function of the findings.</summary>
    internal static (string Selector, string Reason) Choose(IReadOnlyList<DeviceFinding> findings)
    {
        DeviceFinding[] measured = [.. findings.Where(f => f.ProductSpeed is not null).OrderByDescending(f => f.ProductSpeed)];
        if (measured.Length == 0)
            throw new DeviceException("no device could be measured");
        string speeds = string.Join(", ", measured.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Description.Selector} {f.ProductSpeed:f0}")));
        return (measured[0].Description.Selector, measured.Length == 1 ? "the only device besides debugging aids" : $"{FastestProduct} (GFLOP/s: {speeds})");
    }

    /// <summary>Opens the device that a selector names; <c>auto</c> chooses, and provides for the loss of an accelerator.</summary>
    /// <param name="selector"><c>auto</c>, <c>cpu</c>, <c>cuda[:i]</c>, <c>opencl[:i]</c> or <c>ilgpu-cpu</c>.</param>
    /// <exception cref="InputException">The selector is none of these.</exception>
    /// <exception cref="DeviceException">The device is missing or failed its test.</exception>
    internal static DeviceSuccession Open(string selector) => Open(selector, []);

    /// <summary>As above, with partners that share what can be shared.</summary>
    /// <param name="selector">As above.</param>
    /// <param name="partners">Selectors; not <c>auto</c>.</param>
    /// <param name="tensorCores">What tensor cores may do; null for what the environment says.</param>
    /// <exception cref="InputException">A selector is none, or names a device that is named already.</exception>
    /// <exception cref="DeviceException">A device is missing or failed its test.</exception>
    internal static DeviceSuccession Open(string selector, IReadOnlyList<string> partners, TensorCoreUse? tensorCores = null)
    {
        ArgumentNullException.ThrowIfNull(partners);
        if (selector != "auto")
            return new DeviceSuccession(OpenTeam(selector, partners, tensorCores), "asked for", []);
        (string choice, string reason, IReadOnlyList<string> others) = Plan(SpeedSource.Kept);
        try
        {
            return Succession();
        }
        catch (DeviceException) when (reason.StartsWith(FastestProduct, StringComparison.Ordinal))
        {
            // It worked when its speed was measured; now the devices that do are looked for.
            (choice, reason, others) = Plan(SpeedSource.Measured);
            return Succession();
        }

        DeviceSuccession Succession() => new(OpenTeam(choice, partners, tensorCores), reason, others.Select(other => new Func<ComputeDevice>(() => OpenNamed(other, tensorCores))));
    }

    private static ComputeDevice OpenTeam(string selector, IReadOnlyList<string> partners, TensorCoreUse? tensorCores)
    {
        if (partners.Count == 0)
            return OpenNamed(selector, tensorCores);
        var devices = new List<ComputeDevice>();
        try
        {
            foreach (string name in (IEnumerable<string>)[selector, .. partners])
            {
                devices.Add(OpenNamed(name, tensorCores));
                if (devices.Take(devices.Count - 1).Any(d => d.Description.Selector == devices[^1].Description.Selector))
                    throw new InputException($"'{name}' is among the devices twice");
            }
            return new DeviceTeam([.. devices.Select(device => new TeamMember(device, Speed(device)))]);
        }
        catch
        {
            devices.ForEach(device => device.Dispose());
            throw;
        }
    }

    // In GFLOP/s; the debugging aid is not worth measuring.
    private static double Speed(ComputeDevice device) => device switch
    {
        CpuDevice { ProductSpeeds: [var fastest, ..] } => fastest.Gflops,
        { Description.Backend: BackendKind.IlgpuCpu } => DebuggingSpeed,
        _ => KeptOrMeasured(SpeedCache.OfThisProcess, device.Description, () => Measure(device)),
    };

    private static ComputeDevice OpenNamed(string selector, TensorCoreUse? tensorCores)
    {
        try
        {
            if (selector == "cpu")
                return OpenCpu();
            IlgpuDiscoveryOptions options = IlgpuDiscoveryOptions.FromEnvironment();
            return IlgpuDevices.Open(selector, options with { TensorCores = tensorCores ?? options.TensorCores });
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

    private static double KeptOrMeasured(SpeedCache speeds, DeviceDescription device, Func<double> measure)
    {
        string key = $"{device.Selector} {device.Name}|{device.Driver}|{device.MemoryBytes}|{device.NativeLibrary}|{typeof(CpuDevice).Module.ModuleVersionId:N}|float32 product of {ProductSize}";
        if (speeds.Find(key) is { } kept)
            return kept;
        double speed = measure();
        speeds.Store([KeyValuePair.Create(key, speed)]);
        return speed;
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
