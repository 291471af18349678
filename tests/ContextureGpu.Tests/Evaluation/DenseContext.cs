using MathNet.Numerics.LinearAlgebra;

namespace ContextureGpu.Tests.Evaluation;

/// <summary>
/// A context as a dense float64 matrix, by plain loops and MathNet's decompositions: what the evaluation is compared with. Shares nothing with the engine.
/// </summary>
internal sealed class DenseContext
{
    private DenseContext(double[,] law, double[] weights)
    {
        (int n, int m) = (law.GetLength(0), law.GetLength(1));
        Weights = weights;
        double[] mass = [.. Enumerable.Range(0, m).Select(a => Enumerable.Range(0, n).Sum(x => weights[x] * law[x, a]))];
        Kernel = Matrix<double>.Build.Dense(n, n, (x, z) => Enumerable.Range(0, m).Where(a => mass[a] > 0).Sum(a => law[x, a] * law[z, a] / mass[a]));
        Matrix<double> symmetric = Matrix<double>.Build.Dense(n, n, (x, z) => Math.Sqrt(weights[x] * weights[z]) * (Kernel[x, z] - 1));
        var eigen = symmetric.Evd(Symmetricity.Symmetric);
        Centred = symmetric;
        Squares = [.. eigen.EigenValues.Select(e => Math.Max(0, e.Real)).Reverse()];
        Functions = Matrix<double>.Build.Dense(n, n, (x, i) => eigen.EigenVectors[x, n - 1 - i] / Math.Sqrt(weights[x]));
    }

    /// <summary>w.</summary>
    public double[] Weights { get; }

    /// <summary>k_X.</summary>
    public Matrix<double> Kernel { get; }

    /// <summary>D_w^(1/2) (k_X - 1) D_w^(1/2): T T* without the constant.</summary>
    public Matrix<double> Centred { get; }

    /// <summary>s_i^2, descending, N of them.</summary>
    public double[] Squares { get; }

    /// <summary>mu_i in column i.</summary>
    public Matrix<double> Functions { get; }

    /// <summary>k equiprobable nearest rows, the row itself among them.</summary>
    public static DenseContext Knn(double[,] x, int k) => new(Rows(x, (i, n) =>
    {
        int[] near = [.. Enumerable.Range(0, n).OrderBy(j => SquaredDistance(x, i, j)).ThenBy(j => j).Take(k)];
        return [.. Enumerable.Range(0, n).Select(j => near.Contains(j) ? 1.0 / k : 0)];
    }), Equal(x.GetLength(0)));

    /// <summary>Proportional to exp(-gamma |x - a|^2).</summary>
    public static DenseContext Rbf(double[,] x, double gamma) => new(Rows(x, (i, n) =>
    {
        double[] k = [.. Enumerable.Range(0, n).Select(j => Math.Exp(-gamma * SquaredDistance(x, i, j)))];
        return [.. k.Select(v => v / k.Sum())];
    }), Equal(x.GetLength(0)));

    /// <summary>The random walk on an undirected graph.</summary>
    public static DenseContext Graph(double[,] adjacency)
    {
        int n = adjacency.GetLength(0);
        double[] degree = [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, n).Sum(j => adjacency[i, j]))];
        var law = new double[n, n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                law[i, j] = adjacency[i, j] / degree[i];
        return new DenseContext(law, [.. degree.Select(d => d / degree.Sum())]);
    }

    /// <summary>
    /// The worst-case error from its definition: the largest |(I - Pi) f|^2 over unit f with f' T T* f at least c, by the dual on a fine grid and golden section, on dense matrices in
    /// the space of centred functions.
    /// </summary>
    /// <param name="features">Features in columns.</param>
    /// <param name="epsilon">eps.</param>
    public double WorstCase(Matrix<double> features, double epsilon)
    {
        int n = Weights.Length;
        double c = (1 - epsilon) * (1 - epsilon);
        Vector<double> roots = Vector<double>.Build.Dense([.. Weights.Select(Math.Sqrt)]);
        // A basis of the centred functions: the complement of sqrt(w).
        Matrix<double> basis = (Matrix<double>.Build.DenseIdentity(n) - roots.OuterProduct(roots)).Evd(Symmetricity.Symmetric).EigenVectors.SubMatrix(0, n, 1, n - 1);
        Matrix<double> scaled = basis.TransposeThisAndMultiply(Matrix<double>.Build.DenseOfDiagonalArray(roots.ToArray()) * features);
        Matrix<double> span = scaled.QR(MathNet.Numerics.LinearAlgebra.Factorization.QRMethod.Thin).Q;
        Matrix<double> outside = Matrix<double>.Build.DenseIdentity(n - 1) - (span * span.Transpose()), square = basis.TransposeThisAndMultiply(Centred) * basis;
        double Value(double l) => (outside + (l * (square - (c * Matrix<double>.Build.DenseIdentity(n - 1))))).Evd(Symmetricity.Symmetric).EigenValues.Max(e => e.Real);
        (double low, double high) = (0, 1 / (Squares[0] - c));
        double golden = (Math.Sqrt(5) - 1) / 2;
        for (int step = 0; step < 60; step++)
        {
            (double a, double b) = (high - (golden * (high - low)), low + (golden * (high - low)));
            if (Value(a) < Value(b))
                high = b;
            else
                low = a;
        }
        return Math.Min(Value(0.5 * (low + high)), Value(0));
    }

    private static double[,] Rows(double[,] x, Func<int, int, double[]> row)
    {
        int n = x.GetLength(0);
        var law = new double[n, n];
        for (int i = 0; i < n; i++)
        {
            double[] p = row(i, n);
            for (int j = 0; j < n; j++)
                law[i, j] = p[j];
        }
        return law;
    }

    private static double SquaredDistance(double[,] x, int i, int j) => Enumerable.Range(0, x.GetLength(1)).Sum(f => Math.Pow(x[i, f] - x[j, f], 2));

    private static double[] Equal(int n) => [.. Enumerable.Repeat(1.0 / n, n)];
}
