using System.Reflection;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>The libraries of the CUDA and OpenCL drivers: whether they are there, and under which file name.</summary>
internal static class DriverLibraries
{
    private static readonly string[] CudaNames =
        OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"];

    private static readonly string[] OpenClNames =
        OperatingSystem.IsWindows() ? ["OpenCL.dll"]
        : OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"]
        : ["libOpenCL.so.1", "libOpenCL.so"];

    // Runs at most once in a process, on first use; it touches ILGPU, so only when a driver is there.
    private static readonly Lazy<bool> Resolver = new(Install);

    /// <summary>The names the library of a family is looked for under.</summary>
    public static IReadOnlyList<string> Names(BackendKind backend) => backend == BackendKind.Cuda ? CudaNames : OpenClNames;

    /// <summary>Whether the library of a family can be loaded. Costs a failed look-up when it is not installed.</summary>
    public static bool IsPresent(BackendKind backend) => TryLoad(Names(backend), out _);

    /// <summary>
    /// Makes ILGPU, which asks for <c>libcuda.so</c> and <c>libOpenCL.so</c>, find the versioned names that drivers install without their development packages.
    /// </summary>
    public static void InstallResolver() => _ = Resolver.Value;

    private static bool Install()
    {
        // Under WSL ILGPU installs a resolver of its own, and an assembly can have one only.
        if (!OperatingSystem.IsLinux() || Directory.Exists("/usr/lib/wsl/lib"))
            return false;
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(ILGPU.Context).Assembly, Resolve);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;       // somebody else in this process set one: theirs stays
        }
    }

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        IReadOnlyList<string> names = name switch
        {
            "cuda" or "libcuda.so" => CudaNames,
            "OpenCL" or "libOpenCL.so" => OpenClNames,
            _ => [],
        };
        return TryLoad(names, out IntPtr handle) ? handle : IntPtr.Zero;
    }

    private static bool TryLoad(IReadOnlyList<string> names, out IntPtr handle)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out handle))
                return true;
        }
        handle = IntPtr.Zero;
        return false;
    }
}
