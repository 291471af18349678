using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>What <see cref="TensorProductKernel"/> asks of the hardware; the tests have a machine of their own that computes the same on the host.</summary>
internal interface ITensorMachine
{
    /// <summary>
    /// <c>D = A B + C</c> of the warp, A (16, 8), B (8, 8) and C (16, 8), each lane holding the elements that <see cref="TensorFragment"/> gives it; A and B in tf32, products and sums in
    /// float32. All lanes of the warp take part.
    /// </summary>
    static abstract Four<float> MultiplyAdd(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1, Four<float> c);

    /// <summary>The nearest number with 11 significant bits, ties away from zero: tf32, in the upper 19 bits of a float32.</summary>
    static abstract uint Round(float x);

    /// <summary>Starts to copy 16 bytes from global to shared memory.</summary>
    static abstract void Copy(ref Four<float> shared, ref Four<float> global);

    /// <summary>Waits until what this thread has started to copy is there.</summary>
    static abstract void Wait();

    /// <summary>Waits for the other threads of the group.</summary>
    static abstract void Barrier();
}

/// <summary>
/// Tensor cores and asynchronous copies of NVIDIA GPUs from compute capability 8.0 on, as PTX has them (PTX ISA 7.8, "Warp Level Matrix Multiply-Accumulate Instructions" and
/// "Data Movement and Conversion Instructions: cp.async").
/// </summary>
internal readonly struct TensorCore : ITensorMachine
{
    /// <inheritdoc/>
    public static Four<float> MultiplyAdd(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1, Four<float> c) => Mma(a0, a1, a2, a3, b0, b1, c);

    /// <inheritdoc/>
    // What cvt leaves in the 13 bits below is not specified.
    public static uint Round(float x) => Convert(x) & 0xFFFFE000u;

    /// <inheritdoc/>
    public static void Copy(ref Four<float> shared, ref Four<float> global) => CopyAsync(ref shared, ref global);

    /// <inheritdoc/>
    public static void Wait() => WaitAll();

    /// <inheritdoc/>
    public static void Barrier() => Group.Barrier();

    /// <summary>Tells the PTX generator how to emit the instructions; no other generator can.</summary>
    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach ((string function, string emit) in new[] { (nameof(Mma), nameof(EmitMma)), (nameof(Convert), nameof(EmitConvert)), (nameof(CopyAsync), nameof(EmitCopy)), (nameof(WaitAll), nameof(EmitWait)) })
        {
            manager.RegisterMethod(
                typeof(TensorCore).GetMethod(function, System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!,
                new PTXIntrinsic(typeof(TensorCore), emit, IntrinsicImplementationMode.GenerateCode));
        }
    }

    // The bodies are never run: kernels that call these are for CUDA only.
#pragma warning disable IDE0060
    [IntrinsicImplementation]
    private static Four<float> Mma(uint a0, uint a1, uint a2, uint a3, uint b0, uint b1, Four<float> c) => c;

    [IntrinsicImplementation]
    private static uint Convert(float x) => Interop.FloatAsInt(x);

    [IntrinsicImplementation]
    private static void CopyAsync(ref Four<float> shared, ref Four<float> global) => shared = global;

    [IntrinsicImplementation]
    private static void WaitAll()
    {
    }

    private static void EmitMma(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var sum = generator.LoadAs<PTXRegisterAllocator.CompoundRegister>(value[6]);
        var result = (PTXRegisterAllocator.CompoundRegister)generator.Allocate(value);
        using var command = generator.BeginCommand("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32");
        command.AppendVectorArgument(result.SliceAs<PTXRegisterAllocator.PrimitiveRegister>(0, 4));
        command.AppendVectorArgument([generator.LoadPrimitive(value[0]), generator.LoadPrimitive(value[1]), generator.LoadPrimitive(value[2]), generator.LoadPrimitive(value[3])]);
        command.AppendVectorArgument([generator.LoadPrimitive(value[4]), generator.LoadPrimitive(value[5])]);
        command.AppendVectorArgument(sum.SliceAs<PTXRegisterAllocator.PrimitiveRegister>(0, 4));
    }

    private static void EmitConvert(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var x = generator.LoadPrimitive(value[0]);
        var target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand("cvt.rna.tf32.f32");
        command.AppendArgument(target);
        command.AppendArgument(x);
    }

    // Both pointers arrive as generic ones.
    private static void EmitCopy(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        string shared = PTXRegisterAllocator.GetStringRepresentation(generator.LoadHardware(value[0])), global = PTXRegisterAllocator.GetStringRepresentation(generator.LoadHardware(value[1]));
        generator.Builder.Append(
            $$"""
            	{
            	.reg .b64 to, from;
            	cvta.to.shared.u64 to, %{{shared}};
            	cvta.to.global.u64 from, %{{global}};
            	cp.async.cg.shared.global [to], [from], 16;
            	}

            """);
    }

    private static void EmitWait(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("cp.async.wait_all");
#pragma warning restore IDE0060
}

/// <summary>
/// Where the elements of the operands of <see cref="ITensorMachine.MultiplyAdd"/> lie (PTX ISA, "Matrix Fragments for mma.m16n8k8"): a lane's first register, and the distances to its others.
/// A has registers (0, 0), (<see cref="SecondRow"/>, 0), (0, <see cref="SecondStep"/>) and both; B (0) and (<see cref="SecondStep"/>); C two neighbours in a row, and two more <see cref="SecondRow"/> below.
/// </summary>
internal static class TensorFragment
{
    /// <summary>Rows of A and C.</summary>
    public const int Rows = 16;

    /// <summary>Columns of B and C.</summary>
    public const int Columns = 8;

    /// <summary>Columns of A, rows of B.</summary>
    public const int Depth = 8;

    /// <summary>From a lane's first row of A or C to its second.</summary>
    public const int SecondRow = 8;

    /// <summary>From a lane's first column of A, or row of B, to its second.</summary>
    public const int SecondStep = 4;

    /// <summary>A lane's first row of A.</summary>
    public static int RowOfA(int lane) => TileGeometry.ShiftRight(lane, 2);

    /// <summary>A lane's first column of A.</summary>
    public static int StepOfA(int lane) => lane & 3;

    /// <summary>A lane's first row of B.</summary>
    public static int StepOfB(int lane) => lane & 3;

    /// <summary>A lane's column of B.</summary>
    public static int ColumnOfB(int lane) => TileGeometry.ShiftRight(lane, 2);

    /// <summary>A lane's first row of C.</summary>
    public static int RowOfC(int lane) => TileGeometry.ShiftRight(lane, 2);

    /// <summary>A lane's first column of C.</summary>
    public static int ColumnOfC(int lane) => (lane & 3) * 2;
}
