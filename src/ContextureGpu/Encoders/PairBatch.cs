using System.Numerics;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu.Encoders;

/// <summary>
/// The groups of one step after the other, and what networks are given of them, all on the device. A step's groups follow from its number, so a training that is resumed goes on with those
/// it would have had.
/// </summary>
/// <param name="on">Where the networks live.</param>
/// <param name="sampler">Draws; owned.</param>
internal sealed class PairBatch<T>(Arithmetic<T> on, GroupSampler<T> sampler) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Workspace<T> _first = new(on), _second = new(on);

    /// <summary>Draws the groups of a step, 1, 2, .. .</summary>
    public void Draw(long step) => sampler.Draw((step - 1) * sampler.Groups);

    /// <summary>All members, points of one kind, (members x groups, inputs): all first ones, then all second ones, and so on.</summary>
    public DeviceMatrix<T> All(DeviceMatrix<T> points) => Gathered(_first, points, 0, sampler.Members);

    /// <summary>First members, (groups, inputs).</summary>
    public DeviceMatrix<T> FirstOf(DeviceMatrix<T> points) => Gathered(_first, points, 0, 1);

    /// <summary>Second members, (groups, inputs).</summary>
    public DeviceMatrix<T> SecondOf(DeviceMatrix<T> points) => Gathered(_second, points, 1, 1);

    /// <summary>Writes the first members, times a scale.</summary>
    public void FirstInto(DeviceMatrix<T> points, double scale, DeviceMatrix<T> output) => sampler.Gather(points, 0, T.CreateTruncating(scale), output);

    /// <summary>Writes the indicators of the second members, times a scale.</summary>
    public void SecondIndicators(double scale, DeviceMatrix<T> output) => sampler.Indicate(1, T.CreateTruncating(scale), output);

    public void Dispose()
    {
        sampler.Dispose();
        _first.Dispose();
        _second.Dispose();
    }

    private DeviceMatrix<T> Gathered(Workspace<T> workspace, DeviceMatrix<T> points, int member, int count)
    {
        DeviceMatrix<T> matrix = workspace.Get(count * sampler.Groups, points.Columns);
        sampler.Gather(points, member, T.One, matrix);
        return matrix;
    }
}
