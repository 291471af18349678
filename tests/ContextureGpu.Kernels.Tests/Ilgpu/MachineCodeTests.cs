using System.Reflection;
using ContextureGpu.Kernels.Ilgpu;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>The machine code that NVIDIA's assembler makes of every kernel: accepted, in registers, and as many groups at a time as the kernel counts on.</summary>
public sealed class MachineCodeTests
{
    public static TheoryData<string, string> Kernels =>
        [.. from kernel in KernelRegistry.Closed.Keys from architecture in GeneratedTexts.Architectures select (kernel, architecture)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Loops_spill_nothing_and_the_promised_groups_fit(string kernel, string architecture)
    {
        MachineCode code = PtxAssembler.Get().Assemble(kernel, GeneratedTexts.PtxFor(architecture)[kernel], architecture);
        // A few words may be put away before the loop and fetched after it; nothing else is in local memory.
        Assert.InRange(code.SpillStores, 0, 32);
        Assert.InRange(code.StackBytes, 0, (code.SpillStores + 7) / 8 * 8);
        if (code.SpillStores + code.SpillLoads > 0)
            Assert.Equal(0, code.LocalAccessesInLoops);
        DeviceKernelAttribute mark = KernelRegistry.Closed[kernel].GetCustomAttribute<DeviceKernelAttribute>()!;
        Assert.InRange(code.GroupsAtATime(mark.Threads), mark.LeastGroups, 2048 / mark.Threads);
    }

    /// <summary>Two groups of the large product share a multiprocessor, so that one computes while the other waits at its barrier.</summary>
    [Theory]
    [InlineData("Product<AlongInner,AlongOuter>", 512 + 64)]
    [InlineData("Product<AlongInner,AlongInner>", 512 + 64)]
    [InlineData("Product<AlongOuter,AlongOuter>", 512 + 64)]
    [InlineData("Product<AlongOuter,AlongInner>", 512 + 64)]
    [InlineData("SymmetricProduct<AlongInner>", 512)]
    [InlineData("SymmetricProduct<AlongOuter>", 512)]
    public void A_large_product_is_fused_multiply_adds_from_16_byte_loads(string name, int multiplyAdds)
    {
        foreach (string architecture in GeneratedTexts.Architectures)
        {
            string kernel = $"LargeProductKernel.{name}";
            MachineCode code = PtxAssembler.Get().Assemble(kernel, GeneratedTexts.PtxFor(architecture)[kernel], architecture);
            Assert.InRange(code.Registers, 64 + 16, 128);
            Assert.Equal(2, code.GroupsAtATime(TileGeometry.Threads));
            Assert.Equal((multiplyAdds, 32), (code.Count("FFMA[.A-Z0-9]*"), code.Count(@"LDS\.128")));
            Assert.Equal(0, code.Count(@"LDS(?!\.128)[.A-Z0-9]*"));
        }
    }

    [Fact]
    public void A_spill_would_be_seen()
    {
        // Two hundred sums that live through a loop, in 64 registers.
        string[] sums = [.. Enumerable.Range(0, 200).Select(i => $"%f{i}")];
        string ptx = $$"""
            .version 7.8
            .target sm_80
            .address_size 64
            .visible .entry Kernel_Spilling(.param .u64 x)
            .maxntid 1024, 1, 1
            {
                .reg .f32 %f<201>; .reg .b64 %r<2>; .reg .b32 %i<2>; .reg .pred %p<2>;
                ld.param.u64 %r1, [x];
                cvta.to.global.u64 %r1, %r1;
                mov.u32 %i1, %tid.x;
                {{string.Join("\n", sums.Select((sum, i) => $"ld.global.f32 {sum}, [%r1+{4 * i}];"))}}
            LOOP:
                ld.volatile.global.f32 %f200, [%r1];
                {{string.Join("\n", sums.Select((sum, i) => $"fma.rn.f32 {sum}, {sum}, %f200, {sums[(i + 7) % 200]};"))}}
                add.s32 %i1, %i1, -1;
                setp.gt.s32 %p1, %i1, 0;
                @%p1 bra LOOP;
                {{string.Join("\n", sums.Select((sum, i) => $"st.global.f32 [%r1+{4 * i}], {sum};"))}}
                ret;
            }
            """;
        MachineCode code = PtxAssembler.Get().Assemble("a spilling kernel", ptx, "sm_80");
        Assert.True(code.SpillStores > 0 && code.SpillLoads > 0, $"{code.SpillStores} and {code.SpillLoads} bytes");
        Assert.True(code.LocalAccessesInLoops > 0);
        Assert.Equal(1, code.GroupsAtATime(1024));
    }
}
