using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Spin locks on points, for work of a few instructions; points share them.</summary>
internal readonly unsafe struct PointLocks : IDisposable
{
    private const int Count = 1 << 12;

    private readonly int* _held;

    public PointLocks()
    {
        _held = CpuMemory.Allocate<int>(Count);
        new Span<int>(_held, Count).Clear();
    }

    /// <summary>Waits until nobody else is at a point that shares the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(int point)
    {
        ref int held = ref _held[point & (Count - 1)];
        if (Interlocked.Exchange(ref held, 1) != 0)
            Wait(ref held);
    }

    /// <summary>Lets the next one in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(int point) => Volatile.Write(ref _held[point & (Count - 1)], 0);

    public void Dispose() => NativeMemory.AlignedFree(_held);

    private static void Wait(ref int held)
    {
        var wait = default(SpinWait);
        do
            wait.SpinOnce(sleep1Threshold: -1);
        while (Volatile.Read(ref held) != 0 || Interlocked.Exchange(ref held, 1) != 0);
    }
}
