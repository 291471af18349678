using ContextureGpu.Testing;
using Xunit;
using Xunit.Sdk;

namespace ContextureGpu.Kernels.Tests.Testing;

/// <summary>Hostile memory notices what was written beside it, and starts out stale.</summary>
public sealed class HostileMemoryTests
{
    [Fact]
    public void BufferStartsStaleAndStaysIntactWhenUsedProperly()
    {
        var buffer = new HostileBuffer<double>(5);
        Assert.All(buffer.Span.ToArray(), v => Assert.True(double.IsNaN(v)));
        Assert.All(new HostileBuffer<int>(5).Span.ToArray(), v => Assert.Equal(int.MinValue, v));
        buffer.Span.Fill(3);
        buffer.AssertIntact();
        buffer.Poison();
        Assert.True(double.IsNaN(buffer.Span[4]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    [InlineData(20)]
    public unsafe void BufferNoticesAWriteBesideIt(int index)
    {
        var buffer = new HostileBuffer<float>(5);
        fixed (float* first = buffer.Span)
            first[index] = 0;
        Assert.ThrowsAny<XunitException>(buffer.AssertIntact);
    }

    [Theory]
    [InlineData(Placement.Alone)]
    [InlineData(Placement.Embedded)]
    public void MatrixReadsBackWhatWasWritten(Placement placement)
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<float> arithmetic = device.Arithmetic<float>();
        float[] values = [1, 2, 3, 4, 5, 6];
        using HostileMatrix<float> input = HostileMatrix<float>.Input(arithmetic, values, 2, 3, placement);
        using HostileMatrix<float> output = HostileMatrix<float>.Output(arithmetic, 2, 3, placement);
        Assert.Equal(values, input.Read());
        Assert.All(output.Read(), v => Assert.True(float.IsNaN(v)));
        output.Write(values);
        Assert.Equal(values, output.Read());
        output.AssertIntact();
        input.AssertIntact();
        arithmetic.Fill(input.Matrix, 1);
        Assert.ThrowsAny<XunitException>(input.AssertIntact);
        arithmetic.Fill(output.Matrix, 1);
        output.AssertIntact();
    }

    [Fact]
    public void EmbeddedOutputNoticesAWriteBesideIt()
    {
        using ComputeDevice device = BrokenDevice.Open(Defect.WritesPastItsView);
        using HostileMatrix<double> output = HostileMatrix<double>.Output(device.Arithmetic<double>(), 2, 3, Placement.Embedded);
        device.Arithmetic<double>().Fill(output.Matrix, 1);
        Assert.ThrowsAny<XunitException>(output.AssertIntact);
    }
}
