using System.Reflection;
using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The text of every kernel by its name, generated once in a process and without the device it is for.</summary>
internal static class GeneratedTexts
{
    private static readonly Lazy<IReadOnlyDictionary<string, string>> AmperePtx = new(() => Ptx(CudaArchitecture.SM_80)), HopperPtx = new(() => Ptx(CudaArchitecture.SM_90));
    private static readonly Lazy<IReadOnlyDictionary<string, string>> C = new(() => Generate(
        KernelRegistry.Portable,
        context => new CLBackend(context, new CLCapabilityContext(subGroups: false, float16: false, float64: true, int64_Atomics: false, genericAddressSpace: false), CLDeviceVendor.Other, new CLCVersion(2, 0)),
        compiled => ((CLCompiledKernel)compiled).Source));

    /// <summary>The two generations of GPUs that are looked at.</summary>
    public static IReadOnlyList<string> Architectures { get; } = ["sm_80", "sm_90"];

    /// <summary>PTX for an architecture, of the last version that the assembler of CUDA 11.8 knows.</summary>
    public static IReadOnlyDictionary<string, string> PtxFor(string architecture) => architecture switch
    {
        "sm_80" => AmperePtx.Value,
        "sm_90" => HopperPtx.Value,
        _ => throw new ArgumentOutOfRangeException(nameof(architecture), architecture, "not looked at"),
    };

    /// <summary>OpenCL C for a device with float64 and nothing else beyond the standard.</summary>
    public static IReadOnlyDictionary<string, string> OpenCl => C.Value;

    private static Dictionary<string, string> Ptx(CudaArchitecture architecture) => Generate(
        KernelRegistry.Closed,
        context => new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_78, null),
        compiled => ((PTXCompiledKernel)compiled).PTXAssembly);

    private static Dictionary<string, string> Generate(IReadOnlyDictionary<string, MethodInfo> kernels, Func<Context, Backend> create, Func<CompiledKernel, string> text)
    {
        using Context context = AcceleratorCatalog.CreateContext(BackendKind.IlgpuCpu);
        using Backend backend = create(context);
        return kernels.ToDictionary(kernel => kernel.Key, kernel => text(KernelLoader.Compile(backend, kernel.Value)));
    }
}
