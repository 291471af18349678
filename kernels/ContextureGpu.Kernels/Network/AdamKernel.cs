using System.Numerics;
using System.Runtime.InteropServices;
using ILGPU;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>Shape, places and constants of <see cref="AdamKernel"/>.</summary>
/// <typeparam name="T">Element type.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct AdamShape<T>
    where T : unmanaged
{
    /// <summary>Elements and columns of every matrix.</summary>
    public long Elements, Columns;

    /// <summary>First elements and leading dimensions of the gradient, of both moments and of the parameters.</summary>
    public long OffsetG, LeadingG, OffsetM, LeadingM, OffsetV, LeadingV, OffsetP, LeadingP;

    /// <summary>The step's factors: of the gradient; kept and taken by m; kept and taken by v; of p; of m; of the root; and epsilon.</summary>
    public T Scale, FirstKept, FirstTaken, SecondKept, SecondTaken, Shrink, Rate, Root, Epsilon;
}

/// <summary>One step of AdamW as <see cref="AdamStep"/> defines it: a thread an element. Bound by memory.</summary>
internal static class AdamKernel
{
    /// <summary>The step.</summary>
    [DeviceKernel(TileGeometry.Threads)]
    public static void Step<T, TReal>(ArrayView<T> gradient, ArrayView<T> first, ArrayView<T> second, ArrayView<T> parameters, AdamShape<T> shape)
        where T : unmanaged, INumber<T>
        where TReal : struct, IReal<T>
    {
        for (long e = Grid.GlobalIndex.X; e < shape.Elements; e += TileGeometry.GridThreads)
        {
            long i = e / shape.Columns, j = e - i * shape.Columns;
            long atM = shape.OffsetM + i * shape.LeadingM + j, atV = shape.OffsetV + i * shape.LeadingV + j, atP = shape.OffsetP + i * shape.LeadingP + j;
            T g = shape.Scale * gradient[shape.OffsetG + i * shape.LeadingG + j];
            T m = shape.FirstKept * first[atM] + shape.FirstTaken * g;
            T v = shape.SecondKept * second[atV] + shape.SecondTaken * g * g;
            first[atM] = m;
            second[atV] = v;
            parameters[atP] = shape.Shrink * parameters[atP] - shape.Rate * m / (shape.Root * TReal.Sqrt(v) + shape.Epsilon);
        }
    }
}
