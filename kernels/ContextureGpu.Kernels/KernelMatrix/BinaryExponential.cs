using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// <c>2^x</c> on vectors: <c>x = n + r</c> with n the nearest integer, exactly, a polynomial for <c>2^r</c> whose largest relative error is least (Remez; below 2^-29 in
/// float32 and 2^-58 in float64), and the scale <c>2^n</c> by the processor or in two factors, so that results below the normal range are rounded once.
/// 0 down to negative infinity, infinity above the range, NaN for NaN. Error at most 1 unit in the last place in float32, 1.5 on processors
/// without fused multiply-adds, and 2 in float64.
/// </summary>
internal static class BinaryExponential
{
    /// <summary>Arguments at or below give 0, at or above infinity.</summary>
    public const float SingleLowest = -152, SingleHighest = 129;

    /// <summary>Arguments at or below give 0, at or above infinity.</summary>
    public const double DoubleLowest = -1080, DoubleHighest = 1025;

    /// <summary>1.5 * 2^23 and 1.5 * 2^52: adding one rounds to an integer, whose bits are then the low bits of the sum.</summary>
    public const float SingleRound = 12582912f;

    /// <inheritdoc cref="SingleRound"/>
    public const double DoubleRound = 6755399441055744.0;

    /// <summary><c>2^r</c> for r in [-1/2, 1/2], float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe TVector Single<TLanes, TVector>(TVector r)
        where TLanes : struct, IVectorLanes<TVector, float>
        where TVector : unmanaged
    {
        TVector p = TLanes.MultiplyAdd(TLanes.Broadcast(0.000153458121613f), r, TLanes.Broadcast(0.00133999311772f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.00961848895633f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.0555032877711f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.240226468906f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.693147205737f));
        return TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1f));
    }

    /// <summary><c>2^r</c> for r in [-1/2, 1/2], float64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe TVector Double<TLanes, TVector>(TVector r)
        where TLanes : struct, IVectorLanes<TVector, double>
        where TVector : unmanaged
    {
        TVector p = TLanes.MultiplyAdd(TLanes.Broadcast(4.4352827069572771511e-10), r, TLanes.Broadcast(7.0741056135081427963e-9));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1.0178198021671930844e-7));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1.321543308967639918e-6));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1.5252733489988525649e-5));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1.5403530462551432062e-4));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1.3333558146789921722e-3));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(9.6181291075883352443e-3));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.055504108664819921605));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.24022650695910156204));
        p = TLanes.MultiplyAdd(p, r, TLanes.Broadcast(0.69314718055994533046));
        return TLanes.MultiplyAdd(p, r, TLanes.Broadcast(1.0));
    }
}
