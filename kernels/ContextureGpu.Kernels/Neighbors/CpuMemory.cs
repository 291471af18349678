using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Memory of the host outside the collector's heap.</summary>
internal static unsafe class CpuMemory
{
    /// <summary>Aligned memory with undefined contents, to be freed with <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static T* Allocate<T>(long elements)
        where T : unmanaged => (T*)NativeMemory.AlignedAlloc(checked((nuint)(Math.Max(1, elements) * sizeof(T))), CpuStorage.Alignment);
}
