using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using ContextureGpu.Kernels.Cpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.KernelMatrix;

/// <summary>The vector exponential at every width, over the whole range of its type.</summary>
public sealed unsafe class BinaryExponentialTests
{
    [Fact]
    public void Float32_keeps_its_bound_at_512_bits() => Single<Lanes512<float>, Vector512<float>>();

    [Fact]
    public void Float32_keeps_its_bound_at_256_bits() => Single<Lanes256<float>, Vector256<float>>();

    [Fact]
    public void Float32_keeps_its_bound_at_128_bits() => Single<Lanes128<float>, Vector128<float>>();

    [Fact]
    public void Float64_keeps_its_bound_at_512_bits() => Double<Lanes512<double>, Vector512<double>>();

    [Fact]
    public void Float64_keeps_its_bound_at_256_bits() => Double<Lanes256<double>, Vector256<double>>();

    [Fact]
    public void Float64_keeps_its_bound_at_128_bits() => Double<Lanes128<double>, Vector128<double>>();

    // Without fused multiply-adds the steps of the polynomial are rounded twice.
    private static double UnitsOfSingle => Fma.IsSupported || AdvSimd.IsSupported ? 1 : 1.5;

    // Every exponent of float32 with either sign, 509 mantissas each, and all halves, where rounding to the integer part turns.
    private static void Single<TLanes, TVector>()
        where TLanes : struct, IVectorLanes<TVector, float>
        where TVector : unmanaged
    {
        var arguments = new List<float>();
        for (uint exponent = 0; exponent < 255; exponent++)
        {
            for (uint step = 0; step < 509; step++)
            {
                uint bits = (exponent << 23) | ((step * 16493) & 0x7FFFFF);
                arguments.Add(BitConverter.UInt32BitsToSingle(bits));
                arguments.Add(BitConverter.UInt32BitsToSingle(bits | 0x80000000));
            }
        }
        for (float x = -153; x <= 130; x += 0.5f)
            arguments.AddRange([x, float.BitDecrement(x), float.BitIncrement(x)]);
        double worst = 0;
        float[] results = Evaluate<float, TLanes, TVector>([.. arguments]);
        for (int i = 0; i < results.Length; i++)
        {
            // Rounded to float32 only at the end: 2^-53 does not matter here.
            double right = Math.Pow(2, arguments[i]);
            if (right >= float.MaxValue + Math.ScaleB(1, 103))
            {
                Assert.Equal(float.PositiveInfinity, results[i]);
                continue;
            }
            double unit = Math.ScaleB(1, Math.Max(-126, Math.ILogB(Math.Max(right, 1e-60))) - 23);
            double error = Math.Abs(results[i] - right) / unit;
            Assert.True(error <= UnitsOfSingle, $"2^{arguments[i]:R} gave {results[i]:R}, {right:R} is right: {error:g3} units");
            worst = Math.Max(worst, error);
        }
        Tolerance.Report($"2^x in float32, {TLanes.Count} lanes, largest error {worst:g4} units", worst);
        Special<float, TLanes, TVector>();
    }

    private static void Double<TLanes, TVector>()
        where TLanes : struct, IVectorLanes<TVector, double>
        where TVector : unmanaged
    {
        var arguments = new List<double>();
        for (int i = 0; i < 200_000; i++)
            arguments.Add(-1081 + (i * 0.010538671));
        for (int e = -1074; e < 10; e++)
            arguments.AddRange([Math.ScaleB(1.2345, e), -Math.ScaleB(1.6543, e)]);
        double worst = 0;
        double[] results = Evaluate<double, TLanes, TVector>([.. arguments]);
        for (int i = 0; i < results.Length; i++)
        {
            double right = Math.Pow(2, arguments[i]);
            if (double.IsInfinity(right))
            {
                Assert.Equal(double.PositiveInfinity, results[i]);
                continue;
            }
            double unit = right < Math.ScaleB(1, -1022) ? double.Epsilon : Math.ScaleB(1, Math.ILogB(right) - 52);
            double error = Math.Abs(results[i] - right) / unit;
            Assert.True(error <= 2, $"2^{arguments[i]:R} gave {results[i]:R}, {right:R} is right: {error:g3} units");
            worst = Math.Max(worst, error);
        }
        Tolerance.Report($"2^x in float64, {TLanes.Count} lanes, largest error {worst:g4} units", worst / 2);
        Special<double, TLanes, TVector>();
    }

    private static void Special<T, TLanes, TVector>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged
    {
        T[] results = Evaluate<T, TLanes, TVector>([T.NaN, T.NegativeInfinity, T.PositiveInfinity, T.Zero, T.NegativeZero, T.CreateTruncating(-1e30), T.CreateTruncating(1e30), T.CreateTruncating(7)]);
        Assert.True(T.IsNaN(results[0]), "NaN stays NaN");
        Assert.Equal([T.Zero, T.PositiveInfinity, T.One, T.One, T.Zero, T.PositiveInfinity, T.CreateTruncating(128)], results[1..]);
    }

    private static T[] Evaluate<T, TLanes, TVector>(T[] arguments)
        where T : unmanaged
        where TLanes : struct, IVectorLanes<TVector, T>
        where TVector : unmanaged
    {
        int lanes = TLanes.Count, padded = (arguments.Length + lanes - 1) / lanes * lanes;
        T[] input = new T[padded], output = new T[padded];
        arguments.CopyTo(input, 0);
        fixed (T* from = input, to = output)
        {
            for (int i = 0; i < padded; i += lanes)
                TLanes.Store(TLanes.Exp2(TLanes.Load(from + i)), to + i);
        }
        return output[..arguments.Length];
    }
}
