using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// <c>a b + c</c> rounded once, on every accelerator: <c>fma.rn</c> in PTX and <c>fma</c> in OpenCL, where a product and a sum written separately would
/// be fused or not as the compiler likes.
/// </summary>
internal static class FusedMultiplyAdd
{
    /// <summary><c>a b + c</c> in float32; this body serves ILGPU's CPU accelerator.</summary>
    [IntrinsicImplementation]
    public static float Single(float a, float b, float c) => MathF.FusedMultiplyAdd(a, b, c);

    /// <summary><c>a b + c</c> in float64; this body serves ILGPU's CPU accelerator.</summary>
    [IntrinsicImplementation]
    public static double Double(double a, double b, double c) => Math.FusedMultiplyAdd(a, b, c);

    /// <summary>Tells the code generators how to emit both functions.</summary>
    public static void Register(IntrinsicImplementationManager manager)
    {
        foreach ((string function, string ptx) in new[] { (nameof(Single), nameof(EmitSinglePtx)), (nameof(Double), nameof(EmitDoublePtx)) })
        {
            System.Reflection.MethodInfo method = typeof(FusedMultiplyAdd).GetMethod(function)!;
            manager.RegisterMethod(method, new PTXIntrinsic(typeof(FusedMultiplyAdd), ptx, IntrinsicImplementationMode.GenerateCode));
            manager.RegisterMethod(method, new CLIntrinsic(typeof(FusedMultiplyAdd), nameof(EmitOpenCl), IntrinsicImplementationMode.GenerateCode));
        }
    }

#pragma warning disable IDE0060 // the code generators call these by their signature
    private static void EmitSinglePtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => EmitPtx("fma.rn.f32", generator, value);

    private static void EmitDoublePtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => EmitPtx("fma.rn.f64", generator, value);

    private static void EmitOpenCl(CLBackend backend, CLCodeGenerator generator, Value value)
    {
        var a = generator.Load(value[0]);
        var b = generator.Load(value[1]);
        var c = generator.Load(value[2]);
        var target = generator.Allocate(value);
        using var statement = generator.BeginStatement(target);
        statement.AppendCommand("fma");
        statement.BeginArguments();
        statement.AppendArgument(a);
        statement.AppendArgument(b);
        statement.AppendArgument(c);
        statement.EndArguments();
    }
#pragma warning restore IDE0060

    private static void EmitPtx(string instruction, PTXCodeGenerator generator, Value value)
    {
        var a = generator.LoadPrimitive(value[0]);
        var b = generator.LoadPrimitive(value[1]);
        var c = generator.LoadPrimitive(value[2]);
        var target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand(instruction);
        command.AppendArgument(target);
        command.AppendArgument(a);
        command.AppendArgument(b);
        command.AppendArgument(c);
    }
}
