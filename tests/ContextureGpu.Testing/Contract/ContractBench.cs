using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;
using Xunit.Sdk;

namespace ContextureGpu.Testing;

/// <summary>What a check of the contract works with: the device, the largest size to try, and the cases it has run.</summary>
/// <typeparam name="T">The element type under test.</typeparam>
public sealed class ContractBench<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private ulong _seed;

    /// <summary>A bench for one device; no dimension of a matrix is above <paramref name="limit"/>.</summary>
    public ContractBench(ComputeDevice device, int limit)
    {
        ArgumentNullException.ThrowIfNull(device);
        Device = device;
        Limit = limit;
        Arithmetic = device.Arithmetic<T>();
    }

    /// <summary>The device under test.</summary>
    public ComputeDevice Device { get; }

    /// <summary>Its operations.</summary>
    public Arithmetic<T> Arithmetic { get; }

    /// <summary>The largest dimension to try.</summary>
    public int Limit { get; }

    /// <summary>The largest fraction of a tolerance that any case has used.</summary>
    public double LargestFraction { get; private set; }

    /// <summary>The case that used it.</summary>
    public string LargestFractionAt { get; private set; } = "no case";

    /// <summary>Runs a case with its matrices alone in their allocations, then with all of them embedded in wider ones.</summary>
    public void Case(string name, Action<Scene<T>> body)
    {
        foreach (Placement placement in Enum.GetValues<Placement>())
            Case(name, placement, body);
    }

    private void Case(string name, Placement placement, Action<Scene<T>> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        string full = $"{name}, {placement}, {typeof(T).Name}";
        long before = Device.Memory.LiveBytes;
        var scene = new Scene<T>(this, full, placement, ++_seed);
        try
        {
            body(scene);
            Device.Synchronize();
            scene.AssertIntact();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new XunitException($"{full}: {error.Message}", error);
        }
        finally
        {
            scene.Release();
        }
        Assert.True(Device.Memory.LiveBytes == before, $"{full}: {Device.Memory.LiveBytes - before} bytes were not given back");
    }

    internal void Used(string name, double fraction)
    {
        if (fraction > LargestFraction)
            (LargestFraction, LargestFractionAt) = (fraction, name);
    }
}
