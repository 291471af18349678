using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>
/// What every device must do, as tests: each operation of the seam against float64 loops, at all shapes, with hostile memory. A device takes part with
/// <code>public sealed class CpuManagedContract(DeviceSlot slot) : DeviceContract(slot, () => ...);</code>
/// </summary>
public abstract class DeviceContract : IClassFixture<DeviceSlot>
{
    private readonly DeviceSlot _slot;
    private readonly Func<ComputeDevice> _open;

    /// <summary>The tests of one device.</summary>
    protected DeviceContract(DeviceSlot slot, Func<ComputeDevice> open)
    {
        _slot = slot;
        _open = open;
    }

    /// <summary>The names of the checks, once for each element type.</summary>
    public static TheoryData<string, Precision> Cases =>
        [.. Contract<double>.Checks.Keys.SelectMany(_ => Enum.GetValues<Precision>(), (name, precision) => new TheoryDataRow<string, Precision>(name, precision))];

    /// <summary>Why this device cannot be tested here, or null. The tests are then skipped aloud.</summary>
    protected virtual string? SkipReason => null;

    /// <summary>The largest dimension of a matrix; a slow device lowers it, but not below its tiles.</summary>
    protected virtual int LargestDimension => 1031;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Operation(string name, Precision precision)
    {
        ComputeDevice device = Open();
        if (precision == Precision.Bits32)
            Run<float>(device, name);
        else if (device.Description.SupportsDouble)
            Run<double>(device, name);
        else
            Assert.Skip($"{device.Description.Name} does not compute in float64");
    }

    [Fact]
    public void NearestNeighbors() => NeighborChecks.NearestNeighbors(Open(), LargestDimension);

    [Fact]
    public void NeighborMetrics() => NeighborChecks.Metrics(Open(), LargestDimension);

    [Fact]
    public void NearestNeighborsRefusals() => NeighborChecks.Refusals(Open());

    [Fact]
    public void OtherElementTypesAreRefused() => Assert.Throws<NotSupportedException>(() => Open().Arithmetic<Half>());

    [Fact]
    public void ArithmeticKnowsItsDevice()
    {
        ComputeDevice device = Open();
        Assert.Same(device, device.Arithmetic<float>().Device);
        device.Synchronize();
    }

    private void Run<T>(ComputeDevice device, string name)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var bench = new ContractBench<T>(device, LargestDimension);
        Contract<T>.Checks[name](bench);
        Tolerance.Report($"{device.Description.Name}, {name}<{typeof(T).Name}>, at most ({bench.LargestFractionAt})", bench.LargestFraction);
    }

    private ComputeDevice Open()
    {
        if (SkipReason is { } reason)
            Assert.Skip(reason);
        return _slot.Get(_open);
    }
}
