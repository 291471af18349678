using ContextureGpu.Kernels;

namespace ContextureGpu.Encoders;

/// <summary>
/// The generalised eigenproblem <c>B v = lambda C v</c> on the span of the outputs, in float64: lambda estimates s^2, from below, and <c>V^T C V = I</c>.
/// </summary>
/// <param name="Eigenvalues">d values, descending; zeros beyond the rank.</param>
/// <param name="Map">V, row-major (outputs, d); zeros beyond the rank.</param>
/// <param name="OutputRank">Dimension of the span of the outputs.</param>
internal sealed record RitzPairs(double[] Eigenvalues, double[] Map, int OutputRank)
{
    /// <summary>Solves it on the directions of C whose variance is above what rounding the outputs can fake.</summary>
    public static RitzPairs Of(double[] c, double[] b, int outputs, int dimension, ElementPrecision precision, HostLinearAlgebra host)
    {
        double threshold = precision == ElementPrecision.Double ? 1e-13 : 1e-10;
        double[] axes = (double[])c.Clone(), variances = new double[outputs];
        host.SymmetricEigen(axes, outputs, variances);
        int rank = variances[^1] > 0 ? variances.Count(v => v > threshold * variances[^1]) : 0;
        double[] eigenvalues = new double[dimension], map = new double[outputs * dimension];
        if (rank == 0)
            return new RitzPairs(eigenvalues, map, 0);

        // Rows of W: the axes over the roots of their variances, the largest first.
        var w = new double[rank * outputs];
        for (int r = 0; r < rank; r++)
        {
            double factor = 1 / Math.Sqrt(variances[outputs - 1 - r]);
            for (int j = 0; j < outputs; j++)
                w[(r * outputs) + j] = factor * axes[((outputs - 1 - r) * outputs) + j];
        }
        double[] half = new double[rank * outputs], projected = new double[rank * rank], values = new double[rank];
        host.Multiply(w, Orientation.Normal, b, Orientation.Normal, half, rank, outputs, outputs);
        host.Multiply(half, Orientation.Normal, w, Orientation.Transposed, projected, rank, rank, outputs);
        host.SymmetricEigen(projected, rank, values);

        int kept = Math.Min(rank, dimension);
        var top = new double[kept * rank];
        for (int i = 0; i < kept; i++)
        {
            eigenvalues[i] = values[rank - 1 - i];
            projected.AsSpan((rank - 1 - i) * rank, rank).CopyTo(top.AsSpan(i * rank));
        }
        var mapped = new double[kept * outputs];
        host.Multiply(top, Orientation.Normal, w, Orientation.Normal, mapped, kept, outputs, rank);
        for (int i = 0; i < kept; i++)
        {
            for (int j = 0; j < outputs; j++)
                map[(j * dimension) + i] = mapped[(i * outputs) + j];
        }
        return new RitzPairs(eigenvalues, map, rank);
    }

    /// <summary>A copy of a row-major matrix with column j multiplied by factor j.</summary>
    public static double[] ScaleColumns(double[] matrix, double[] factors)
    {
        var scaled = new double[matrix.Length];
        for (int e = 0; e < scaled.Length; e++)
            scaled[e] = matrix[e] * factors[e % factors.Length];
        return scaled;
    }

    /// <summary>The transpose of a row-major (d, d) matrix.</summary>
    public static double[] Transposed(double[] matrix, int d)
    {
        var transposed = new double[matrix.Length];
        for (int e = 0; e < matrix.Length; e++)
            transposed[(e % d * d) + (e / d)] = matrix[e];
        return transposed;
    }
}
