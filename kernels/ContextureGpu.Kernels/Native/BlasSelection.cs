using System.Globalization;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>The native library of a CPU device, and whether products are quicker in it than in managed code.</summary>
/// <param name="Library">The library, tested; null for managed code alone.</param>
/// <param name="ProductsInLibrary">Whether thick products are computed in it; eigenproblems always are.</param>
/// <param name="Speeds">What was compared, fastest first; empty where there was nothing to choose.</param>
/// <param name="PassedOver">What was looked for and not taken, and why.</param>
internal sealed record BlasSelection(
    NativeBlas? Library, bool ProductsInLibrary, IReadOnlyList<ProductSpeed> Speeds, IReadOnlyList<PassedOverDevice> PassedOver)
{
    /// <summary>Finds what the options ask for; <see cref="BlasChoice.Auto"/> takes the fastest, by speeds measured now or earlier.</summary>
    /// <exception cref="DeviceFailureException">The choice names a library that was not found or that failed.</exception>
    public static BlasSelection Of(CpuDeviceOptions options, Workers workers)
    {
        var passedOver = new List<PassedOverDevice>();
        switch (options.Blas)
        {
            case BlasChoice.None:
                return new BlasSelection(null, false, [], passedOver);
            case BlasChoice.Mkl:
                return Named(NativeBlasLibrary.Mkl, options);
            case BlasChoice.OpenBlas:
                return Named(NativeBlasLibrary.OpenBlas, options);
            case BlasChoice.Auto:
                return Fastest(options, workers, passedOver);
            default:
                throw new ArgumentOutOfRangeException(nameof(options), options.Blas, "unknown choice");
        }
    }

    private static BlasSelection Named(NativeBlasLibrary library, CpuDeviceOptions options)
    {
        NativeBlas found = library.Open(options.Threads, out string refusal)
            ?? throw new DeviceFailureException("cpu", $"{library.Title} was asked for: {refusal}");
        return new BlasSelection(found, true, [], []);
    }

    private static BlasSelection Fastest(CpuDeviceOptions options, Workers workers, List<PassedOverDevice> passedOver)
    {
        string machine = $"{ProcessorName.Read()}|{typeof(BlasSelection).Assembly.GetName().Version}|{typeof(BlasSelection).Module.ModuleVersionId:N}|float32 product on {workers.Count}";
        var candidates = new List<(NativeBlasLibrary Library, string Key)>();
        foreach (NativeBlasLibrary library in (ReadOnlySpan<NativeBlasLibrary>)[NativeBlasLibrary.OpenBlas, NativeBlasLibrary.Mkl])
        {
            if (library.Locate(out string refusal) is { } file)
                candidates.Add((library, $"{machine}|{file}"));
            else
                passedOver.Add(new PassedOverDevice(BackendKind.Cpu, library.Title, refusal));
        }
        if (candidates.Count == 0)
            return new BlasSelection(null, false, [], passedOver);

        string managedKey = $"{machine}|managed";
        var opened = new Dictionary<NativeBlasLibrary, NativeBlas>();
        if (options.Speeds.Find(managedKey) is null || candidates.Any(c => options.Speeds.Find(c.Key) is null))
        {
            candidates.RemoveAll(c => !TryOpen(c.Library));
            double[] speeds = ProductComparison.Measure(workers, [.. candidates.Select(c => opened[c.Library])]);
            options.Speeds.Store([.. candidates.Select((c, i) => KeyValuePair.Create(c.Key, speeds[i])), KeyValuePair.Create(managedKey, speeds[^1])]);
        }

        // The fastest that passes its test; a library that is not needed is not prepared.
        double managed = options.Speeds.Find(managedKey) ?? 0;
        var ranked = candidates.Select(c => (c.Library, Speed: options.Speeds.Find(c.Key) ?? 0)).OrderByDescending(c => c.Speed).ToList();
        int taken = ranked.FindIndex(c => TryOpen(c.Library));
        ProductSpeed[] compared = [.. ranked.Select(c => new ProductSpeed(c.Library.Title, c.Speed)).Append(new ProductSpeed(ProductSpeed.Managed, managed)).OrderByDescending(s => s.Gflops)];
        if (taken < 0)
            return new BlasSelection(null, false, [], passedOver);
        foreach ((NativeBlasLibrary library, double speed) in ranked.Skip(taken + 1))
        {
            passedOver.Add(new PassedOverDevice(
                BackendKind.Cpu, library.Title, string.Create(CultureInfo.InvariantCulture, $"slower here: {speed:f0} GFLOP/s in a float32 product, {ranked[taken].Speed:f0} in {ranked[taken].Library.Title}")));
        }
        return new BlasSelection(opened[ranked[taken].Library], ranked[taken].Speed >= managed, compared, passedOver);

        bool TryOpen(NativeBlasLibrary library)
        {
            if (opened.ContainsKey(library))
                return true;
            if (library.Open(options.Threads, out string refusal) is { } blas)
            {
                opened.Add(library, blas);
                return true;
            }
            passedOver.Add(new PassedOverDevice(BackendKind.Cpu, library.Title, refusal));
            return false;
        }
    }
}
