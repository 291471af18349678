using System.Numerics;

namespace ContextureGpu.Kernels;

/// <summary>
/// Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011):
/// draw number <c>index</c> of stream <c>stream</c> under a seed is a pure function of the three, on every device and at every tile size.
/// </summary>
public readonly struct Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;
    private readonly uint _key0, _key1, _stream0, _stream1;

    /// <summary>The generator of one stream under one seed.</summary>
    public Philox(ulong seed, ulong stream)
    {
        (_key0, _key1) = ((uint)seed, (uint)(seed >> 32));
        (_stream0, _stream1) = ((uint)stream, (uint)(stream >> 32));
    }

    /// <summary>The four 32-bit words of block <paramref name="counter"/>: the counter in the low half, the stream in the high half.</summary>
    public (uint X, uint Y, uint Z, uint W) Block(ulong counter) =>
        Block((uint)counter, (uint)(counter >> 32), _stream0, _stream1, _key0, _key1);

    /// <summary>The bijection itself: ten rounds on a 128-bit counter under a 64-bit key.</summary>
    public static (uint X, uint Y, uint Z, uint W) Block(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0, p1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ key0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ key1, (uint)p0);
            key0 += Weyl0;
            key1 += Weyl1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>Draw <paramref name="index"/> of the uniform distribution on [0, 1), a multiple of 2^-53.</summary>
    public double Uniform(long index) => Bits(index) * (1.0 / (1UL << 53));

    /// <summary>The same draw as a whole number, times 2^53: what a device without float64 can compare.</summary>
    public long Bits(long index)
    {
        (uint x, uint y, uint z, uint w) = Block((ulong)index >> 1);
        ulong bits = (index & 1) == 0 ? ((ulong)y << 32) | x : ((ulong)w << 32) | z;
        return (long)(bits >> 11);
    }

    /// <summary>
    /// Fills <paramref name="destination"/> with draws <paramref name="start"/>, start + 1, .. of the standard normal distribution
    /// (Box and Muller 1958, one block a pair).
    /// </summary>
    public void Normals<T>(long start, Span<T> destination)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < destination.Length; i++)
        {
            long index = start + i;
            (double even, double odd) = NormalPair((ulong)index >> 1);
            destination[i] = T.CreateTruncating((index & 1) == 0 ? even : odd);
            if ((index & 1) == 0 && i + 1 < destination.Length)
                destination[++i] = T.CreateTruncating(odd);
        }
    }

    private (double Even, double Odd) NormalPair(ulong counter)
    {
        (uint x, uint y, uint z, uint w) = Block(counter);
        double u = ((((ulong)y << 32) | x) >> 11) * (1.0 / (1UL << 53));
        double v = ((((ulong)w << 32) | z) >> 11) * (1.0 / (1UL << 53));
        double radius = Math.Sqrt(-2 * Math.Log(1 - u));
        (double sin, double cos) = Math.SinCos(2 * Math.PI * v);
        return (radius * cos, radius * sin);
    }
}
