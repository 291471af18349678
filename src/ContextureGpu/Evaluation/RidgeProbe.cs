using System.Numerics.Tensors;
using ContextureGpu.Encoders;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// Ridge regression with a free intercept, <c>min 1/n sum_i (y_i - w' x_i - b)^2 + lambda ||w||^2</c>, for all leading sets of features at once: the Cholesky factor of the first d
/// rows and columns of <c>X^T X + n lambda I = L L^T</c> is the leading part of L, so with <c>z = L^-1 X^T y</c> the prediction of the first d features is
/// <c>sum_{j &lt;= d} (L^-1 x)_j z_j</c>: one factorisation serves every d.
/// </summary>
internal static class RidgeProbe
{
    /// <summary>Errors of the first d features.</summary>
    /// <param name="Validation">On the validation rows, for d = 1 .. D, one list for each penalty.</param>
    /// <param name="Test">On the test rows.</param>
    internal sealed record Path(double[][] Validation, double[][] Test);

    /// <summary>Weights and intercept.</summary>
    internal sealed record Fit(double[] Weights, double Intercept)
    {
        public double[] Predict(double[] x)
        {
            int d = Weights.Length, n = x.Length / d;
            var y = new double[n];
            for (int i = 0; i < n; i++)
                y[i] = Intercept + TensorPrimitives.Dot<double>(x.AsSpan(i * d, d), Weights);
            return y;
        }
    }

    /// <summary>All errors for all penalties.</summary>
    /// <exception cref="NumericalException">The features are too large or too dependent for the smallest penalty.</exception>
    public static Path Errors(ProbeData data, IReadOnlyList<double> penalties, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        (int d, int n) = (data.Dimension, data.TrainTarget.Rows);
        Centred centred = Centred.Of(data.Train, data.TrainTarget.Values, d, host);
        double[] validation = centred.Shifted(data.Validation), test = centred.Shifted(data.Test);
        var errors = new Path(new double[penalties.Count][], new double[penalties.Count][]);
        for (int p = 0; p < penalties.Count; p++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double[] inverse = Factor(centred, n, penalties[p], host), z = new double[d];
            for (int j = 0; j < d; j++)
                z[j] = TensorPrimitives.Dot<double>(inverse.AsSpan(j * d, j + 1), centred.Products.AsSpan(0, j + 1));
            errors.Validation[p] = Running(validation, data.ValidationTarget.Values, inverse, z, centred.TargetMean, host);
            errors.Test[p] = Running(test, data.TestTarget.Values, inverse, z, centred.TargetMean, host);
        }
        return errors;
    }

    /// <summary>The fit for one penalty on all features.</summary>
    public static Fit Solve(ProbeData data, double penalty, HostLinearAlgebra host)
    {
        (int d, int n) = (data.Dimension, data.TrainTarget.Rows);
        Centred centred = Centred.Of(data.Train, data.TrainTarget.Values, d, host);
        double[] inverse = Factor(centred, n, penalty, host), z = new double[d], w = new double[d];
        for (int j = 0; j < d; j++)
            z[j] = TensorPrimitives.Dot<double>(inverse.AsSpan(j * d, j + 1), centred.Products.AsSpan(0, j + 1));
        for (int j = 0; j < d; j++)
            TensorPrimitives.MultiplyAdd(inverse.AsSpan(j * d, d), z[j], w, w);
        return new Fit(w, centred.TargetMean - TensorPrimitives.Dot<double>(w, centred.Mean));
    }

    // L^-1 of X^T X + n lambda I.
    private static double[] Factor(Centred centred, int n, double penalty, HostLinearAlgebra host)
    {
        int d = centred.Mean.Length;
        var regular = (double[])centred.Gram.Clone();
        for (int j = 0; j < d; j++)
            regular[(j * d) + j] += n * penalty;
        return Cholesky.InverseFactor(regular, d, host) ?? throw new NumericalException($"the features are too dependent for a ridge penalty of {penalty:g3}; a larger one is needed");
    }

    // Mean squared error of the first 1, 2, .. features.
    private static double[] Running(double[] x, ReadOnlySpan<double> y, double[] inverse, double[] z, double mean, HostLinearAlgebra host)
    {
        int d = z.Length, n = y.Length;
        double[] coordinates = new double[n * d], errors = new double[d];
        host.Multiply(x, Orientation.Normal, inverse, Orientation.Transposed, coordinates, n, d, d);
        for (int i = 0; i < n; i++)
        {
            double left = y[i] - mean;
            for (int j = 0; j < d; j++)
            {
                left -= coordinates[(i * d) + j] * z[j];
                errors[j] += left * left;
            }
        }
        TensorPrimitives.Divide(errors, n, errors);
        return errors;
    }

    /// <summary>Moments of the training rows.</summary>
    private sealed record Centred(double[] Mean, double TargetMean, double[] Gram, double[] Products)
    {
        public static Centred Of(double[] x, ReadOnlySpan<double> y, int d, HostLinearAlgebra host)
        {
            int n = y.Length;
            double[] mean = new double[d], gram = new double[d * d], products = new double[d];
            for (int i = 0; i < n; i++)
                TensorPrimitives.Add(mean, x.AsSpan(i * d, d), mean);
            TensorPrimitives.Divide(mean, n, mean);
            double targetMean = TensorPrimitives.Sum(y) / n;
            double[] shifted = Shift(x, mean);
            host.Multiply(shifted, Orientation.Transposed, shifted, Orientation.Normal, gram, d, d, n);
            for (int i = 0; i < n; i++)
                TensorPrimitives.MultiplyAdd(shifted.AsSpan(i * d, d), y[i] - targetMean, products, products);
            return new Centred(mean, targetMean, gram, products);
        }

        public double[] Shifted(double[] x) => Shift(x, Mean);

        private static double[] Shift(double[] x, double[] mean)
        {
            var shifted = new double[x.Length];
            for (int i = 0; i < x.Length; i += mean.Length)
                TensorPrimitives.Subtract(x.AsSpan(i, mean.Length), mean, shifted.AsSpan(i, mean.Length));
            return shifted;
        }
    }
}
