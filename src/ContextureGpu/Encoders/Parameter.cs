using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>A matrix of trained numbers with its gradient and the two moments of Adam.</summary>
internal sealed class Parameter<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>New parameters with undefined values and moments 0.</summary>
    public Parameter(Arithmetic<T> on, int rows, int columns)
    {
        (Value, Gradient, First, Second) = (on.Allocate(rows, columns), on.Allocate(rows, columns), on.Allocate(rows, columns), on.Allocate(rows, columns));
        on.Fill(First, T.Zero);
        on.Fill(Second, T.Zero);
    }

    /// <summary>The numbers.</summary>
    public DeviceMatrix<T> Value { get; }

    /// <summary>The gradient of the loss by them.</summary>
    public DeviceMatrix<T> Gradient { get; }

    /// <summary>The mean of the gradients.</summary>
    public DeviceMatrix<T> First { get; }

    /// <summary>The mean of their squares.</summary>
    public DeviceMatrix<T> Second { get; }

    /// <summary>Whether weight decay applies: to weights, not to biases.</summary>
    public bool Decays => Value.Rows > 1;

    public void Dispose()
    {
        Value.Dispose();
        Gradient.Dispose();
        First.Dispose();
        Second.Dispose();
    }
}
