namespace ContextureGpu.Kernels;

/// <summary>What the search for accelerators may take.</summary>
/// <param name="AllowAnyOpenCl">
/// Whether OpenCL devices that do not report a generic address space are taken too. The kernels here do not need one, but ILGPU does not vouch for such devices;
/// PoCL 3 and Oclgrind are among them. On the command line and in tests: <c>CONTEXTURE_OPENCL_ANY=1</c>.
/// </param>
public sealed record IlgpuDiscoveryOptions(bool AllowAnyOpenCl = false)
{
    /// <summary>The environment variable that sets <see cref="TensorCores"/>: <c>none</c>, <c>single</c> or <c>fast</c>.</summary>
    public const string TensorCoresVariable = "CONTEXTURE_TENSOR_CORES";

    /// <summary>What tensor cores may do on a device that is opened with these options. A kernel on them is used only once it has given right results on that device.</summary>
    public TensorCoreUse TensorCores { get; init; }

    /// <summary>The environment variable that sets <see cref="CuBlas"/> when it is 1.</summary>
    public const string CuBlasVariable = "CONTEXTURE_CUBLAS";

    /// <summary>
    /// Whether products of large float32 matrices are left to cuBLAS on CUDA devices, in place of the kernels here. It is used only once it has given right results on that device.
    /// </summary>
    public bool CuBlas { get; init; }

    /// <summary>Where the measured speeds of kernels are kept.</summary>
    public SpeedCache Speeds { get; init; } = SpeedCache.OfThisProcess;

    /// <summary>The environment variable that sets <see cref="AllowAnyOpenCl"/> when it is 1.</summary>
    public const string AnyOpenClVariable = "CONTEXTURE_OPENCL_ANY";

    /// <summary>The options that the environment of this process asks for. The only place where the variables are read.</summary>
    /// <exception cref="DeviceFailureException"><see cref="TensorCoresVariable"/> holds something else.</exception>
    public static IlgpuDiscoveryOptions FromEnvironment() => new(Environment.GetEnvironmentVariable(AnyOpenClVariable) == "1")
    {
        CuBlas = Environment.GetEnvironmentVariable(CuBlasVariable) == "1",
        TensorCores = Environment.GetEnvironmentVariable(TensorCoresVariable)?.Trim().ToUpperInvariant() switch
        {
            null or "" or "NONE" => TensorCoreUse.None,
            "SINGLE" => TensorCoreUse.Single,
            "FAST" => TensorCoreUse.Fast,
            _ => throw new DeviceFailureException("cuda", $"{TensorCoresVariable} is '{Environment.GetEnvironmentVariable(TensorCoresVariable)}'; none, single or fast was expected"),
        },
    };
}

/// <summary>A device, or a whole family of them, that the search did not take.</summary>
/// <param name="Backend">The family.</param>
/// <param name="Name">The device, or the library that would know of it.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record PassedOverDevice(BackendKind Backend, string Name, string Reason);

/// <summary>What the search for accelerators found.</summary>
/// <param name="Devices">Devices that can be opened: CUDA first, then OpenCL, ILGPU's CPU accelerator last.</param>
/// <param name="PassedOver">What was not taken, and why.</param>
public sealed record IlgpuDiscovery(IReadOnlyList<DeviceDescription> Devices, IReadOnlyList<PassedOverDevice> PassedOver);
