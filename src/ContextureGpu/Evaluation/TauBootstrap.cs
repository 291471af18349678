using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// How tau varies with the rows: with the dual kernel <c>sum_i s_i^2 q_i q_i'</c> as it is and rows drawn again with replacement, the spectrum is that of
/// <c>S^(1/2) Cov_v[q] S^(1/2)</c>, of order d0 + 1, where v are the drawn weights.
/// </summary>
internal static class TauBootstrap
{
    /// <summary>Replicates; the interval is from the second smallest to the second largest, about 90 %.</summary>
    private const int Replicates = 20;

    private const ulong Stream = 0xB007;

    /// <summary>The basic bootstrap interval: replicates reflected at the estimate, which removes their bias.</summary>
    public static SubsetEstimate Interval(
        JudgedSpectrum spectrum, ContextMetric tau, int of, ulong seed, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        int n = spectrum.Functions.Points, d = spectrum.SingularValues.Length, d0 = tau.ByDimension.Count;
        double[] q = spectrum.Functions.ToDouble(), scaled = new double[q.Length], gram = new double[d * d], mean = new double[d], eigenvalues = new double[d];
        var random = new Philox(seed, Stream);
        var values = new double[Replicates];
        for (int r = 0; r < Replicates; r++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = new int[n];
            for (int i = 0; i < n; i++)
                count[Math.Min(n - 1, (int)(random.Uniform(((long)r * n) + i) * n))]++;
            Array.Clear(mean);
            for (int i = 0; i < n; i++)
            {
                Span<double> row = scaled.AsSpan(i * d, d);
                TensorPrimitives.Multiply(q.AsSpan(i * d, d), spectrum.SingularValues, row);
                TensorPrimitives.MultiplyAdd(row, (double)count[i] / n, mean, mean);
                TensorPrimitives.Multiply(row, Math.Sqrt((double)count[i] / n), row);
            }
            host.Multiply(scaled, Orientation.Transposed, scaled, Orientation.Normal, gram, d, d, n);
            for (int i = 0; i < d; i++)
                TensorPrimitives.MultiplyAdd(mean, -mean[i], gram.AsSpan(i * d, d), gram.AsSpan(i * d, d));
            host.SymmetricEigen(gram, d, eigenvalues);
            double[] s = [.. eigenvalues.Reverse().Select(l => Math.Sqrt(Math.Clamp(l, 0, 1)))];
            values[r] = ContextMetric.Of(s, d0, tau.Beta).Value;
        }
        Array.Sort(values);
        double low = (2 * tau.Value) - values[^2], high = (2 * tau.Value) - values[1];
        return new SubsetEstimate(n, of, Math.Min(low, tau.Value), Math.Max(high, tau.Value), Replicates);
    }
}
