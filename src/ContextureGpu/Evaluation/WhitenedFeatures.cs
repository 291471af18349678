using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>An orthonormal basis of the centred features, (n, rank): features whitened over the rows, up to the factor sqrt(n).</summary>
internal sealed class WhitenedFeatures
{
    /// <summary>A column whose variation is below this share of its size (2^-40, some thousand roundings of float64) is constant.</summary>
    private const double ConstantBelow = 1.0 / (1L << 40);

    private WhitenedFeatures(double[] basis, int rows, int rank)
    {
        Basis = basis;
        Rows = rows;
        Rank = rank;
    }

    /// <summary>Row-major (<see cref="Rows"/>, <see cref="Rank"/>), with orthonormal columns of zero mean.</summary>
    public double[] Basis { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Dimension of the span.</summary>
    public int Rank { get; }

    /// <summary>
    /// Whitens in two steps. 1. <c>Z</c>: columns centred and scaled to unit norm, constant ones left out; <c>Z^T Z = V L V^T</c>; <c>Q1 = Z V L^{-1/2}</c> over the
    /// eigenvalues above threshold^2 of the largest. 2. The same again on Q1, which is nearly orthonormal already, makes it orthonormal to rounding.
    /// </summary>
    /// <exception cref="InputException">A value is not finite, or every column is constant.</exception>
    public static WhitenedFeatures From(FeatureSpan features, string name, double threshold, HostLinearAlgebra algebra)
    {
        double[] z = Standardize(features, name, out int columns);
        if (columns == 0)
            throw new InputException($"{name} are constant in each of {features.Columns} columns; at least one must vary");
        double[] rough = Orthonormalize(z, features.Rows, columns, threshold, algebra, out int rank);
        double[] basis = Orthonormalize(rough, features.Rows, rank, 0, algebra, out _);
        return new WhitenedFeatures(basis, features.Rows, rank);
    }

    private static double[] Standardize(FeatureSpan features, string name, out int kept)
    {
        (int n, int p) = (features.Rows, features.Columns);
        for (int e = 0; e < features.Values.Length; e++)
        {
            if (!double.IsFinite(features.Values[e]))
                throw new InputException($"{name}: row {e / p}, column {e % p} (counted from 0) is {features.Values[e]}; every value must be finite");
        }
        var centred = new double[n];
        var columns = new List<double[]>();
        for (int j = 0; j < p; j++)
        {
            double largest = 0;
            for (int i = 0; i < n; i++)
                largest = Math.Max(largest, Math.Abs(features.Values[i * p + j]));
            if (largest == 0)
                continue;
            for (int i = 0; i < n; i++)
                centred[i] = features.Values[i * p + j] / largest;
            double size = TensorPrimitives.Norm<double>(centred);
            for (int pass = 0; pass < 2; pass++) // the second pass removes what rounding left of the mean
                TensorPrimitives.Subtract(centred, TensorPrimitives.Sum<double>(centred) / n, centred);
            double norm = TensorPrimitives.Norm<double>(centred);
            if (norm <= ConstantBelow * size)
                continue;
            TensorPrimitives.Divide(centred, norm, centred);
            columns.Add([.. centred]);
        }
        kept = columns.Count;
        var z = new double[checked(n * kept)];
        for (int j = 0; j < kept; j++)
        {
            for (int i = 0; i < n; i++)
                z[i * kept + j] = columns[j][i];
        }
        return z;
    }

    /// <summary>X V L^{-1/2} over the eigenpairs of X^T X with sqrt(l) above threshold times the largest; in descending order.</summary>
    private static double[] Orthonormalize(double[] x, int n, int p, double threshold, HostLinearAlgebra algebra, out int rank)
    {
        double[] vectors = new double[p * p], eigenvalues = new double[p];
        algebra.Multiply(x, Orientation.Transposed, x, Orientation.Normal, vectors, p, p, n);
        algebra.SymmetricEigen(vectors, p, eigenvalues);
        double least = threshold * threshold * eigenvalues[^1];
        int kept = rank = eigenvalues.Count(l => l > least);
        var map = new double[p * kept];
        for (int r = 0; r < kept; r++)
        {
            double factor = 1 / Math.Sqrt(eigenvalues[p - 1 - r]);
            for (int j = 0; j < p; j++)
                map[j * kept + r] = factor * vectors[(p - 1 - r) * p + j];
        }
        return RowProducts(x, n, p, map, kept);
    }

    /// <summary>
    /// X M, each row by the same sequence of operations whatever its position, as no BLAS promises: equal rows stay equal, so that ties between neighbours
    /// stay ties.
    /// </summary>
    private static double[] RowProducts(double[] x, int n, int p, double[] m, int q)
    {
        var result = new double[checked(n * q)];
        for (int i = 0; i < n; i++)
        {
            Span<double> row = result.AsSpan(i * q, q);
            for (int j = 0; j < p; j++)
                TensorPrimitives.MultiplyAdd(m.AsSpan(j * q, q), x[i * p + j], row, row);
        }
        return result;
    }
}
