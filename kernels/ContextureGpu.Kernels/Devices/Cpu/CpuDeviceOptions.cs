namespace ContextureGpu.Kernels;

/// <summary>Which native library does the dense products of the CPU device.</summary>
public enum BlasChoice
{
    /// <summary>The fastest of OpenBLAS, MKL and managed code, measured on this machine; eigenproblems in the faster library.</summary>
    Auto,

    /// <summary>Intel's Math Kernel Library (<c>libmkl_rt</c>), or an error.</summary>
    Mkl,

    /// <summary>OpenBLAS (<c>libopenblas</c>), or an error.</summary>
    OpenBlas,

    /// <summary>Managed code only.</summary>
    None,
}

/// <summary>How the CPU is used.</summary>
public sealed record CpuDeviceOptions
{
    /// <summary>The environment variable that sets <see cref="Blas"/>: <c>auto</c>, <c>mkl</c>, <c>openblas</c> or <c>none</c>.</summary>
    public const string BlasVariable = "CONTEXTURE_BLAS";

    /// <summary>The native library for dense products and eigenproblems.</summary>
    public BlasChoice Blas { get; init; }

    /// <summary>Threads, at least 1; the default is what the machine or the container allows this process.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Where <see cref="BlasChoice.Auto"/> keeps the speeds that it measures.</summary>
    public SpeedCache Speeds { get; init; } = SpeedCache.OfThisProcess;

    /// <summary>The options that the environment of this process asks for. The only place where the variable is read.</summary>
    /// <exception cref="ArgumentException">The variable holds something else.</exception>
    public static CpuDeviceOptions FromEnvironment() => new()
    {
        Blas = Environment.GetEnvironmentVariable(BlasVariable)?.Trim().ToUpperInvariant() switch
        {
            null or "" or "AUTO" => BlasChoice.Auto,
            "MKL" => BlasChoice.Mkl,
            "OPENBLAS" => BlasChoice.OpenBlas,
            "NONE" => BlasChoice.None,
            _ => throw new ArgumentException($"{BlasVariable} is '{Environment.GetEnvironmentVariable(BlasVariable)}'; auto, mkl, openblas or none was expected"),
        },
    };
}
