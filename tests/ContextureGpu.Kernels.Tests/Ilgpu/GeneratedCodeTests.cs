using System.Reflection;
using System.Text.RegularExpressions;
using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The PTX and OpenCL C of every kernel, generated without a GPU, has none of the known faults and the instructions it is meant to have.</summary>
public sealed partial class GeneratedCodeTests : IClassFixture<GeneratedCodeTests.PtxGenerator>
{
    private readonly PtxGenerator _ptx;

    public GeneratedCodeTests(PtxGenerator ptx) => _ptx = ptx;

    public static TheoryData<string> Kernels => [.. KernelRegistry.Closed.Keys];

    public static TheoryData<string> PortableKernels => [.. KernelRegistry.Portable.Keys];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Ptx_has_no_known_fault(string kernel)
    {
        string ptx = _ptx[kernel];
        Assert.Empty(GeneratedCode.FaultsInPtx(ptx));
        Assert.Contains(".target sm_", ptx, StringComparison.Ordinal);
        int threads = KernelRegistry.Closed[kernel].GetCustomAttribute<DeviceKernelAttribute>()!.Threads;
        Assert.Contains($".maxntid {threads},", ptx, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LargeProductKernel.Product<AlongInner,AlongOuter>", "fma.rn.f32", 544, "ld.shared.v4.f32", 32)]
    [InlineData("LargeProductKernel.Product<AlongInner,AlongInner>", "fma.rn.f32", 544, "ld.shared.v4.f32", 32)]
    [InlineData("LargeProductKernel.Product<AlongOuter,AlongOuter>", "fma.rn.f32", 544, "ld.shared.v4.f32", 32)]
    [InlineData("LargeProductKernel.Product<AlongOuter,AlongInner>", "fma.rn.f32", 544, "ld.shared.v4.f32", 32)]
    [InlineData("LargeProductKernel.SymmetricProduct<AlongInner>", "fma.rn.f32", 512, "ld.shared.v4.f32", 32)]
    [InlineData("LargeProductKernel.SymmetricProduct<AlongOuter>", "fma.rn.f32", 512, "ld.shared.v4.f32", 32)]
    [InlineData("MatrixProductKernel.Product<Single>", "fma.rn.f32", 80, "ld.shared.v4.f32", 8)]
    [InlineData("MatrixProductKernel.Product<Double>", "fma.rn.f64", 80, "ld.shared.v2.f64", 16)]
    [InlineData("InnerProductKernel.Partial<Single,Double>", "fma.rn.f64", 64, "ld.shared.v2.f64", 16)]
    [InlineData("KernelProductKernel.Product<Double,SquaredDifference>", "fma.rn.f64", 72, "ld.shared.v2.f64", 16)]
    [InlineData("KernelLogSumKernel.LogSums<Single,SquaredDifference>", "fma.rn.f32", 8, "ld.shared.v4.f32", 1)]
    [InlineData("SquaredDistanceKernel.Distances<Single>", "fma.rn.f32", 8, "ld.shared.v4.f32", 1)]
    public void Products_are_fused_and_read_shared_memory_in_16_bytes(string kernel, string fused, int leastFused, string load, int leastLoads)
    {
        string ptx = _ptx[kernel];
        int fusedCount = Regex.Count(ptx, Regex.Escape(fused)), loads = Regex.Count(ptx, Regex.Escape(load));
        Assert.True(fusedCount >= leastFused, $"{fusedCount} {fused}");
        Assert.True(loads >= leastLoads, $"{loads} {load}");
    }

    /// <summary>What a large product rests on: everything in registers, global memory in 16 bytes, one barrier a step, and no scalar store but those that turn an operand round.</summary>
    [Theory]
    [InlineData("AlongInner,AlongOuter", 8)]
    [InlineData("AlongInner,AlongInner", 16)]
    [InlineData("AlongOuter,AlongOuter", 0)]
    [InlineData("AlongOuter,AlongInner", 8)]
    public void A_large_product_stays_in_registers_and_moves_16_bytes_at_a_time(string layouts, int turnedStores)
    {
        string ptx = _ptx[$"LargeProductKernel.Product<{layouts}>"];
        Assert.DoesNotContain(".local", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain(".f64", ptx, StringComparison.Ordinal);
        Assert.DoesNotContain("call", ptx, StringComparison.Ordinal);
        Assert.Empty(Regex.Matches(ptx, @"ld\.global\.f32|st\.global\.f32"));
        Assert.Equal(2 + 2 + 16, Regex.Count(ptx, @"ld\.global\.v4\.f32"));
        Assert.Equal(16, Regex.Count(ptx, @"st\.global\.v4\.f32"));
        Assert.Equal(turnedStores, Regex.Count(ptx, @"st\.shared\.f32"));
        Assert.Equal(2, Regex.Count(ptx, @"bar\.sync"));
    }

    [Theory]
    [MemberData(nameof(PortableKernels))]
    public void Shared_memory_is_at_most_the_32_KB_every_OpenCl_device_has(string kernel)
    {
        int bytes = SharedBytes().Matches(_ptx[kernel]).Sum(match => int.Parse(match.Groups[1].ValueSpan));
        Assert.InRange(bytes, 0, 32 * 1024);
    }

    [Theory]
    [MemberData(nameof(PortableKernels))]
    public void OpenCl_source_has_no_known_fault(string kernel)
    {
        var device = (IlgpuDevice)TestAccelerators.Get(BackendKind.OpenCl);
        var accelerator = (ILGPU.Runtime.OpenCL.CLAccelerator)device.Session.Accelerator;
        lock (device.Session.Gate)
        {
            string source = ((CLCompiledKernel)KernelLoader.Compile(accelerator.GetBackend(), KernelRegistry.Closed[kernel])).Source;
            Assert.Empty(GeneratedCode.FaultsInOpenCl(source));
        }
    }

    [GeneratedRegex(@"\.shared\s[^;]*\.b8\s+\S+\[(\d+)\]")]
    private static partial Regex SharedBytes();

    /// <summary>Generates each kernel's PTX once, through the loader.</summary>
    public sealed class PtxGenerator : IDisposable
    {
        private readonly Context _context;
        private readonly PTXBackend _backend;
        private readonly Dictionary<string, string> _texts = [];

        public PtxGenerator() => (_context, _backend) = TestAccelerators.CreatePtxBackend();

        public string this[string kernel]
        {
            get
            {
                if (!_texts.TryGetValue(kernel, out string? text))
                    _texts[kernel] = text = ((PTXCompiledKernel)KernelLoader.Compile(_backend, KernelRegistry.Closed[kernel])).PTXAssembly;
                return text;
            }
        }

        public void Dispose()
        {
            _backend.Dispose();
            _context.Dispose();
        }
    }
}
