using System.Reflection;
using ContextureGpu.Kernels.Ilgpu;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using Xunit;

namespace ContextureGpu.Kernels.Tests.Ilgpu;

/// <summary>
/// Each known way in which ILGPU 1.5.3 generates wrong code, in a kernel as small as possible: the inspection of generated code must find it (or the correction
/// remove it), and the form used in our kernels must not have it.
/// </summary>
public sealed class CodeGenerationBugTests
{
    [Fact]
    public void Integer_literals_selected_into_a_float_are_found() => AssertRefused(nameof(SelectsIntegerLiterals), "bit pattern 1");

    [Fact]
    public void Division_by_a_power_of_two_is_found() => AssertRefused(nameof(DividesByPowerOfTwo), "signed right shift");

    [Fact]
    public void Unsigned_division_by_a_power_of_two_is_found() => AssertRefused(nameof(DividesUnsignedByPowerOfTwo), "signed right shift");

    [Fact]
    public void Array_indexed_by_a_variable_is_found() => AssertRefused(nameof(IndexesLocalArray), "local memory");

    [Fact]
    public void Call_is_found() => AssertRefused(nameof(Calls), "a call");

    [Fact]
    public void Method_that_is_no_kernel_is_refused()
    {
        MethodInfo method = ((Delegate)Unmarked).Method;
        (Context context, PTXBackend backend) = TestAccelerators.CreatePtxBackend();
        using (context)
        using (backend)
            Assert.Contains("not marked", Assert.Throws<InvalidOperationException>(() => KernelLoader.Compile(backend, method)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Forms_used_instead_are_accepted()
    {
        Assert.Empty(GeneratedCode.FaultsInPtx(Compile(nameof(SelectsFloats))));
        Assert.Empty(GeneratedCode.FaultsInPtx(Compile(nameof(ShiftsUnsigned))));
    }

    [Fact]
    public void Branch_wrongly_declared_uniform_is_corrected()
    {
        string raw = Raw(nameof(BranchesOnDivergentFlag));
        Assert.Matches(@"@!?%p\d+\s+bra\.uni", raw);
        Assert.Contains(GeneratedCode.FaultsInPtx(raw), fault => fault.Contains("bra.uni", StringComparison.Ordinal));
        Assert.DoesNotMatch(@"@!?%p\d+\s+bra\.uni", GeneratedCode.CorrectPtx(raw));
    }

    [Fact]
    public void Barrier_without_local_fence_is_found_and_corrected()
    {
        const string source = "work_group_barrier ( CLK_GLOBAL_MEM_FENCE );";
        Assert.NotEmpty(GeneratedCode.FaultsInOpenCl(source));
        Assert.Empty(GeneratedCode.FaultsInOpenCl(GeneratedCode.CorrectOpenCl(source)));
    }

    [Fact]
    public void Failed_compilation_marks_the_device_and_says_so()
    {
        using var device = (IlgpuDevice)IlgpuDevices.Open("ilgpu-cpu");
        Arithmetic<float> on = device.Arithmetic<float>();
        var failure = Assert.Throws<DeviceFailureException>(() =>
            device.Session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>>>(Unmarked, (_, _) => { }));
        Assert.Contains("Unmarked", failure.Message, StringComparison.Ordinal);
        var later = Assert.Throws<DeviceFailureException>(() => on.Allocate(1, 1));
        Assert.Contains("failed earlier", later.Message, StringComparison.Ordinal);
        Assert.Equal("ilgpu-cpu", later.Selector);
    }

    private static void AssertRefused(string kernel, string fault)
    {
        (Context context, PTXBackend backend) = TestAccelerators.CreatePtxBackend();
        using (context)
        using (backend)
        {
            string message = Assert.Throws<InvalidOperationException>(() => KernelLoader.Compile(backend, Method(kernel))).Message;
            Assert.Contains(fault, message, StringComparison.Ordinal);
        }
    }

    private static string Compile(string kernel) => GeneratedCode.CorrectPtx(Raw(kernel));

    private static string Raw(string kernel)
    {
        (Context context, PTXBackend backend) = TestAccelerators.CreatePtxBackend();
        using (context)
        using (backend)
        {
            return ((PTXCompiledKernel)backend.Compile(
                EntryPointDescription.FromExplicitlyGroupedKernel(Method(kernel)), new KernelSpecialization(TileGeometry.Threads, 1))).PTXAssembly;
        }
    }

    private static MethodInfo Method(string name) =>
        typeof(CodeGenerationBugTests).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;

    private static void Unmarked(ArrayView<float> x) => x[0] = 1f;

    [DeviceKernel(TileGeometry.Threads)]
    private static void SelectsIntegerLiterals(ArrayView<float> x, int n)
    {
        int i = Grid.GlobalIndex.X;
        float selected = i < n ? 1 : 0;
        x[i] = selected;
    }

    [DeviceKernel(TileGeometry.Threads)]
    private static void SelectsFloats(ArrayView<float> x, int n)
    {
        int i = Grid.GlobalIndex.X;
        x[i] = i < n ? 1f : 0f;
    }

    [DeviceKernel(TileGeometry.Threads)]
    private static void DividesByPowerOfTwo(ArrayView<int> x) => x[Grid.GlobalIndex.X] = x[Grid.GlobalIndex.X] / 4;

    [DeviceKernel(TileGeometry.Threads)]
    private static void DividesUnsignedByPowerOfTwo(ArrayView<uint> x) => x[Grid.GlobalIndex.X] = x[Grid.GlobalIndex.X] / 4u;

    [DeviceKernel(TileGeometry.Threads)]
    private static void ShiftsUnsigned(ArrayView<int> x) => x[Grid.GlobalIndex.X] = TileGeometry.ShiftRight(x[Grid.GlobalIndex.X], 2);

    [DeviceKernel(TileGeometry.Threads)]
    private static void IndexesLocalArray(ArrayView<float> x, int n)
    {
        var array = LocalMemory.Allocate<float>(8);
        for (int i = 0; i < n; i++)
            array[i & 7] = x[i];
        x[Grid.GlobalIndex.X] = array[n & 7];
    }

    [DeviceKernel(TileGeometry.Threads)]
    private static void Calls(ArrayView<float> x) => x[Grid.GlobalIndex.X] = NotInlined(x[Grid.GlobalIndex.X]);

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static float NotInlined(float x) => x * x + 1f;

    [DeviceKernel(TileGeometry.Threads)]
    private static void BranchesOnDivergentFlag(ArrayView<float> x, ArrayView<float> y)
    {
        float flag = y[0];
        if (Group.IdxX < 7)
            flag = y[1];
        if (flag > 0f)
        {
            for (int i = 0; i < 5; i++)
                x[Grid.GlobalIndex.X] += y[i];
        }
    }
}
