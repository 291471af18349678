using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Vectors of one width, so that a loop is written once and compiled for 512, 256 and 128 bits: <see cref="Vector{T}"/> stays at 256 bits where the processor has 512.
/// </summary>
/// <typeparam name="TVector">The vector.</typeparam>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal unsafe interface IVectorLanes<TVector, T>
    where TVector : unmanaged
    where T : unmanaged
{
    /// <summary>Elements of a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Count elements in a row, aligned or not.</summary>
    static abstract TVector Load(T* source);

    /// <summary>Writes Count elements.</summary>
    static abstract void Store(TVector value, T* destination);

    /// <summary>One value in every lane.</summary>
    static abstract TVector Broadcast(T value);

    /// <summary><c>a + b</c>.</summary>
    static abstract TVector Add(TVector a, TVector b);

    /// <summary><c>a - b</c>.</summary>
    static abstract TVector Subtract(TVector a, TVector b);

    /// <summary><c>a b</c>.</summary>
    static abstract TVector Multiply(TVector a, TVector b);

    /// <summary><c>a b + c</c>, rounded once where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>The larger; NaN if one is.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>The magnitude.</summary>
    static abstract TVector Abs(TVector a);

    /// <summary>The square root.</summary>
    static abstract TVector Sqrt(TVector a);

    /// <summary><c>2^x</c>: see <see cref="BinaryExponential"/>.</summary>
    static abstract TVector Exp2(TVector x);
}

