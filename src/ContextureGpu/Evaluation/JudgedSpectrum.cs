using System.Numerics.Tensors;
using ContextureGpu.Kernels;
using ContextureGpu.Spectral;

namespace ContextureGpu;

/// <summary>
/// A positive operator on functions of X by its eigenpairs (s_i^2, q_i), q orthonormal under the weights. Of a context it is the top of T T*. A concatenation has no single T: in its
/// place stand the pairs of all parts in descending order, each function orthogonalised against those before it, and left out where nothing remains.
/// </summary>
/// <param name="SingularValues">s_i, descending.</param>
/// <param name="Functions">q_i on the rows, (n, d).</param>
/// <param name="Weights">Weights of the rows, sum 1.</param>
internal sealed record JudgedSpectrum(double[] SingularValues, FunctionValues Functions, double[] Weights)
{
    /// <summary>A function of which less than this share of the norm is new stands in the parts before.</summary>
    private const double NewShare = 1e-3;

    /// <summary>Rows converted to float64 at a time.</summary>
    private const int Tile = 1 << 12;

    /// <summary>The spectrum of a fit.</summary>
    public static JudgedSpectrum Of(SpectralModel model, double[] weights, HostLinearAlgebra host) => model.Parts.Count == 1
        ? new JudgedSpectrum([.. model.SingularValues], model.FeatureValues, weights)
        : Merged(model, weights, host);

    /// <summary><c>&lt;q_i, f&gt; = sum_x w_x q_i(x) f(x)</c>, row-major (d, count).</summary>
    /// <param name="functions">f, row-major (n, count).</param>
    /// <param name="count">Functions.</param>
    public double[] InnerProducts(double[] functions, int count)
    {
        int n = Functions.Points, d = SingularValues.Length;
        double[] products = new double[d * count], tile = new double[(long)Math.Min(n, Tile) * d];
        for (int start = 0; start < n; start += Tile)
        {
            int rows = Math.Min(Tile, n - start);
            Functions.CopyTo(start * d, tile.AsSpan(0, rows * d));
            for (int i = 0; i < rows; i++)
                for (int j = 0; j < count; j++)
                {
                    double f = Weights[start + i] * functions[((start + i) * count) + j];
                    Span<double> into = products.AsSpan(j * d, d);
                    TensorPrimitives.MultiplyAdd(tile.AsSpan(i * d, d), f, into, into);
                }
        }
        var result = new double[d * count];
        for (int j = 0; j < count; j++)
            for (int i = 0; i < d; i++)
                result[(i * count) + j] = products[(j * d) + i];
        return result;
    }

    /// <summary>Features of some rows, row-major (rows, d).</summary>
    public double[] Rows(ReadOnlySpan<int> rows)
    {
        int d = SingularValues.Length;
        var values = new double[checked(rows.Length * d)];
        for (int i = 0; i < rows.Length; i++)
            Functions.CopyTo(rows[i] * d, values.AsSpan(i * d, d));
        return values;
    }

    private static JudgedSpectrum Merged(SpectralModel model, double[] weights, HostLinearAlgebra host)
    {
        int n = model.Rows, all = model.Dimension;
        double[] s = [.. model.SingularValues], features = model.FeatureValues.ToDouble();
        int[] order = [.. Enumerable.Range(0, all).Where(i => s[i] > 0).OrderByDescending(i => s[i])];
        int d = order.Length;
        var sorted = new double[checked(n * d)];
        for (int x = 0; x < n; x++)
            for (int j = 0; j < d; j++)
                sorted[(x * d) + j] = Math.Sqrt(weights[x]) * features[(x * all) + order[j]];
        var gram = new double[d * d];
        host.Multiply(sorted, Orientation.Transposed, sorted, Orientation.Normal, gram, d, d, n);

        // Gram-Schmidt in this order on coefficients: q_k = sorted c_k, with G c_k kept beside c_k.
        var kept = new List<int>();
        var map = new List<double[]>();
        var images = new List<double[]>();
        for (int j = 0; j < d; j++)
        {
            double[] c = new double[d], image = new double[d];
            c[j] = 1;
            for (int pass = 0; pass < 2; pass++)
                for (int k = 0; k < map.Count; k++)
                    TensorPrimitives.MultiplyAdd(map[k], -TensorPrimitives.Dot<double>(images[k], c), c, c);
            for (int i = 0; i <= j; i++)
                TensorPrimitives.MultiplyAdd(gram.AsSpan(i * d, d), c[i], image, image);
            double left = TensorPrimitives.Dot<double>(c, image);
            if (!(left > NewShare * NewShare * gram[(j * d) + j]))
                continue;
            TensorPrimitives.Divide(c, Math.Sqrt(left), c);
            TensorPrimitives.Divide(image, Math.Sqrt(left), image);
            kept.Add(j);
            map.Add(c);
            images.Add(image);
        }
        int r = kept.Count;
        double[] transform = new double[d * r], q = new double[checked(n * r)];
        for (int k = 0; k < r; k++)
            for (int j = 0; j < d; j++)
                transform[(j * r) + k] = map[k][j];
        host.Multiply(sorted, Orientation.Normal, transform, Orientation.Normal, q, n, r, d);
        for (int x = 0; x < n; x++)
            TensorPrimitives.Divide(q.AsSpan(x * r, r), Math.Sqrt(weights[x]), q.AsSpan(x * r, r));
        return new JudgedSpectrum([.. kept.Select(j => s[order[j]])], FunctionValues.Of(q, n, r), weights);
    }
}
