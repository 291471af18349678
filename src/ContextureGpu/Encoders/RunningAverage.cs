using System.Numerics.Tensors;

namespace ContextureGpu.Encoders;

/// <summary>The mean of what was added so far, up to a window of so many; then older values fade by <c>1 - 1 / window</c> with each new one. A window of 1 keeps the last alone.</summary>
internal sealed class RunningAverage
{
    /// <param name="length">Numbers of a value.</param>
    /// <param name="window">At least 1.</param>
    public RunningAverage(int length, int window) => (State, Window) = (new double[length + 1], window);

    /// <summary>Values that count.</summary>
    public int Window { get; }

    /// <summary>The average, and how many values it is of: part of a checkpoint.</summary>
    public double[] State { get; }

    /// <summary>The average.</summary>
    public ReadOnlySpan<double> Value => State.AsSpan(..^1);

    /// <summary>Adds a value and returns what the average then is; the value itself, and nothing is kept, where the window is 1.</summary>
    public double[] With(double[] value)
    {
        if (Window == 1)
            return value;
        Add(value);
        return Value.ToArray();
    }

    /// <summary>Adds a value.</summary>
    public void Add(ReadOnlySpan<double> value)
    {
        double count = State[^1] = Math.Min(State[^1] + 1, Window);
        Span<double> average = State.AsSpan(..^1);
        TensorPrimitives.Multiply(average, 1 - (1 / count), average);
        TensorPrimitives.MultiplyAdd(value, 1 / count, average, average);
    }
}
