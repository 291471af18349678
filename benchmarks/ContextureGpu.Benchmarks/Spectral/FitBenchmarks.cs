using BenchmarkDotNet.Attributes;
using ContextureGpu.Kernels;

namespace ContextureGpu.Benchmarks.Spectral;

/// <summary>
/// A fit from inputs to features on the processor: neighbours, spectrum, certificate. Gaussian mixtures of 20 classes; the last value and the residuals are checked before
/// anything is timed.
/// </summary>
[MemoryDiagnoser]
public class FitBenchmarks
{
    private const int Classes = 20;

    private ContextureEngine? _engine;
    private double[] _x = [];

    [Params(4_000, 20_000)]
    public int Rows { get; set; }

    [Params("knn(k=30)")]
    public string Expression { get; set; } = "";

    [Params(SpectralSolver.Krylov, SpectralSolver.Randomized, SpectralSolver.Nystrom)]
    public SpectralSolver Solver { get; set; }

    private SpectralOptions Options => new() { Dimension = 128, Solver = Solver, Tolerance = 1e-4 };

    [GlobalSetup]
    public void Setup()
    {
        const int Inputs = 24;
        _engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        _x = new double[Rows * Inputs];
        var centres = new double[Classes * Inputs];
        new Philox(1, 1).Normals<double>(0, centres);
        new Philox(1, 2).Normals<double>(0, _x);
        for (int i = 0; i < Rows; i++)
            for (int f = 0; f < Inputs; f++)
                _x[(i * Inputs) + f] += centres[((i % Classes) * Inputs) + f];
        SpectralModel model = Fit();
        if (Solver == SpectralSolver.Krylov && !model.Facts.Converged)
            throw new InvalidOperationException("the fit that was to be timed has not converged");
    }

    [Benchmark]
    public SpectralModel Fit() => _engine!.Fit(_x, Rows, Context.Parse(Expression), Options);

    [GlobalCleanup]
    public void Cleanup() => _engine?.Dispose();
}
