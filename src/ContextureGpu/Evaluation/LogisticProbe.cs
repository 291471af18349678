using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// Multinomial logistic regression with free intercepts, <c>min 1/n sum_i -log softmax(W x_i + b)_{y_i} + lambda / 2 ||W||^2</c>, by L-BFGS (Liu and Nocedal 1989). The problem is
/// convex, so the norm of the gradient certifies the result: in W it is within ||gradient|| / lambda of the minimum.
/// </summary>
internal static class LogisticProbe
{
    private const int Memory = 20, MostIterations = 2000, MostSteps = 40;

    /// <summary>Sufficient decrease and curvature of a step (Nocedal and Wright, "Numerical optimization", 2006, section 3.1).</summary>
    private const double Decrease = 1e-4, Curvature = 0.9;

    /// <summary>Weights row-major (d + 1, c), the intercepts last.</summary>
    /// <param name="Weights">Weights and intercepts.</param>
    /// <param name="Classes">c.</param>
    /// <param name="GradientNorm">Largest entry of the gradient.</param>
    internal sealed record Fit(double[] Weights, int Classes, double GradientNorm)
    {
        /// <summary>Row-major (n, c).</summary>
        public double[] Logits(double[] x, HostLinearAlgebra host)
        {
            int d = (Weights.Length / Classes) - 1, n = x.Length / d;
            var logits = new double[n * Classes];
            LogisticProbe.Logits(x, Weights, logits, n, d, Classes, host);
            return logits;
        }

        /// <summary>The same with more features, whose weights are zero.</summary>
        public double[] Extended(int d)
        {
            var more = new double[(d + 1) * Classes];
            Weights.AsSpan(0, Weights.Length - Classes).CopyTo(more);
            Weights.AsSpan(Weights.Length - Classes).CopyTo(more.AsSpan(d * Classes));
            return more;
        }
    }

