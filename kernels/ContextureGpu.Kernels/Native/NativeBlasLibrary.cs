using System.Globalization;
using System.Runtime.InteropServices;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Where a native library is looked for, how it is prepared, and what it must compute before it is used.</summary>
internal abstract unsafe class NativeBlasLibrary
{
    /// <summary>OpenBLAS.</summary>
    public static NativeBlasLibrary OpenBlas { get; } = new OpenBlasLibrary();

    /// <summary>Intel's Math Kernel Library through its single dynamic library.</summary>
    public static NativeBlasLibrary Mkl { get; } = new MklLibrary();

    /// <summary>Its name, for people.</summary>
    public abstract string Title { get; }

    /// <summary>File names to try, in order.</summary>
    protected abstract IReadOnlyList<string> Files { get; }

    /// <summary>
    /// Loads the library and says which file it is: path, length and time of writing, which change with the version. Null with the reason if it is not there.
    /// </summary>
    public string? Locate(out string refusal)
    {
        refusal = "";
        foreach (string file in Files)
        {
            if (!NativeLibrary.TryLoad(file, out _))
                continue;
            string path = LoadedFiles.PathOf(file) ?? file;
            var info = new FileInfo(path);
            return info.Exists ? string.Create(CultureInfo.InvariantCulture, $"{path}|{info.Length}|{info.LastWriteTimeUtc.Ticks}") : path;
        }
        refusal = NotFound;
        return null;
    }

    /// <summary>Opens the library, prepares and tests it; null with the reason if it cannot be used.</summary>
    public NativeBlas? Open(int threads, out string refusal)
    {
        foreach (string file in Files)
        {
            if (!NativeLibrary.TryLoad(file, out nint handle))
                continue;
            try
            {
                string path = LoadedFiles.PathOf(file) ?? file;
                if (Prepare(handle, path) is { } objection)
                {
                    refusal = $"{path}: {objection}";
                    return null;
                }
                var blas = new NativeBlas(handle, $"{path} ({Version(handle)})", ThreadSetter, threads);
                refusal = NativeBlasTest.Run(blas) is { } wrong ? $"{path}: {wrong}" : "";
                return refusal.Length == 0 ? blas : null;
            }
            catch (EntryPointNotFoundException missing)
            {
                refusal = $"{file}: {missing.Message}";
                return null;
            }
        }
        refusal = NotFound;
        return null;
    }

    private string NotFound => $"not found (looked for {string.Join(", ", Files)})";

    /// <summary>The function that sets the number of threads.</summary>
    protected abstract string ThreadSetter { get; }

    /// <summary>Settings that must precede the first computation; an objection if the library must not be called.</summary>
    protected abstract string? Prepare(nint library, string path);

    /// <summary>The version it reports.</summary>
    protected abstract string Version(nint library);

    private sealed class OpenBlasLibrary : NativeBlasLibrary
    {
        public override string Title => "OpenBLAS";

        protected override string ThreadSetter => "openblas_set_num_threads";

        protected override IReadOnlyList<string> Files =>
            OperatingSystem.IsWindows() ? ["libopenblas.dll", "openblas.dll"]
            : OperatingSystem.IsMacOS() ? ["libopenblas.dylib", "/opt/homebrew/opt/openblas/lib/libopenblas.dylib", "/usr/local/opt/openblas/lib/libopenblas.dylib"]
            : ["libopenblas.so.0", "libopenblas.so"];

        protected override string? Prepare(nint library, string path)
        {
            if (Config(library).Contains("USE64BITINT", StringComparison.Ordinal))
                return "it was built with 64-bit integers; a build with 32-bit integers (LP64) is needed";
            return null;
        }

        protected override string Version(nint library) => string.Join(' ', Config(library).Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2));

        private static string Config(nint library) =>
            Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "openblas_get_config"))()) ?? "OpenBLAS";
    }

    private sealed class MklLibrary : NativeBlasLibrary
    {
        private const int InterfaceLp64 = 0, ThreadingSequential = 1, ThreadingGnu = 3;

        public override string Title => "MKL";

        protected override string ThreadSetter => "MKL_Set_Num_Threads";

        protected override IReadOnlyList<string> Files =>
            OperatingSystem.IsWindows() ? ["mkl_rt.2.dll", "mkl_rt.1.dll", "mkl_rt.dll"]
            : OperatingSystem.IsMacOS() ? ["libmkl_rt.2.dylib", "libmkl_rt.dylib"]
            : ["libmkl_rt.so.2", "libmkl_rt.so.1", "libmkl_rt.so"];

        // The dispatcher ends the whole process when a part of MKL is missing, so the parts are looked for first.
        protected override string? Prepare(nint library, string path)
        {
            int threading = ThreadingGnu;
            if (OperatingSystem.IsLinux())
            {
                string folder = Path.GetDirectoryName(path) ?? "";
                foreach (string part in (ReadOnlySpan<string>)["libmkl_core", "libmkl_intel_lp64"])
                {
                    if (!HasPart(folder, part))
                        return $"{part} is not beside it";
                }
                bool threaded = HasPart(folder, "libmkl_gnu_thread") && GlobalLoader.Load("libgomp.so.1");
                if (!threaded && !HasPart(folder, "libmkl_sequential"))
                    return "neither libmkl_gnu_thread with libgomp nor libmkl_sequential is there";
                if (!threaded)
                    threading = ThreadingSequential;
                _ = ((delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, "MKL_Set_Interface_Layer"))(InterfaceLp64);
                _ = ((delegate* unmanaged<int, int>)NativeLibrary.GetExport(library, "MKL_Set_Threading_Layer"))(threading);
            }
            return null;
        }

        protected override string Version(nint library)
        {
            const int Length = 200;
            byte* text = stackalloc byte[Length];
            ((delegate* unmanaged<byte*, int, void>)NativeLibrary.GetExport(library, "mkl_get_version_string"))(text, Length);
            string full = Marshal.PtrToStringUTF8((nint)text, Length).TrimEnd('\0', ' ');
            int end = full.IndexOf(" for ", StringComparison.Ordinal);
            return (end > 0 ? full[..end] : full).Replace("(R)", "", StringComparison.Ordinal);
        }

        private static bool HasPart(string folder, string part) =>
            folder.Length > 0 && Directory.EnumerateFiles(folder, part + ".so*").Any();
    }
}
