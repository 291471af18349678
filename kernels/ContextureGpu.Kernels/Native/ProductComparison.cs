using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Which of the libraries that were found, or managed code, is quickest at a float32 product on this machine: on AMD's processors OpenBLAS is often well ahead of MKL, on
/// Intel's it is the other way round.
/// </summary>
internal static unsafe class ProductComparison
{
    private const int Size = 768, LeastRounds = 3, MostRounds = 8;
    private static readonly TimeSpan Enough = TimeSpan.FromMilliseconds(300);

    /// <summary>Times products in each.</summary>
    /// <param name="workers">Threads.</param>
    /// <param name="libraries">Libraries that passed their test.</param>
    /// <returns>For each library, and last for managed code, the speed of the quickest of several products in GFLOP/s.</returns>
    public static double[] Measure(Workers workers, IReadOnlyList<NativeBlas> libraries)
    {
        var seconds = new double[libraries.Count + 1];
        Array.Fill(seconds, double.PositiveInfinity);
        float* a = Panel<float>.Allocate(3L * Size * Size), b = a + (Size * Size), c = b + (Size * Size);
        try
        {
            new Span<float>(a, Size * Size).Fill(0.5f);
            new Span<float>(b, Size * Size).Fill(0.25f);
            // In turns, so that what else the machine does meets all of them; the first round warms up.
            long begin = Stopwatch.GetTimestamp();
            for (int round = 0; round <= LeastRounds || (round <= MostRounds && Stopwatch.GetElapsedTime(begin) < Enough); round++)
            {
                for (int i = 0; i < seconds.Length; i++)
                {
                    long start = Stopwatch.GetTimestamp();
                    if (i < libraries.Count)
                        libraries[i].Multiply(workers, 1f, a, Size, Orientation.Normal, b, Size, Orientation.Normal, 0f, c, Size, Size, Size, Size);
                    else
                        PackedProduct<float>.Multiply(workers, 1f, Operand<float>.Of(a, Size, Orientation.Normal), Operand<float>.Of(b, Size, Orientation.Normal), 0f, c, Size, Size, Size, Size);
                    if (round > 0)
                        seconds[i] = Math.Min(seconds[i], Stopwatch.GetElapsedTime(start).TotalSeconds);
                }
            }
        }
        finally
        {
            NativeMemory.AlignedFree(a);
        }
        return [.. seconds.Select(s => 2e-9 * Size * Size * Size / s)];
    }
}
