using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Operations of a network on one row in host memory. Outputs may be inputs: each element is read before it is written.</summary>
internal static class NetworkRow
{
    /// <summary><c>y = f(z + bias) + skip</c>; an empty skip is none.</summary>
    public static void Activate<T, TActivation>(ReadOnlySpan<T> z, ReadOnlySpan<T> bias, ReadOnlySpan<T> skip, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TActivation : struct, IVectorActivation
    {
        ReadOnlySpan<Vector<T>> wideZ = MemoryMarshal.Cast<T, Vector<T>>(z), wideBias = MemoryMarshal.Cast<T, Vector<T>>(bias), wideSkip = MemoryMarshal.Cast<T, Vector<T>>(skip);
        Span<Vector<T>> target = MemoryMarshal.Cast<T, Vector<T>>(y);
        if (skip.IsEmpty)
        {
            for (int j = 0; j < target.Length; j++)
                target[j] = TActivation.Value(wideZ[j] + wideBias[j]);
        }
        else
        {
            for (int j = 0; j < target.Length; j++)
                target[j] = TActivation.Value(wideZ[j] + wideBias[j]) + wideSkip[j];
        }
        int tail = target.Length * Vector<T>.Count;
        if (tail == y.Length)
            return;
        Vector<T> value = TActivation.Value(Tail(z[tail..]) + Tail(bias[tail..]));
        Write(skip.IsEmpty ? value : value + Tail(skip[tail..]), y[tail..]);
    }

    /// <summary><c>output = gradient f'(z + bias)</c>.</summary>
    public static void Backward<T, TActivation>(ReadOnlySpan<T> z, ReadOnlySpan<T> bias, ReadOnlySpan<T> gradient, Span<T> output)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TActivation : struct, IVectorActivation
    {
        ReadOnlySpan<Vector<T>> wideZ = MemoryMarshal.Cast<T, Vector<T>>(z), wideBias = MemoryMarshal.Cast<T, Vector<T>>(bias), wideGradient = MemoryMarshal.Cast<T, Vector<T>>(gradient);
        Span<Vector<T>> target = MemoryMarshal.Cast<T, Vector<T>>(output);
        for (int j = 0; j < target.Length; j++)
            target[j] = wideGradient[j] * TActivation.Slope(wideZ[j] + wideBias[j]);
        int tail = target.Length * Vector<T>.Count;
        if (tail < output.Length)
            Write(Tail(gradient[tail..]) * TActivation.Slope(Tail(z[tail..]) + Tail(bias[tail..])), output[tail..]);
    }

    /// <summary><c>y = gain (x - m) r</c>; the statistics receive m and r.</summary>
    public static void LayerNorm<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> gain, Span<T> statistics, Span<T> y)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T width = T.CreateTruncating(x.Length), mean = TensorPrimitives.Sum(x) / width;
        TensorPrimitives.Subtract(x, mean, y);
        T scale = T.One / T.Sqrt((TensorPrimitives.SumOfSquares<T>(y) / width) + T.CreateTruncating(LayerNormConstants.Epsilon));
        TensorPrimitives.Multiply(y, scale, y);
        TensorPrimitives.Multiply(y, gain, y);
        (statistics[0], statistics[1]) = (mean, scale);
    }

    /// <summary>The gradients of <see cref="LayerNorm"/>: by x in <paramref name="byInput"/>, by the gain in <paramref name="byGain"/>.</summary>
    public static void LayerNormBackward<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> gain, ReadOnlySpan<T> statistics, ReadOnlySpan<T> gradient, Span<T> byInput, Span<T> byGain)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        (T mean, T scale) = (statistics[0], statistics[1]);
        ReadOnlySpan<Vector<T>> wideX = MemoryMarshal.Cast<T, Vector<T>>(x), wideGain = MemoryMarshal.Cast<T, Vector<T>>(gain), wideGradient = MemoryMarshal.Cast<T, Vector<T>>(gradient);
        Vector<T> plainParts = default, bentParts = default, centre = new(mean), factor = new(scale);
        for (int j = 0; j < wideX.Length; j++)
        {
            Vector<T> e = wideGain[j] * wideGradient[j];
            plainParts += e;
            bentParts += e * ((wideX[j] - centre) * factor);
        }
        int tail = wideX.Length * Vector<T>.Count;
        T plain = Vector.Sum(plainParts), bent = Vector.Sum(bentParts), width = T.CreateTruncating(x.Length);
        for (int j = tail; j < x.Length; j++)
        {
            T e = gain[j] * gradient[j];
            plain += e;
            bent += e * ((x[j] - mean) * scale);
        }
        plain /= width;
        bent /= width;
        Span<Vector<T>> wideByInput = MemoryMarshal.Cast<T, Vector<T>>(byInput), wideByGain = MemoryMarshal.Cast<T, Vector<T>>(byGain);
        for (int j = 0; j < wideByInput.Length; j++)
        {
            Vector<T> h = (wideX[j] - centre) * factor, g = wideGradient[j];
            wideByInput[j] = factor * ((wideGain[j] * g) - new Vector<T>(plain) - (h * bent));
            wideByGain[j] = g * h;
        }
        for (int j = tail; j < x.Length; j++)
        {
            T h = (x[j] - mean) * scale, g = gradient[j];
            byInput[j] = scale * ((gain[j] * g) - plain - (h * bent));
            byGain[j] = g * h;
        }
    }

    /// <summary>One step of AdamW.</summary>
    public static void Adam<T>(AdamStep step, ReadOnlySpan<T> gradient, Span<T> first, Span<T> second, Span<T> parameters)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var constants = new AdamConstants<T>(step);
        ReadOnlySpan<Vector<T>> wideGradient = MemoryMarshal.Cast<T, Vector<T>>(gradient);
        Span<Vector<T>> m = MemoryMarshal.Cast<T, Vector<T>>(first), v = MemoryMarshal.Cast<T, Vector<T>>(second), p = MemoryMarshal.Cast<T, Vector<T>>(parameters);
        for (int j = 0; j < p.Length; j++)
            constants.Step(wideGradient[j], ref m[j], ref v[j], ref p[j]);
        int tail = p.Length * Vector<T>.Count;
        if (tail == parameters.Length)
            return;
        Vector<T> lastM = Tail<T>(first[tail..]), lastV = Tail<T>(second[tail..]), lastP = Tail<T>(parameters[tail..]);
        constants.Step(Tail(gradient[tail..]), ref lastM, ref lastV, ref lastP);
        Write(lastM, first[tail..]);
        Write(lastV, second[tail..]);
        Write(lastP, parameters[tail..]);
    }

    // The last elements of a row, padded with zeros.
    private static Vector<T> Tail<T>(ReadOnlySpan<T> rest)
        where T : unmanaged
    {
        Vector<T> padded = default;
        rest.CopyTo(MemoryMarshal.CreateSpan(ref Unsafe.As<Vector<T>, T>(ref padded), Vector<T>.Count));
        return padded;
    }

    private static void Write<T>(Vector<T> value, Span<T> rest)
        where T : unmanaged =>
        MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<Vector<T>, T>(ref value), rest.Length).CopyTo(rest);

    private readonly struct AdamConstants<T>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Vector<T> _scale, _firstKept, _firstTaken, _secondKept, _secondTaken, _shrink, _rate, _root, _epsilon;

        public AdamConstants(AdamStep step)
        {
            _scale = Of(step.GradientScale);
            (_firstKept, _firstTaken) = (Of(step.FirstDecay), Of(1 - step.FirstDecay));
            (_secondKept, _secondTaken) = (Of(step.SecondDecay), Of(1 - step.SecondDecay));
            (_shrink, _rate, _root, _epsilon) = (Of(step.Shrink), Of(step.CorrectedRate), Of(step.RootCorrection), Of(step.Epsilon));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Step(Vector<T> gradient, ref Vector<T> m, ref Vector<T> v, ref Vector<T> p)
        {
            Vector<T> g = _scale * gradient;
            m = (_firstKept * m) + (_firstTaken * g);
            v = (_secondKept * v) + (_secondTaken * g * g);
            p = (_shrink * p) - (_rate * m / ((_root * Vector.SquareRoot(v)) + _epsilon));
        }

        private static Vector<T> Of(double value) => new(T.CreateTruncating(value));
    }
}
