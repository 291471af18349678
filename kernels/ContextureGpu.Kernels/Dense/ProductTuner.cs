namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>The kernels that compute a product of float32 matrices.</summary>
internal enum ProductKernel
{
    /// <summary><see cref="MatrixProductKernel"/>: tiles of 64 by 64.</summary>
    SmallTiles,

    /// <summary><see cref="LargeProductKernel"/>: tiles of 128 by 128.</summary>
    LargeTiles,

    /// <summary><see cref="TensorProductKernel"/>: tiles of 128 by 128 on tensor cores.</summary>
    TensorTiles,

    /// <summary>NVIDIA's library, where it was asked for.</summary>
    CuBlas,
}

/// <summary>What the choice of a kernel rests on.</summary>
internal interface IProductBench
{
    /// <summary>The speed of a kernel on a product that fills the device, in GFLOP/s.</summary>
    double Measure(ProductKernel kernel);

    /// <summary>What is wrong with the results of a kernel, against float64 on the host; null if nothing is.</summary>
    string? Fault(ProductKernel kernel);
}

/// <summary>
/// Chooses the kernel of a product: the one that takes least time, if each multiprocessor works off its share of the tiles at its share of the measured speed. Speeds are measured once and
/// kept in the <see cref="SpeedCache"/>. Tensor cores are used if they were asked for, once a kernel on them has given right results on this device in this process; the same holds for
/// cuBLAS, which then does every product that there is a choice for.
/// </summary>
/// <param name="multiprocessors">Of the device.</param>
/// <param name="device">Everything that the speed of a kernel depends on.</param>
/// <param name="speeds">Where speeds are kept.</param>
/// <param name="tensorCores">What tensor cores may do; <see cref="TensorCoreUse.None"/> where there are none.</param>
/// <param name="cuBlas">Whether cuBLAS was asked for and is there.</param>
internal sealed class ProductTuner(int multiprocessors, string device, SpeedCache speeds, TensorCoreUse tensorCores, bool cuBlas = false)
{
    private readonly Lock _gate = new();
    private readonly List<string> _warnings = [];
    private (ProductKernel Kernel, double Speed)[]? _measured;
    private bool? _cuBlasWorks;

    /// <summary>What tensor cores may do.</summary>
    public TensorCoreUse TensorCores => tensorCores;

    /// <summary>Why something that was asked for is not done, for people.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_gate)
                return [.. _warnings];
        }
    }

    /// <summary>The kernel for C of (<paramref name="m"/>, <paramref name="n"/>).</summary>
    /// <param name="m">Rows, at least 1.</param>
    /// <param name="n">Columns, at least 1.</param>
    /// <param name="bench">Asked the first time only.</param>
    public ProductKernel Choose(int m, int n, IProductBench bench)
    {
        lock (_gate)
        {
            try
            {
                if (cuBlas && (_cuBlasWorks ??= Works(ProductKernel.CuBlas, "cuBLAS is", bench)))
                    return ProductKernel.CuBlas;
                _measured ??= MeasureAll(bench);
            }
            catch (InsufficientMemoryException)
            {
                // Not now; another time.
                return ProductKernel.LargeTiles;
            }
            return Fastest(m, n, multiprocessors, _measured);
        }
    }

    /// <summary>The kernel of least predicted time; the first of equals.</summary>
    internal static ProductKernel Fastest(int m, int n, int multiprocessors, IReadOnlyList<(ProductKernel Kernel, double Speed)> measured)
    {
        return measured.MinBy(candidate => Work(TileOf(candidate.Kernel)) / candidate.Speed).Kernel;

        // Elements of C that the busiest multiprocessor computes.
        double Work(int tile)
        {
            long tiles = (long)TileGeometry.Count(m, tile) * TileGeometry.Count(n, tile);
            return (double)((tiles + multiprocessors - 1) / multiprocessors) * tile * tile;
        }
    }

    private static int TileOf(ProductKernel kernel) => kernel == ProductKernel.SmallTiles ? TileGeometry.Tile : LargeProductKernel.Tile;

    private (ProductKernel Kernel, double Speed)[] MeasureAll(IProductBench bench)
    {
        var candidates = new List<ProductKernel> { ProductKernel.LargeTiles, ProductKernel.SmallTiles };
        if (tensorCores != TensorCoreUse.None && Works(ProductKernel.TensorTiles, "tensor cores are", bench))
            candidates.Add(ProductKernel.TensorTiles);
        var found = candidates.Select(kernel => (Kernel: kernel, Key: Key(kernel), Kept: speeds.Find(Key(kernel)))).ToArray();
        var measured = found.Select(candidate => (candidate.Kernel, candidate.Key, Speed: candidate.Kept ?? bench.Measure(candidate.Kernel))).ToArray();
        speeds.Store([.. measured.Where((_, i) => found[i].Kept is null).Select(candidate => KeyValuePair.Create(candidate.Key, candidate.Speed))]);
        return [.. measured.Select(candidate => (candidate.Kernel, candidate.Speed))];
    }

    private bool Works(ProductKernel kernel, string what, IProductBench bench)
    {
        if (bench.Fault(kernel) is not { } fault)
            return true;
        _warnings.Add($"{what} not used, because a trial product was wrong: {fault}");
        return false;
    }

    /// <summary>Under which the speed of a kernel is kept.</summary>
    internal string Key(ProductKernel kernel) =>
        $"{device}|{typeof(ProductTuner).Module.ModuleVersionId:N}|{kernel}{(kernel == ProductKernel.TensorTiles ? $" {tensorCores}" : "")}";
}
