using ContextureGpu.Kernels.Cpu;
using ContextureGpu.Testing;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Devices;

/// <summary>The processor without native libraries.</summary>
public sealed class CpuManagedContract(DeviceSlot slot) : DeviceContract(slot, () => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None }));

/// <summary>The processor on one thread: the same results as with more are asserted elsewhere, here that it works at all.</summary>
public sealed class CpuSingleThreadContract(DeviceSlot slot)
    : DeviceContract(slot, () => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.None, Threads = 1 }))
{
    protected override int LargestDimension => 260;
}

/// <summary>The processor with OpenBLAS.</summary>
public sealed class CpuOpenBlasContract(DeviceSlot slot) : DeviceContract(slot, () => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.OpenBlas }))
{
    protected override string? SkipReason => NativeLibraries.Missing(BlasChoice.OpenBlas);
}

/// <summary>The processor with MKL.</summary>
public sealed class CpuMklContract(DeviceSlot slot) : DeviceContract(slot, () => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.Mkl }))
{
    protected override string? SkipReason => NativeLibraries.Missing(BlasChoice.Mkl);
}

/// <summary>Eigenproblems and products in managed code.</summary>
public sealed class ManagedLinearAlgebraTests : HostLinearAlgebraContract
{
    protected override HostLinearAlgebra Create() => new ManagedLinearAlgebra(2);

    [Theory]
    [InlineData(150)]
    [InlineData(333)]
    public void AgreesWithItselfOnAnyNumberOfThreads(int n)
    {
        double[] a = Spectra.Symmetric(Spectra.Clustered(n), 4), b = (double[])a.Clone();
        double[] first = new double[n], second = new double[n];
        new ManagedLinearAlgebra(1).SymmetricEigen(a, n, first);
        new ManagedLinearAlgebra(4).SymmetricEigen(b, n, second);
        Assert.Equal(first, second);
        Assert.Equal(a, b);
    }
}

/// <summary>Eigenproblems and products in OpenBLAS.</summary>
public sealed class OpenBlasLinearAlgebraTests : HostLinearAlgebraContract
{
    protected override string? SkipReason => NativeLibraries.Missing(BlasChoice.OpenBlas);

    protected override HostLinearAlgebra Create() => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.OpenBlas }).LinearAlgebra;
}

/// <summary>Eigenproblems and products in MKL.</summary>
public sealed class MklLinearAlgebraTests : HostLinearAlgebraContract
{
    protected override string? SkipReason => NativeLibraries.Missing(BlasChoice.Mkl);

    protected override HostLinearAlgebra Create() => CpuDevice.Open(new CpuDeviceOptions { Blas = BlasChoice.Mkl }).LinearAlgebra;
}

/// <summary>Which native libraries this machine has.</summary>
internal static class NativeLibraries
{
    /// <summary>Why the library cannot be tested here, or null.</summary>
    public static string? Missing(BlasChoice choice)
    {
        try
        {
            CpuDevice.Open(new CpuDeviceOptions { Blas = choice }).Dispose();
            return null;
        }
        catch (DeviceFailureException failure)
        {
            return failure.Message;
        }
    }
}
