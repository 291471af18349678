using System.Reflection;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>
/// The only way a kernel reaches an accelerator: compiles it, corrects the generated text, refuses it if a construct known to compute wrong remains, and keeps the
/// launcher. Not thread-safe: <see cref="AcceleratorSession"/> holds its lock around every use.
/// </summary>
internal sealed class KernelLoader(Accelerator accelerator)
{
    private readonly Dictionary<MethodInfo, Delegate> _launchers = [];

    /// <summary>Kernels loaded so far.</summary>
    public int Count => _launchers.Count;

    /// <summary>The launcher of a kernel marked with <see cref="DeviceKernelAttribute"/>.</summary>
    /// <typeparam name="TLauncher">An <c>Action</c> of stream, launch configuration and the kernel's parameters.</typeparam>
    public TLauncher Load<TLauncher>(Delegate kernel)
        where TLauncher : Delegate
    {
        MethodInfo method = kernel.Method;
        if (!_launchers.TryGetValue(method, out Delegate? launcher))
        {
            CompiledKernel compiled = Compile(accelerator.GetBackend(), method);
            launcher = accelerator.LoadKernel(compiled).CreateLauncherDelegate<TLauncher>();
            _launchers.Add(method, launcher);
        }
        return (TLauncher)launcher;
    }

    /// <summary>Compiles a kernel with its generated text corrected.</summary>
    /// <exception cref="InvalidOperationException">The method is no kernel, or its code has a known fault.</exception>
    public static CompiledKernel Compile(Backend backend, MethodInfo method)
    {
        DeviceKernelAttribute mark = method.GetCustomAttribute<DeviceKernelAttribute>()
            ?? throw new InvalidOperationException($"{method.DeclaringType?.Name}.{method.Name} is not marked as a device kernel");
        CompiledKernel compiled = backend.Compile(
            EntryPointDescription.FromExplicitlyGroupedKernel(method), new KernelSpecialization(mark.Threads, mark.LeastGroups));
        IEnumerable<string> faults = compiled switch
        {
            PTXCompiledKernel => GeneratedCode.FaultsInPtx(Correct(compiled, nameof(PTXCompiledKernel.PTXAssembly), GeneratedCode.CorrectPtx)),
            CLCompiledKernel => GeneratedCode.FaultsInOpenCl(Correct(compiled, nameof(CLCompiledKernel.Source), GeneratedCode.CorrectOpenCl)),
            _ => [],
        };
        string found = string.Join("; ", faults);
        return found.Length == 0 ? compiled : throw new InvalidOperationException($"the code generated for {method.DeclaringType?.Name}.{method.Name} has a known fault: {found}");
    }

    // ILGPU offers no hook between generation and loading, so the text is replaced in the compiled kernel itself.
    private static string Correct(CompiledKernel compiled, string property, Func<string, string> correction)
    {
        FieldInfo field = compiled.GetType().GetField($"<{property}>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)
            ?? throw new InvalidOperationException($"{compiled.GetType().Name}.{property} is not laid out as in ILGPU 1.5.3; the generated code cannot be corrected");
        string text = correction((string)field.GetValue(compiled)!);
        field.SetValue(compiled, text);
        return text;
    }
}
