using ContextureGpu.Kernels;
using ContextureGpu.Testing;
using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace ContextureGpu.Tests.Encoders;

/// <summary>
/// Every objective on problems with a known answer (theory.md section 6): the masked hypercube, its flips, classes, a Gaussian pair; <see cref="TrainingTests"/> has the circle. The largest
/// principal angle between the features and the answer is below 0.1.
/// </summary>
public sealed class KnownSpanTests : IDisposable
{
    private const double MostAngle = 0.1;

    private static readonly EncoderOptions Small = new() { Outputs = 12, Width = 32, Depth = 2, Epochs = 150, LearningRate = 5e-3 };

    private readonly ContextureEngine _engine = ContextureEngine.Create(new EngineOptions { Device = "cpu" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _engine.Dispose();

    public static TheoryData<Objective> OnAnyContext => [.. Enum.GetValues<Objective>().Where(o => o != Objective.Graph)];

    public static TheoryData<Objective> All => [.. Enum.GetValues<Objective>()];

    [Theory]
    [MemberData(nameof(OnAnyContext))]
    public void The_masked_hypercube(Objective objective)
    {
        // {0,1}^4, each bit hidden with probability r: s_S^2 = (1 - r)^|S|, the top four functions are the bits. With Lambda behind it the parity of S has ((1-r)/2)^|S| (r + (1-r)/2)^(4-|S|)
        // for supervised, largest for single bits as well; denoising restores the bits and nothing else.
        const double Rate = 0.3;
        double[] x = Cube(4);
        EncoderModel model = _engine.Train(x, 16, Context.Tokens(Rate, null), Small with { Dimension = 4, Objective = objective }, cancellationToken: Token);
        Near(model, [.. x.Select(v => v - 0.5)]);
        Assert.All(model.Eigenvalues, value => Assert.InRange(value, 1 - Rate - 0.01, 1 - Rate + 1e-5));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_flipped_hypercube(Objective objective)
    {
        // Weights exp(-gamma Hamming): each bit flips with p = e^-gamma / (1 + e^-gamma), s of a bit is 1 - 2p = tanh(gamma / 2), and that of a set their product. A symmetric walk on the rows.
        const double Gamma = 1.5;
        double[] x = Cube(4);
        EncoderModel model = _engine.Train(x, 16, Context.Rbf(Gamma), Small with { Dimension = 4, Objective = objective }, cancellationToken: Token);
        Near(model, [.. x.Select(v => v - 0.5)]);
        double expected = Math.Pow(Math.Tanh(Gamma / 2), 2);
        Assert.All(model.Eigenvalues, value => Assert.InRange(value, expected - 0.01, expected + 1e-5));
    }

    [Theory]
    [MemberData(nameof(OnAnyContext))]
    public void Classes(Objective objective)
    {
        // Three classes at the corners of a triangle: the features tell the classes apart, s = 1 twice.
        const int N = 60;
        double[] x = [.. Enumerable.Range(0, N).SelectMany(i => new[] { Math.Cos(2 * Math.PI * (i % 3) / 3), Math.Sin(2 * Math.PI * (i % 3) / 3) })];
        var sample = new ContextSample(x, N, 2);
        sample.Classes["class"] = new ClassColumn(3, [.. Enumerable.Range(0, N).Select(i => i % 3)]);
        EncoderModel model = _engine.Train(sample, Context.Labels("class"), Small with { Dimension = 2, Outputs = 4, Epochs = 60, Objective = objective }, null, Token);
        Near(model, x);
        Assert.All(model.Eigenvalues, value => Assert.InRange(value, 0.99, 1 + 1e-6));
    }

    [Fact]
    public void A_graph_objective_needs_a_walk()
    {
        double[] x = Cube(4);
        Assert.Contains("walks on the rows", Refusal(Context.Tokens(0.3, null)), StringComparison.Ordinal);
        // A vertex has four neighbours at the same distance, and ties go to the lower number: not symmetric.
        Assert.Contains("reversible", Refusal(Context.Knn(3)), StringComparison.Ordinal);

        string Refusal(Context context) => Assert.Throws<InputException>(() => _engine.Train(x, 16, context, Small with { Dimension = 4, Objective = Objective.Graph }, cancellationToken: Token)).Message;
    }

    [Theory]
    [MemberData(nameof(OnAnyContext))]
    public void The_Gaussian_pair(Objective objective)
    {
        // X ~ N(0, 1) at 200 equally likely quantiles, A = rho X + sqrt(1 - rho^2) Z in 40 equally likely bins: s_k = rho^k and the Hermite polynomials, x and x^2 - 1, but for the quantiles and the
        // bins. Plain regression on bins that are equally likely has the same span; denoising restores x alone.
        const int N = 200, Bins = 40;
        const double Rho = 0.6;
        double[] x = [.. Enumerable.Range(0, N).Select(i => Normal.InvCDF(0, 1, (i + 0.5) / N))];
        var sample = new ContextSample(x, N, 1);
        string[] names = [.. Enumerable.Range(0, Bins).Select(b => $"b{b}")];
        double[] edges = [.. Enumerable.Range(0, Bins + 1).Select(b => Normal.InvCDF(0, 1, b / (double)Bins))];
        double deviation = Math.Sqrt(1 - (Rho * Rho));
        sample.SoftLabels[string.Join(',', names)] = [.. from v in x from b in Enumerable.Range(0, Bins) select Normal.CDF(Rho * v, deviation, edges[b + 1]) - Normal.CDF(Rho * v, deviation, edges[b])];
        int d = objective == Objective.Denoising ? 1 : 2;
        EncoderModel model = _engine.Train(sample, Context.SoftLabels(names), Small with { Dimension = d, Outputs = 8, Objective = objective }, null, Token);
        double square = x.Average(v => v * v);
        Near(model, [.. x.SelectMany(v => d == 1 ? new[] { v } : [v, (v * v) - square])]);
        for (int k = 1; k <= d; k++)
            Assert.InRange(model.Eigenvalues[k - 1], Math.Pow(Rho, 2 * k) - 0.03, Math.Pow(Rho, 2 * k) + 0.01);
    }

    [Theory]
    [InlineData(CovarianceConstraint.Whiten, null)]
    [InlineData(CovarianceConstraint.VicReg, null)]
    [InlineData(CovarianceConstraint.Lagrangian, null)]
    [InlineData(CovarianceConstraint.Whiten, 200)]
    public void Linear_towers_on_pairs_of_two_modalities_find_the_canonical_correlations(CovarianceConstraint constraint, int? batch)
    {
        // Two Gaussian vectors of different lengths with canonical correlations 0.9, 0.7 and 0.2, mixed on either side: what linear encoders can learn of it are the canonical variables, whose
        // values on a sample are those of a decomposition by other software.
        const int N = 400;
        Matrix<double> z = Normals(1, N, 3), noise = Normals(2, N, 4);
        double[] rho = [0.9, 0.7, 0.2];
        Matrix<double> y = Matrix<double>.Build.Dense(N, 4, (i, j) => j == 3 ? noise[i, j] : (rho[j] * z[i, j]) + (Math.Sqrt(1 - (rho[j] * rho[j])) * noise[i, j]));
        Matrix<double> x = Centred(z * Mixing(3, 3)), a = Centred(y * Mixing(4, 4));
        var sample = new ContextSample(RowMajor(x), N, 3);
        sample.Partners["other"] = new ContextSample(RowMajor(a), N, 4);
        EncoderModel model = _engine.Train(
            sample, Context.Pairs("other", Context.Knn(1)),
            Small with { Dimension = 2, Outputs = 2, Depth = 0, Objective = Objective.Svme, Constraint = constraint, Epochs = constraint == CovarianceConstraint.Lagrangian ? 4000 : 1000, Batch = batch, LearningRate = 3e-2 },
            null, Token);
        Matrix<double> qx = x.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q, qa = a.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
        var svd = (qx.Transpose() * qa).Svd();
        Assert.InRange(svd.S[1], 0.6, 0.8);
        Near(model, RowMajor(qx * svd.U.SubMatrix(0, 3, 0, 2)));

        static Matrix<double> Mixing(int n, int m) => Matrix<double>.Build.Dense(n, m, (i, j) => (i == j ? 1 : 0) + (0.2 * Math.Sin((3 * i) + (5 * j) + 1)));

        static Matrix<double> Centred(Matrix<double> m) => m - (Matrix<double>.Build.Dense(m.RowCount, 1, 1) * m.ColumnSums().ToRowMatrix() / m.RowCount);
    }

    [Fact]
    public void Denoising_reaches_the_span_of_the_restored_inputs()
    {
        // 100 rows on a grid, the first input twice as wide, under noise of one size: the top eigenfunction of T* Lambda T leads to T T* X v, v the top eigenvector of X^T T T* X. With one feature it
        // tells the wide input, but is not that itself.
        const int N = 100;
        double[] x = [.. Enumerable.Range(0, N).SelectMany(i => new[] { 2 * (((i / 10) - 4.5) / 4.5), ((i % 10) - 4.5) / 4.5 })];
        Context context = Context.Parse("noise(sigma=0.5)");
        SpectralModel exact = _engine.Fit(x, N, context, new SpectralOptions { Dimension = N - 1, Precision = ElementPrecision.Double }, Token);
        Matrix<double> inputs = Matrix<double>.Build.DenseOfRowMajor(N, 2, x), mu = Matrix<double>.Build.DenseOfRowMajor(N, N - 1, exact.Features.ToArray());
        Matrix<double> squares = Matrix<double>.Build.DenseOfDiagonalArray([.. exact.SingularValues.ToArray().Select(s => s * s)]);
        Matrix<double> restored = mu * squares * mu.Transpose() * inputs / N;
        Vector<double> v = (inputs.Transpose() * restored).Evd(Symmetricity.Symmetric).EigenVectors.Column(1);
        EncoderModel model = _engine.Train(x, N, context, Small with { Objective = Objective.Denoising, Dimension = 1, Outputs = 2 }, cancellationToken: Token);
        Near(model, (restored * v).ToArray());
        // Noisy points are of the kind of the rows, so the network can be asked at rows as well; two inputs are two features.
        model.Transform(x, new double[N], EncoderEvaluation.Direct);
        Assert.Equal(2, _engine.Train(x, N, context, Small with { Objective = Objective.Denoising, Dimension = 5, Epochs = 60 }, cancellationToken: Token).Eigenvalues.Count(value => value > 0));
    }

    private static void Near(EncoderModel model, double[] functions)
    {
        double angle = Math.Asin(Math.Min(1, Subspace.LargestSine(model.Features, functions, model.Rows, model.Dimension)));
        Assert.True(angle < MostAngle, $"the angle is {angle:g3}");
    }

    private static double[] Cube(int n) => [.. from vertex in Enumerable.Range(0, 1 << n) from bit in Enumerable.Range(0, n) select (double)(vertex >> bit & 1)];

    private static Matrix<double> Normals(ulong stream, int rows, int columns)
    {
        var values = new double[rows * columns];
        new Philox(20265, stream).Normals(0, values.AsSpan());
        return Matrix<double>.Build.DenseOfRowMajor(rows, columns, values);
    }

    private static double[] RowMajor(Matrix<double> m) => m.Transpose().ToColumnMajorArray();
}
