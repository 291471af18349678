using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>The groups of one step after the other, and what networks are given of them. A step's groups follow from its number, so a training that is resumed goes on with those it would have had.</summary>
/// <param name="on">Where the networks live.</param>
/// <param name="sampler">Draws.</param>
/// <param name="groups">Groups of a step.</param>
/// <param name="members">Members of a group, at least 2; two make a pair.</param>
internal sealed class PairBatch<T>(Arithmetic<T> on, IPairSampler sampler, int groups, int members) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Workspace<T> _first = new(on), _second = new(on);
    private readonly int[] _ends = new int[checked(members * groups)];

    /// <summary>First members of the last draw.</summary>
    public ReadOnlySpan<int> First => _ends.AsSpan(..groups);

    /// <summary>Second members.</summary>
    public ReadOnlySpan<int> Second => _ends.AsSpan(groups, groups);

    /// <summary>Draws the groups of a step, 1, 2, .. .</summary>
    public void Draw(long step) => sampler.Draw((step - 1) * groups, members, _ends);

    /// <summary>All members, points of one kind, (members x groups, inputs): all first ones, then all second ones, and so on.</summary>
    public DeviceMatrix<T> All(NetworkInputs points) => Gather(_first, points, _ends);

    /// <summary>First members, (groups, inputs).</summary>
    public DeviceMatrix<T> FirstOf(NetworkInputs points) => Gather(_first, points, First);

    /// <summary>Second members, (groups, inputs).</summary>
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
