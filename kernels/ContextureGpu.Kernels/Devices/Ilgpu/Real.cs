namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>What a kernel needs of its element type beyond the operators + - * &lt;, resolved when the kernel is compiled.</summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal interface IReal<T>
    where T : unmanaged
{
    /// <summary>0.</summary>
    static abstract T Zero { get; }

    /// <summary>The most negative finite number.</summary>
    static abstract T Lowest { get; }

    /// <summary>Negative infinity.</summary>
    static abstract T NegativeInfinity { get; }

    /// <summary><c>a b + c</c>, rounded once.</summary>
    static abstract T Fma(T a, T b, T c);

    /// <summary>The square root.</summary>
    static abstract T Sqrt(T x);

    /// <summary>See <see cref="Exponential"/>.</summary>
    static abstract T Exp(T x);

    /// <summary>See <see cref="Logarithm"/>.</summary>
    static abstract T Log(T x);
}

/// <summary>Float32.</summary>
internal readonly struct SingleReal : IReal<float>
{
    /// <inheritdoc/>
    public static float Zero => 0f;

    /// <inheritdoc/>
    public static float Lowest => float.MinValue;

    /// <inheritdoc/>
    public static float NegativeInfinity => float.NegativeInfinity;

    /// <inheritdoc/>
    public static float Fma(float a, float b, float c) => FusedMultiplyAdd.Single(a, b, c);

    /// <inheritdoc/>
    public static float Sqrt(float x) => MathF.Sqrt(x);

    /// <inheritdoc/>
    public static float Exp(float x) => Exponential.Single(x);

    /// <inheritdoc/>
    public static float Log(float x) => Logarithm.Single(x);
}

/// <summary>Float64.</summary>
internal readonly struct DoubleReal : IReal<double>
{
    /// <inheritdoc/>
    public static double Zero => 0.0;

    /// <inheritdoc/>
    public static double Lowest => double.MinValue;

    /// <inheritdoc/>
    public static double NegativeInfinity => double.NegativeInfinity;

    /// <inheritdoc/>
    public static double Fma(double a, double b, double c) => FusedMultiplyAdd.Double(a, b, c);

    /// <inheritdoc/>
    public static double Sqrt(double x) => Math.Sqrt(x);

    /// <inheritdoc/>
    public static double Exp(double x) => Exponential.Double(x);

    /// <inheritdoc/>
    public static double Log(double x) => Logarithm.Double(x);
}

/// <summary>How a sum over the long dimension takes in its terms: from element type <typeparamref name="T"/> into <typeparamref name="TSum"/>.</summary>
internal interface IWidening<T, TSum>
    where T : unmanaged
    where TSum : unmanaged
{
    /// <summary>The value in the type of the sum, exactly.</summary>
    static abstract TSum Widen(T value);
}

/// <summary>Float32 summed in float64.</summary>
internal readonly struct SingleToDouble : IWidening<float, double>
{
    /// <inheritdoc/>
    public static double Widen(float value) => value;
}

/// <summary>Sums in the type of the elements.</summary>
internal readonly struct Unchanged<T> : IWidening<T, T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public static T Widen(T value) => value;
}

/// <summary>Four neighbouring elements, loaded and stored as one.</summary>
/// <typeparam name="T">Their type.</typeparam>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Sequential)]
internal struct Four<T>
    where T : unmanaged
{
    /// <summary>Elements 0 .. 3.</summary>
    public T X, Y, Z, W;
}