/// <summary>512 bits.</summary>
internal readonly unsafe struct Lanes512<T> : IVectorLanes<Vector512<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static int Count => Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Broadcast(T value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Add(Vector512<T> a, Vector512<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Subtract(Vector512<T> a, Vector512<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Multiply(Vector512<T> a, Vector512<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> MultiplyAdd(Vector512<T> a, Vector512<T> b, Vector512<T> c) => typeof(T) == typeof(float)
        ? Vector512.MultiplyAddEstimate(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector512.MultiplyAddEstimate(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Max(Vector512<T> a, Vector512<T> b) => Vector512.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Abs(Vector512<T> a) => Vector512.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Sqrt(Vector512<T> a) => Vector512.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Exp2(Vector512<T> x)
    {
        if (typeof(T) == typeof(float))
        {
            // MAXPS and MINPS return their second operand when one is NaN.
            Vector512<float> z = Vector512.MinNative(Vector512.Create(BinaryExponential.SingleHighest), Vector512.MaxNative(Vector512.Create(BinaryExponential.SingleLowest), x.AsSingle()));
            Vector512<float> whole = Avx512F.IsSupported ? Avx512F.RoundScale(z, 0) : Vector512.Round(z);
            Vector512<float> p = BinaryExponential.Single<Lanes512<float>, Vector512<float>>(z - whole);
            if (Avx512F.IsSupported)
                return Avx512F.Scale(p, whole).As<float, T>();
            Vector512<int> n = Vector512.ConvertToInt32(whole), half = n >> 1;
            return (p * ((half + Vector512.Create(127)) << 23).AsSingle() * ((n - half + Vector512.Create(127)) << 23).AsSingle()).As<float, T>();
        }
        else
        {
            Vector512<double> z = Vector512.MinNative(Vector512.Create(BinaryExponential.DoubleHighest), Vector512.MaxNative(Vector512.Create(BinaryExponential.DoubleLowest), x.AsDouble()));
            Vector512<double> whole = Avx512F.IsSupported ? Avx512F.RoundScale(z, 0) : Vector512.Round(z);
            Vector512<double> p = BinaryExponential.Double<Lanes512<double>, Vector512<double>>(z - whole);
            if (Avx512F.IsSupported)
                return Avx512F.Scale(p, whole).As<double, T>();
            Vector512<long> n = (whole + Vector512.Create(BinaryExponential.DoubleRound)).AsInt64() - Vector512.Create(BinaryExponential.DoubleRound).AsInt64(), half = n >> 1;
            return (p * ((half + Vector512.Create(1023L)) << 52).AsDouble() * ((n - half + Vector512.Create(1023L)) << 52).AsDouble()).As<double, T>();
        }
    }
}

/// <summary>256 bits.</summary>
internal readonly unsafe struct Lanes256<T> : IVectorLanes<Vector256<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static int Count => Vector256<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Broadcast(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Add(Vector256<T> a, Vector256<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Subtract(Vector256<T> a, Vector256<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Multiply(Vector256<T> a, Vector256<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> MultiplyAdd(Vector256<T> a, Vector256<T> b, Vector256<T> c) => typeof(T) == typeof(float)
        ? Vector256.MultiplyAddEstimate(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector256.MultiplyAddEstimate(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Max(Vector256<T> a, Vector256<T> b) => Vector256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Abs(Vector256<T> a) => Vector256.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Sqrt(Vector256<T> a) => Vector256.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Exp2(Vector256<T> x)
    {
        if (typeof(T) == typeof(float))
        {
            Vector256<float> z = Vector256.MinNative(Vector256.Create(BinaryExponential.SingleHighest), Vector256.MaxNative(Vector256.Create(BinaryExponential.SingleLowest), x.AsSingle()));
            Vector256<float> whole = Vector256.Round(z);
            Vector256<float> p = BinaryExponential.Single<Lanes256<float>, Vector256<float>>(z - whole);
            Vector256<int> n = (whole + Vector256.Create(BinaryExponential.SingleRound)).AsInt32() - Vector256.Create(BinaryExponential.SingleRound).AsInt32(), half = n >> 1;
            return (p * ((half + Vector256.Create(127)) << 23).AsSingle() * ((n - half + Vector256.Create(127)) << 23).AsSingle()).As<float, T>();
        }
        else
        {
            Vector256<double> z = Vector256.MinNative(Vector256.Create(BinaryExponential.DoubleHighest), Vector256.MaxNative(Vector256.Create(BinaryExponential.DoubleLowest), x.AsDouble()));
            Vector256<double> whole = Vector256.Round(z);
            Vector256<double> p = BinaryExponential.Double<Lanes256<double>, Vector256<double>>(z - whole);
            // n + 4096 is positive: AVX2 shifts 64-bit integers to the right without their sign only.
            Vector256<ulong> n = (whole + Vector256.Create(BinaryExponential.DoubleRound + 4096)).AsUInt64() - Vector256.Create(BinaryExponential.DoubleRound).AsUInt64(), half = n >> 1;
            return (p * ((half - Vector256.Create(2048UL - 1023)) << 52).AsDouble() * ((n - half - Vector256.Create(2048UL - 1023)) << 52).AsDouble()).As<double, T>();
        }
    }
}

/// <summary>128 bits, on any processor.</summary>
internal readonly unsafe struct Lanes128<T> : IVectorLanes<Vector128<T>, T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public static int Count => Vector128<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<T> value, T* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Broadcast(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Add(Vector128<T> a, Vector128<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Subtract(Vector128<T> a, Vector128<T> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Multiply(Vector128<T> a, Vector128<T> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> MultiplyAdd(Vector128<T> a, Vector128<T> b, Vector128<T> c) => typeof(T) == typeof(float)
        ? Vector128.MultiplyAddEstimate(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector128.MultiplyAddEstimate(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Max(Vector128<T> a, Vector128<T> b) => Vector128.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Abs(Vector128<T> a) => Vector128.Abs(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Sqrt(Vector128<T> a) => Vector128.Sqrt(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Exp2(Vector128<T> x)
    {
        if (typeof(T) == typeof(float))
        {
            // The rounding by a large number, since SSE2 has none.
            Vector128<float> z = x.AsSingle(), round = Vector128.Create(BinaryExponential.SingleRound);
            z = Vector128.ConditionalSelect(Vector128.LessThan(z, Vector128.Create(BinaryExponential.SingleLowest)), Vector128.Create(BinaryExponential.SingleLowest), z);
            z = Vector128.ConditionalSelect(Vector128.GreaterThan(z, Vector128.Create(BinaryExponential.SingleHighest)), Vector128.Create(BinaryExponential.SingleHighest), z);
            Vector128<float> t = z + round;
            Vector128<float> p = BinaryExponential.Single<Lanes128<float>, Vector128<float>>(z - (t - round));
            Vector128<int> n = t.AsInt32() - round.AsInt32(), half = n >> 1;
            return (p * ((half + Vector128.Create(127)) << 23).AsSingle() * ((n - half + Vector128.Create(127)) << 23).AsSingle()).As<float, T>();
        }
        else
        {
            Vector128<double> z = x.AsDouble(), round = Vector128.Create(BinaryExponential.DoubleRound);
            z = Vector128.ConditionalSelect(Vector128.LessThan(z, Vector128.Create(BinaryExponential.DoubleLowest)), Vector128.Create(BinaryExponential.DoubleLowest), z);
            z = Vector128.ConditionalSelect(Vector128.GreaterThan(z, Vector128.Create(BinaryExponential.DoubleHighest)), Vector128.Create(BinaryExponential.DoubleHighest), z);
            Vector128<double> t = z + round;
            Vector128<double> p = BinaryExponential.Double<Lanes128<double>, Vector128<double>>(z - (t - round));
            Vector128<ulong> n = t.AsUInt64() - round.AsUInt64() + Vector128.Create(4096UL), half = n >> 1;
            return (p * ((half - Vector128.Create(2048UL - 1023)) << 52).AsDouble() * ((n - half - Vector128.Create(2048UL - 1023)) << 52).AsDouble()).As<double, T>();
        }
    }
}
