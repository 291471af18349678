using System.Globalization;

namespace ContextureGpu.Benchmarks.Compare;

/// <summary>A context from inputs to spectrum and features, inside the process, beside scikit-learn's neighbours with SciPy's solvers.</summary>
internal static class ContextComparisons
{
    /// <summary>The neighbour context on given points.</summary>
    /// <param name="bench">What comparisons share.</param>
    /// <param name="what">The points, for people.</param>
    /// <param name="points">Row-major (n, d).</param>
    /// <param name="d">Inputs of a row.</param>
    /// <param name="k">Neighbours.</param>
    /// <param name="dimension">Singular values.</param>
    /// <param name="algorithm">How scikit-learn searches.</param>
    /// <param name="required">Least ratio against ARPACK.</param>
    public static Comparison Knn(Bench bench, string what, double[] points, int d, int k, int dimension, string algorithm, double? required)
    {
        int n = points.Length / d;
        ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new SpectralOptions { Dimension = dimension, Tolerance = 5e-5, Solver = SpectralSolver.Krylov };
        Context context = Context.Knn(k);
        SpectralModel? model = null;
        string file = bench.Save(points, d);
        double[] reference = engine.Fit(points, n, context, options with { Precision = ElementPrecision.Double, Tolerance = 1e-9 }).SingularValues.ToArray();
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"knn(k={k}), top {dimension}, {what}, {n} x {d}, end to end"),
            new LocalContestant("ours", () => model = engine.Fit(points, n, context, options), () => model!.SingularValues.ToArray()),
            [
                Peer("scikit-learn + ARPACK, float64", required, ("method", "arpack"), ("dtype", "float64")),
                Peer("scikit-learn + ARPACK, float32", required, ("method", "arpack"), ("dtype", "float32")),
                Peer("scikit-learn + LOBPCG, float64", null, ("method", "lobpcg"), ("dtype", "float64")),
                Peer("scikit-learn + randomized_svd, 12 iterations", null, ("method", "randomized"), ("iterations", 12)),
            ],
            (who, s) =>
            {
                // The same accuracy is asked of all but the randomised method, which has none to ask for, and LOBPCG, which may end early.
                bool promises = !who.Contains("randomized", StringComparison.Ordinal) && !who.Contains("LOBPCG", StringComparison.Ordinal);
                if (promises)
                    Checks.Near(who, "singular value", reference, s, 1e-4);
                else
                    bench.Remark(string.Create(CultureInfo.InvariantCulture, $"{who} on {n} x {d}: largest error in s {reference.Zip(s, (a, b) => Math.Abs(a - b)).Max():g2}"));
            })
        {
            Warmups = n < 10_000 ? 8 : 0,
            Rounds = n < 10_000 ? 9 : 3,
            Resources = engine,
        };

        PeerContestant Peer(string label, double? least, params ReadOnlySpan<(string Key, object Value)> more)
        {
            var arguments = new Dictionary<string, object> { ["x"] = file, ["k"] = k, ["dim"] = dimension, ["tolerance"] = 1e-5, ["algorithm"] = algorithm };
            foreach ((string key, object value) in more)
                arguments[key] = value;
            return new PeerContestant(label, "scikit.py", bench, "context", arguments, least);
        }
    }

    /// <summary>A Gaussian kernel's leading functions: ours of the random walk, never stored; scikit-learn's of the centred kernel matrix, stored.</summary>
    public static Comparison KernelFunctions(Bench bench, int n, int d, int dimension)
    {
        double[] points = Bench.Mixture(n, d, 9);
        double gamma = 0.5 / d;
        ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        var options = new SpectralOptions { Dimension = dimension, Tolerance = 5e-5, Solver = SpectralSolver.Krylov };
        SpectralModel? model = null;
        string file = bench.Save(points, d);
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"leading {dimension} functions of a Gaussian kernel, {n} x {d} (the walk's for us, the centred matrix's for KernelPCA)"),
            new LocalContestant("ours", () => model = engine.Fit(points, n, Context.Rbf(gamma), options), () => model!.SingularValues.ToArray()),
            [
                new PeerContestant("scikit-learn KernelPCA, arpack", "scikit.py", bench, "kernel_pca", Arguments("arpack")),
                new PeerContestant("scikit-learn KernelPCA, randomized", "scikit.py", bench, "kernel_pca", Arguments("randomized")),
            ],
            (who, values) =>
            {
                for (int i = 0; i < dimension; i++)
                {
                    if (!(values[i] > 0) || (i > 0 && values[i] > values[i - 1] * (1 + 1e-6)))
                        throw new InvalidOperationException($"{who}: value {i} is {values[i]}");
                }
                if (who == "ours" && !model!.Facts.Converged)
                    throw new InvalidOperationException("ours did not converge");
            })
        {
            Rounds = 3,
            Resources = engine,
        };

        Dictionary<string, object> Arguments(string method) => new() { ["x"] = file, ["dim"] = dimension, ["gamma"] = gamma, ["method"] = method };
    }

    /// <summary>Abalone as interfaces.md prepares it: the target dropped, Sex one-hot, numbers standardised.</summary>
    public static (double[] Points, int Dimension) Abalone(string path)
    {
        DataTable table = DataTable.Read(path);
        Preprocessing encoding = Preprocessing.Fit(table, new PreprocessingOptions { Exclude = ["Class_Rings"] });
        return (encoding.Apply(table.Without(["Class_Rings"]), out _), encoding.InputDimension);
    }
}
