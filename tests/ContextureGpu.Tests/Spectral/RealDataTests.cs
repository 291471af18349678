using ContextureGpu.Cli;
using ContextureGpu.Testing;
using ContextureGpu.Tests.Data;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Xunit;

namespace ContextureGpu.Tests.Spectral;

/// <summary>
/// Spectra on real data, with their ties, duplicates and categories, against a dense float64 reference that shares nothing with the engine: distances and laws by plain
/// loops, the symmetric eigenproblem of <c>B B^T</c> by MathNet.
/// </summary>
public sealed class RealDataTests
{
    private const int MostRows = 500, Dimension = 16;

    public static TheoryData<string, string, string> Cases => new()
    {
        { "abalone", "Class_Rings", "knn(k=30)" },
        { "abalone", "Class_Rings", "rbf(gamma=0.5)" },
        { "wine-quality-red", "quality", "knn(k=12)" },
        { "wine-quality-red", "quality", "rbf(gamma=median)" },
        { "credit-approval", "class", "knn(k=20)" },
        { "credit-approval", "class", "rbf(gamma=0.05)" },
        { "solar-flare", "X-class_flares_production_by_this_region", "knn(k=9)" },
        { "digits", DemoData.ClassColumn, "knn(k=30)" },
        { "digits", DemoData.ClassColumn, "rbf(gamma=0.001)" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Spectrum_features_and_training_rows(string data, string target, string expression)
    {
        DataTable table = data == "digits" ? DemoData.Digits() : DataTable.Read(SharedData.Path(data));
        var preprocessing = new PreprocessingOptions { Exclude = [target], Scale = data == "digits" ? ColumnScaling.None : ColumnScaling.Standardize };
        Preprocessing encoding = Preprocessing.Fit(table, preprocessing);
        int d = encoding.InputDimension, n = Math.Min(MostRows, table.Rows);
        double[] x = Encoded(table, preprocessing, encoding);
        // Rows from all over the file, duplicates of the first ones among them.
        double[] rows = [.. Enumerable.Range(0, n).SelectMany(i => Row(i >= n - 5 ? i - (n - 5) : (int)((long)i * table.Rows / n)))];
        IEnumerable<double> Row(int i) => x.Skip(i * d).Take(d);

        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        Context context = ContextBinding.Resolve(Context.Parse(expression), new ContextSample(rows, n, d));
        (double[] squares, Matrix<double> vectors) = Reference(context, rows, n, d);
        foreach ((SpectralSolver solver, ElementPrecision precision) in new[] { (SpectralSolver.Exact, ElementPrecision.Double), (SpectralSolver.Krylov, ElementPrecision.Double), (SpectralSolver.Krylov, ElementPrecision.Single) })
        {
            double tolerance = precision == ElementPrecision.Double ? 1e-8 : 2e-5;
            SpectralModel model = engine.Fit(
                rows, n, context, new SpectralOptions { Dimension = Dimension, Solver = solver, Precision = precision, Tolerance = precision == ElementPrecision.Double ? 1e-10 : 1e-5 }, TestContext.Current.CancellationToken);
            Assert.True(model.Facts.Converged);
            for (int i = 0; i < Dimension; i++)
                Tolerance.AssertClose($"{solver} {precision} s_{i + 1}^2", squares[i], model.SingularValues[i] * model.SingularValues[i], tolerance);
            Assert.InRange(LossOfOrthogonality(model), 0, 1e-5);

            // The space up to the widest gap of the spectrum is determined well enough to be compared.
            int widest = Enumerable.Range(1, Dimension - 1).MaxBy(k => squares[k - 1] - squares[k]);
            double[] leading = [.. from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, widest) select vectors[i, j]];
            double[] found = [.. from i in Enumerable.Range(0, n) from j in Enumerable.Range(0, widest) select model.Features[(i * Dimension) + j]];
            Tolerance.AssertWithin($"space of {widest}", Subspace.LargestSine(leading, found, n, widest), tolerance / (squares[widest - 1] - squares[widest]));

            var again = new double[n * Dimension];
            model.Transform(rows, again);
            for (int e = 0; e < again.Length; e++)
            {
                // mu = T nu / s: the residual of a pair is divided by s^2.
                double s = model.SingularValues[e % Dimension];
                Tolerance.AssertClose($"row {e / Dimension}, feature {e % Dimension}", model.Features[e], again[e], s == 0 ? 0 : 30 * tolerance / (s * s));
            }
        }
    }

    [Fact]
    public void The_first_context_of_the_paper_on_all_of_abalone_has_small_certified_residuals()
    {
        DataTable table = DataTable.Read(SharedData.Path("abalone"));
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });
        SpectralModel model = engine.Fit(
            table, Context.Knn(k: 30), new PreprocessingOptions { Exclude = ["Class_Rings"] }, new SpectralOptions { Dimension = 128 }, TestContext.Current.CancellationToken);
        Assert.Equal((4177, 10, 128), (model.Rows, model.InputDimension, model.Rank));
        Assert.All(model.Residuals.ToArray(), r => Assert.InRange(r, 0, 1e-5));
        Assert.InRange(LossOfOrthogonality(model), 0, 1e-5);
        Assert.InRange(model.SingularValues[0], 0.99, 1);
    }

    // Features have unit variance and mean zero under equal weights: F^T F / n = I, 1^T F = 0.
    private static double LossOfOrthogonality(SpectralModel model)
    {
        double worst = 0;
        for (int a = 0; a < model.Rank; a++)
        {
            double mean = 0;
            for (int i = 0; i < model.Rows; i++)
                mean += model.Features[(i * model.Dimension) + a] / model.Rows;
            worst = Math.Max(worst, Math.Abs(mean));
            for (int b = 0; b <= a; b++)
            {
                double dot = a == b ? -1 : 0;
                for (int i = 0; i < model.Rows; i++)
                    dot += model.Features[(i * model.Dimension) + a] * model.Features[(i * model.Dimension) + b] / model.Rows;
                worst = Math.Max(worst, Math.Abs(dot));
            }
        }
        return worst;
    }

    private static double[] Encoded(DataTable table, PreprocessingOptions options, Preprocessing encoding) => encoding.Apply(table.Without(options.Exclude), out _);

    // The eigenvalues of B B^T and the vectors, descending, after the constant.
    private static (double[] Squares, Matrix<double> Vectors) Reference(Context context, double[] x, int n, int d)
    {
        var distance = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                for (int f = 0; f < d; f++)
                    distance[i, j] += (x[(i * d) + f] - x[(j * d) + f]) * (x[(i * d) + f] - x[(j * d) + f]);
            }
        }
        Matrix<double> law = Matrix<double>.Build.Dense(n, n);
        for (int i = 0; i < n; i++)
        {
            switch (context)
            {
                case KnnContext knn:
                    foreach (int j in Enumerable.Range(0, n).OrderBy(j => distance[i, j]).ThenBy(j => j).Take(knn.K))
                        law[i, j] = 1.0 / knn.K;
                    break;
                case RbfContext rbf:
                    double sum = Enumerable.Range(0, n).Sum(j => Math.Exp(-rbf.Gamma!.Value * distance[i, j]));
                    for (int j = 0; j < n; j++)
                        law[i, j] = Math.Exp(-rbf.Gamma!.Value * distance[i, j]) / sum;
                    break;
                default:
                    throw new ArgumentException("no law", nameof(context));
            }
        }
        Vector<double> mass = law.ColumnSums() / n;
        Matrix<double> b = Matrix<double>.Build.Dense(n, n, (i, j) => mass[j] > 0 ? (law[i, j] / Math.Sqrt(n * mass[j])) - Math.Sqrt(mass[j] / n) : 0);
        Evd<double> eigen = b.TransposeAndMultiply(b).Evd(Symmetricity.Symmetric);
        int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => eigen.EigenValues[i].Real)];
        return ([.. order.Select(i => Math.Max(0, eigen.EigenValues[i].Real))], Matrix<double>.Build.DenseOfColumns(order.Select(i => eigen.EigenVectors.Column(i))));
    }
}
