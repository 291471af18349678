using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// A copy of host values at an aligned address: some libraries sum in another order when an operand lies elsewhere in memory, and the same call would then give other bits.
/// </summary>
internal sealed unsafe class AlignedCopy : IDisposable
{
    private readonly int _length;

    /// <summary>Room for <paramref name="length"/> undefined values.</summary>
    public AlignedCopy(int length)
    {
        _length = length;
        Start = (double*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, length) * sizeof(double), CpuStorage.Alignment);
    }

    /// <summary>A copy of the values.</summary>
    public AlignedCopy(ReadOnlySpan<double> values)
        : this(values.Length) => values.CopyTo(Span);

    ~AlignedCopy() => NativeMemory.AlignedFree(Start);

    /// <summary>The first value.</summary>
    public double* Start { get; private set; }

    /// <summary>All values.</summary>
    public Span<double> Span => new(Start, _length);

    public void Dispose()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
        GC.SuppressFinalize(this);
    }
}
