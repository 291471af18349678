using System.Buffers;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>The uniform numbers that one draw of a value of A uses up, in turn: a pure function of the seed and the number of the draw.</summary>
internal struct UniformDraws(ulong seed, long draw)
{
    private const ulong Stream = 0x64726177_00000000;

    private readonly Philox _random = new(seed, Stream ^ (ulong)draw);
    private long _used;

    /// <summary>The next number of [0, 1).</summary>
    public double Next() => _random.Uniform(_used++);

    /// <summary>A standard normal number (Box and Muller 1958), of the next two.</summary>
    public double Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Next()));
        return radius * Math.Cos(2 * Math.PI * Next());
    }

    /// <summary>An index with probability proportional to a weight; one with weight 0 never.</summary>
    public int Choose(ReadOnlySpan<double> weights)
    {
        double sum = 0;
        foreach (double weight in weights)
            sum += weight;
        double left = Next() * sum;
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
                continue;
            last = i;
            left -= weights[i];
            if (left < 0)
                return i;
        }
        return last;
    }

    /// <summary>An index with probability proportional to <c>exp(log weight)</c>.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="log">The logarithm of each weight; one at least is finite.</param>
    public int ChooseByLog(int count, Func<int, double> log)
    {
        double[] weights = ArrayPool<double>.Shared.Rent(count);
        try
        {
            Span<double> own = weights.AsSpan(0, count);
            double largest = double.NegativeInfinity;
            for (int i = 0; i < count; i++)
                largest = Math.Max(largest, own[i] = log(i));
            for (int i = 0; i < count; i++)
                own[i] = Math.Exp(own[i] - largest);
            return Choose(own);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(weights);
        }
    }
}