    /// <summary>Fits.</summary>
    /// <param name="x">Row-major (n, d).</param>
    /// <param name="classOf">Class of each row.</param>
    /// <param name="classes">c.</param>
    /// <param name="penalty">lambda, positive.</param>
    /// <param name="start">Where to start, (d + 1, c); null for zeros.</param>
    /// <param name="tolerance">Largest entry of the gradient that is good enough.</param>
    /// <param name="host">Multiplies.</param>
    /// <param name="cancellationToken">Stops between iterations.</param>
    public static Fit Solve(
        double[] x, int[] classOf, int classes, double penalty, double[]? start, double tolerance, HostLinearAlgebra host, CancellationToken cancellationToken)
    {
        int n = classOf.Length, d = x.Length / n, size = (d + 1) * classes;
        double[] w = start is null ? new double[size] : (double[])start.Clone(), gradient = new double[size], trial = new double[size], trialGradient = new double[size];
        var residuals = new double[n * classes];
        double value = Evaluate(w, gradient);
        var steps = new List<(double[] S, double[] Y, double Rho)>();
        var alpha = new double[Memory];
        for (int iteration = 0; iteration < MostIterations && Largest(gradient) > tolerance; iteration++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double[] direction = Direction(gradient, steps, alpha);
            double slope = TensorPrimitives.Dot<double>(direction, gradient);
            if (!(slope < 0))
            {
                steps.Clear();
                direction = Array.ConvertAll(gradient, g => -g);
                slope = TensorPrimitives.Dot<double>(direction, gradient);
            }
            double low = 0, high = double.PositiveInfinity, length = steps.Count == 0 ? Math.Min(1, 1 / Largest(gradient)) : 1, reached = 0;
            bool moved = false;
            for (int s = 0; s < MostSteps; s++)
            {
                TensorPrimitives.MultiplyAdd(direction, length, w, trial);
                reached = Evaluate(trial, trialGradient);
                double rounding = 1e-15 * Math.Abs(value);
                if (!(reached <= value + (Decrease * length * slope) + rounding))
                    high = length;
                else if (TensorPrimitives.Dot<double>(direction, trialGradient) < Curvature * slope)
                    (low, moved) = (length, true);
                else
                {
                    moved = true;
                    break;
                }
                length = double.IsInfinity(high) ? 2 * length : 0.5 * (low + high);
            }
            if (!moved)
                break;
            double[] change = new double[size], bend = new double[size];
            TensorPrimitives.Subtract(trial, w, change);
            TensorPrimitives.Subtract(trialGradient, gradient, bend);
            double curvature = TensorPrimitives.Dot<double>(change, bend);
            if (curvature > 1e-300)
            {
                if (steps.Count == Memory)
                    steps.RemoveAt(0);
                steps.Add((change, bend, 1 / curvature));
            }
            (w, trial, gradient, trialGradient, value) = (trial, w, trialGradient, gradient, reached);
        }
        if (!Array.TrueForAll(w, double.IsFinite))
            throw new NumericalException("the logistic regression reached weights that are not finite; smaller features or a larger penalty are needed");
        return new Fit(w, classes, Largest(gradient));

        double Evaluate(double[] at, double[] into)
        {
            Logits(x, at, residuals, n, d, classes, host);
            double loss = 0;
            for (int i = 0; i < n; i++)
            {
                Span<double> row = residuals.AsSpan(i * classes, classes);
                double largest = TensorPrimitives.Max<double>(row), own = row[classOf[i]];
                TensorPrimitives.Subtract(row, largest, row);
                TensorPrimitives.Exp(row, row);
                double sum = TensorPrimitives.Sum<double>(row);
                loss += Math.Log(sum) + largest - own;
                TensorPrimitives.Divide(row, sum * n, row);
                row[classOf[i]] -= 1.0 / n;
            }
            host.Multiply(x, Orientation.Transposed, residuals, Orientation.Normal, into.AsSpan(0, d * classes), d, classes, n);
            Span<double> intercepts = into.AsSpan(d * classes, classes);
            intercepts.Clear();
            for (int i = 0; i < n; i++)
                TensorPrimitives.Add(intercepts, residuals.AsSpan(i * classes, classes), intercepts);
            ReadOnlySpan<double> weights = at.AsSpan(0, d * classes);
            TensorPrimitives.MultiplyAdd(weights, penalty, into.AsSpan(0, d * classes), into.AsSpan(0, d * classes));
            return (loss / n) + (0.5 * penalty * TensorPrimitives.SumOfSquares(weights));
        }
    }

    private static void Logits(double[] x, double[] w, double[] logits, int n, int d, int classes, HostLinearAlgebra host)
    {
        host.Multiply(x, Orientation.Normal, w.AsSpan(0, d * classes), Orientation.Normal, logits, n, classes, d);
        for (int i = 0; i < n; i++)
            TensorPrimitives.Add(logits.AsSpan(i * classes, classes), w.AsSpan(d * classes, classes), logits.AsSpan(i * classes, classes));
    }

    // The two loops over the remembered steps.
    private static double[] Direction(double[] gradient, List<(double[] S, double[] Y, double Rho)> steps, double[] alpha)
    {
        double[] q = Array.ConvertAll(gradient, g => -g);
        for (int k = steps.Count - 1; k >= 0; k--)
        {
            alpha[k] = steps[k].Rho * TensorPrimitives.Dot<double>(steps[k].S, q);
            TensorPrimitives.MultiplyAdd(steps[k].Y, -alpha[k], q, q);
        }
        if (steps.Count > 0)
            TensorPrimitives.Multiply(q, 1 / (steps[^1].Rho * TensorPrimitives.SumOfSquares<double>(steps[^1].Y)), q);
        for (int k = 0; k < steps.Count; k++)
            TensorPrimitives.MultiplyAdd(steps[k].S, alpha[k] - (steps[k].Rho * TensorPrimitives.Dot<double>(steps[k].Y, q)), q, q);
        return q;
    }

    private static double Largest(double[] values) => Math.Abs(TensorPrimitives.MaxMagnitude<double>(values));
}
