using System.Runtime.CompilerServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>A distance in float32, summed feature by feature from differences: the same bits for (a, b) and (b, a), and wherever in a vector a pair stands.</summary>
internal interface IPairDistance
{
    /// <summary>Adds what one feature contributes.</summary>
    static abstract TVector Add<TVector, TLanes>(TVector a, TVector b, TVector sum)
        where TVector : struct
        where TLanes : struct, IFloatLanes<TVector>;
}

/// <summary><c>sum_f (a_f - b_f)^2</c>.</summary>
internal readonly struct SquaredDifferences : IPairDistance
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Add<TVector, TLanes>(TVector a, TVector b, TVector sum)
        where TVector : struct
        where TLanes : struct, IFloatLanes<TVector> => TLanes.AddSquaredDifference(a, b, sum);
}

/// <summary><c>sum_f |a_f - b_f|</c>.</summary>
internal readonly struct SummedDifferences : IPairDistance
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Add<TVector, TLanes>(TVector a, TVector b, TVector sum)
        where TVector : struct
        where TLanes : struct, IFloatLanes<TVector> => TLanes.AddAbsoluteDifference(a, b, sum);
}
