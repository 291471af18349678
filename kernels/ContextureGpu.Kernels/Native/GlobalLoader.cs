using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>
/// Loads a library so that its symbols are seen by libraries loaded later, which .NET's own loader does not do: MKL's GNU threading layer expects to find
/// OpenMP there, and ends the process if it does not.
/// </summary>
internal static partial class GlobalLoader
{
    private const int Lazy = 1, Global = 0x100;

    /// <summary>Whether the library was loaded (Linux with the GNU C library only).</summary>
    public static bool Load(string file)
    {
        try
        {
            return Open(file, Lazy | Global) != 0;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
        catch (EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string file, int flags);
}
