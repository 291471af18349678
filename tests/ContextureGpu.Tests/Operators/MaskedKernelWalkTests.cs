using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Tests.Operators;

/// <summary>Random masks, and what the walk over them must have in common with walks without.</summary>
public sealed class MaskedKernelWalkTests
{
    private static readonly RadialKernel Kernel = new(RadialKernelKind.Gaussian, 0.3);

    [Fact]
    public void Arguments_out_of_range_are_refused()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using DeviceMatrix<double> points = arithmetic.UploadMatrix([1, 2, 3, 4], 2, 2);
        Assert.Throws<ArgumentException>(() => new MaskedKernelWalk<double>(arithmetic, Kernel, points, points, []));
        Assert.Throws<ArgumentException>(() => new MaskedKernelWalk<double>(arithmetic, Kernel, points, points, [[0], [2]]));
    }

    [Fact]
    public void With_nothing_hidden_it_is_the_walk_of_the_kernel()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        double[] points = Draws(1, 20 * 3), block = Draws(2, 20 * 4);
        using DeviceMatrix<double> v = arithmetic.UploadMatrix(block, 20, 4), expected = arithmetic.Allocate(20, 4), actual = arithmetic.Allocate(20, 4);
        DeviceMatrix<double> first = arithmetic.UploadMatrix(points, 20, 3), second = arithmetic.UploadMatrix(points, 20, 3);
        using var plain = new KernelWalk<double>(arithmetic, Kernel, first, first);
        using var masked = new MaskedKernelWalk<double>(arithmetic, Kernel, second, second, [[0, 1, 2], [0, 1, 2]]);
        plain.Apply(v, expected);
        masked.Apply(v, actual);
        Assert.Equal(arithmetic.DownloadDouble(expected), arithmetic.DownloadDouble(actual));
        plain.ApplyAdjoint(v, expected);
        masked.ApplyAdjoint(v, actual);
        Assert.Equal(arithmetic.DownloadDouble(expected), arithmetic.DownloadDouble(actual));
    }

    [Fact]
    public void It_gives_its_memory_back()
    {
        using ComputeDevice device = ReferenceDevice.Open();
        Arithmetic<double> arithmetic = device.Arithmetic<double>();
        using DeviceMatrix<double> v = arithmetic.UploadMatrix(Draws(2, 20), 20, 1), result = arithmetic.Allocate(20, 1);
        long before = device.Memory.LiveBytes;
        DeviceMatrix<double> points = arithmetic.UploadMatrix(Draws(1, 20 * 5), 20, 5);
        using (var masked = new MaskedKernelWalk<double>(arithmetic, Kernel, points, points, [[0, 1], [2, 4], [], [1, 2, 3], [0], [4]]))
            masked.Apply(v, result);
        Assert.Equal(before, device.Memory.LiveBytes);
    }

    private static double[] Draws(ulong stream, int count)
    {
        var values = new double[count];
        new Philox(11, stream).Normals<double>(0, values);
        return values;
    }
}
