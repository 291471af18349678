using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>The pairs of one step after the other, and what networks are given of them. A step's pairs follow from its number, so a training that is resumed goes on with the pairs it would have had.</summary>
/// <param name="on">Where the networks live.</param>
/// <param name="sampler">Draws.</param>
/// <param name="pairs">Pairs of a step.</param>
internal sealed class PairBatch<T>(Arithmetic<T> on, IPairSampler sampler, int pairs) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Workspace<T> _first = new(on), _second = new(on);
    private readonly int[] _ends = new int[2 * pairs];

    /// <summary>Pairs of a step.</summary>
    public int Pairs => pairs;

    /// <summary>First ends of the last draw.</summary>
    public ReadOnlySpan<int> First => _ends.AsSpan(..pairs);

    /// <summary>Second ends.</summary>
    public ReadOnlySpan<int> Second => _ends.AsSpan(pairs);

    /// <summary>Draws the pairs of a step, 1, 2, .. .</summary>
    public void Draw(long step) => sampler.Draw((step - 1) * pairs, _ends.AsSpan(..pairs), _ends.AsSpan(pairs));

    /// <summary>Both ends, points of one kind, (2 pairs, inputs): all first ones, then all second ones.</summary>
    public DeviceMatrix<T> Both(NetworkInputs points) => Gather(_first, points, _ends);

    /// <summary>First ends, (pairs, inputs).</summary>
    public DeviceMatrix<T> FirstOf(NetworkInputs points) => Gather(_first, points, First);

    /// <summary>Second ends, (pairs, inputs).</summary>
    public DeviceMatrix<T> SecondOf(NetworkInputs points) => Gather(_second, points, Second);

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private DeviceMatrix<T> Gather(Workspace<T> workspace, NetworkInputs points, ReadOnlySpan<int> numbers)
    {
        int d = points.Dimension;
        var values = new T[numbers.Length * d];
        for (int i = 0; i < numbers.Length; i++)
        {
            ReadOnlySpan<double> point = points.Values.AsSpan((int)((long)numbers[i] * d), d);
            for (int j = 0; j < d; j++)
                values[(i * d) + j] = T.CreateTruncating(point[j]);
        }
        DeviceMatrix<T> matrix = workspace.Get(numbers.Length, d);
        on.Upload(values, matrix);
        return matrix;
    }
}
