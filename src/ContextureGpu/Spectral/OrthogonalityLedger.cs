using System.Numerics.Tensors;
using ContextureGpu.Kernels;

namespace ContextureGpu.Spectral;

/// <summary>
/// What is known of <c>E = Q^T Q - I</c> without computing it (the recurrence of Simon, Linear Algebra Appl. 61, 1984, for blocks): removing <c>Q C</c>, <c>C = Q^T X</c>,
/// once from X leaves <c>-E C</c> along Q, and normalising the remainder, <c>W = Q_new R</c>, multiplies it by <c>R^(-1)</c>. Rounding is added with the sign of what it is added to
/// (Larsen 1998), so that it cannot cancel.
/// </summary>
/// <param name="capacity">Most functions in the basis.</param>
/// <param name="space">Length of a function.</param>
/// <param name="epsilon">Unit of rounding of the basis.</param>
internal sealed class OrthogonalityLedger(int capacity, int space, double epsilon)
{
    /// <summary>Loss up to which a second pass is not worth its time, in units of rounding.</summary>
    private const double Tolerated = 16;

    private readonly double[] _e = new double[(long)capacity * capacity];

    // The rounding of sums over all rows is spread over them: little of it lies along one function.
    private readonly double _spread = 4 * epsilon / Math.Sqrt(space);

    /// <summary>The same, apart.</summary>
    public OrthogonalityLedger Copy()
    {
        var copy = new OrthogonalityLedger(capacity, space, epsilon);
        _e.CopyTo(copy._e, 0);
        return copy;
    }

    /// <summary>Whether a block with this loss can be appended as it is.</summary>
    public bool Tolerates(double[] loss) => loss.Length == 0 || Math.Abs(TensorPrimitives.MaxMagnitude(loss)) <= Tolerated * epsilon;

    /// <summary>The loss of a block after one pass and normalising.</summary>
    /// <param name="size">Functions in the basis.</param>
    /// <param name="coupled">First function of the basis that the block couples to by more than rounding.</param>
    /// <param name="coefficients">C, row-major (size, width).</param>
    /// <param name="inverseFactor">R^(-1), row-major (width, width), upper triangular.</param>
    /// <param name="width">Functions in the block.</param>
    /// <returns>Row-major (size, width).</returns>
    public double[] AfterOnePass(int size, int coupled, double[] coefficients, double[] inverseFactor, int width)
    {
        double[] loss = new double[(long)size * width], along = new double[width];
        for (int i = 0; i < size; i++)
        {
            Array.Clear(along);
            ReadOnlySpan<double> row = _e.AsSpan(i * capacity, size);
            for (int l = coupled; l < size; l++)
                TensorPrimitives.MultiplyAdd(coefficients.AsSpan(l * width, width), -row[l], along, along);
            Normalise(along, coefficients.AsSpan(i * width, width), inverseFactor, loss.AsSpan(i * width, width));
        }
        return loss;
    }

    /// <summary>The loss of a block after two passes and normalising: rounding.</summary>
    public double[] AfterTwoPasses(int size, double[] inverseFactor, int width)
    {
        double[] loss = new double[(long)size * width], none = new double[width];
        for (int i = 0; i < size; i++)
            Normalise(none, none, inverseFactor, loss.AsSpan(i * width, width));
        return loss;
    }

    /// <summary>A block of this loss is appended; null for one that was measured to be orthogonal.</summary>
    public void Append(int size, int width, double[]? loss)
    {
        for (int j = 0; j < width; j++)
        {
            int column = size + j;
            for (int i = 0; i < size; i++)
                _e[(column * capacity) + i] = _e[(i * capacity) + column] = loss is null ? epsilon : loss[(i * width) + j];
            _e.AsSpan((column * capacity) + size, width).Fill(_spread);
        }
    }

    /// <summary>The basis is replaced by combinations of itself: the leading columns of the orthogonal V, row-major (size, keep).</summary>
    public void Combine(int size, double[] leading, int keep, HostLinearAlgebra host)
    {
        double[] e = new double[(long)size * size], ev = new double[(long)size * keep], combined = new double[(long)keep * keep];
        for (int i = 0; i < size; i++)
            _e.AsSpan(i * capacity, size).CopyTo(e.AsSpan(i * size));
        host.Multiply(e, Orientation.Normal, leading, Orientation.Normal, ev, size, keep, size);
        host.Multiply(leading, Orientation.Transposed, ev, Orientation.Normal, combined, keep, keep, size);
        for (int i = 0; i < keep; i++)
            for (int j = 0; j < keep; j++)
                _e[(i * capacity) + j] = combined[(i * keep) + j] + Math.CopySign(_spread, combined[(i * keep) + j]);
    }

    // What is left along one function, and the rounding of C and of its subtraction, both multiplied by the inverse factor.
    private void Normalise(double[] along, ReadOnlySpan<double> coefficients, double[] inverseFactor, Span<double> loss)
    {
        int width = along.Length;
        double rounding = (0.5 * epsilon * TensorPrimitives.Norm(coefficients) / Math.Sqrt(width)) + _spread;
        for (int j = 0; j < width; j++)
        {
            double sum = 0, square = 0;
            for (int l = 0; l <= j; l++)
            {
                double factor = inverseFactor[(l * width) + j];
                sum += along[l] * factor;
                square += factor * factor;
            }
            loss[j] = sum + Math.CopySign(rounding * Math.Sqrt(square), sum);
        }
    }
}
