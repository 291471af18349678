using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
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
        double[] loss = new double[(long)size * width], along = new double[width], growth = Lengths(inverseFactor, width);
        for (int i = 0; i < size; i++)
        {
            Subtract(_e.AsSpan((i * capacity) + coupled, size - coupled), coefficients.AsSpan(coupled * width), along);
            Normalise(along, coefficients.AsSpan(i * width, width), inverseFactor, growth, loss.AsSpan(i * width, width));
        }
        return loss;
    }

    /// <summary>The loss of a block after two passes and normalising: rounding.</summary>
    public double[] AfterTwoPasses(int size, double[] inverseFactor, int width)
    {
        double[] loss = new double[(long)size * width], none = new double[width], growth = Lengths(inverseFactor, width);
        for (int i = 0; i < size; i++)
            Normalise(none, none, inverseFactor, growth, loss.AsSpan(i * width, width));
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

    // along = -row B, for B row-major (row.Length, along.Length).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Subtract(ReadOnlySpan<double> row, ReadOnlySpan<double> b, Span<double> along)
    {
        int width = along.Length, j = 0;
        for (; j <= width - Vector<double>.Count; j += Vector<double>.Count)
        {
            Vector<double> sum = Vector<double>.Zero;
            for (int l = 0; l < row.Length; l++)
                sum -= row[l] * new Vector<double>(b[((l * width) + j)..]);
            sum.CopyTo(along[j..]);
        }
        for (; j < width; j++)
        {
            double sum = 0;
            for (int l = 0; l < row.Length; l++)
                sum -= row[l] * b[(l * width) + j];
            along[j] = sum;
        }
    }

    // What is left along one function, and the rounding of C and of its subtraction, both multiplied by the inverse factor, whose columns are as long as growth says.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalise(ReadOnlySpan<double> along, ReadOnlySpan<double> coefficients, double[] inverseFactor, double[] growth, Span<double> loss)
    {
        int width = along.Length;
        double square = 0;
        foreach (double c in coefficients)
            square += c * c;
        double rounding = (0.5 * epsilon * Math.Sqrt(square / width)) + _spread;
        loss.Clear();
        for (int l = 0; l < width; l++)
        {
            ReadOnlySpan<double> factor = inverseFactor.AsSpan(l * width, width);
            int j = l / Vector<double>.Count * Vector<double>.Count;        // what lies left of the diagonal is zero
            for (; j <= width - Vector<double>.Count; j += Vector<double>.Count)
                (new Vector<double>(loss[j..]) + (along[l] * new Vector<double>(factor[j..]))).CopyTo(loss[j..]);
            for (; j < width; j++)
                loss[j] += along[l] * factor[j];
        }
        for (int j = 0; j < width; j++)
            loss[j] += Math.CopySign(rounding * growth[j], loss[j]);
    }

    // The lengths of the columns of a matrix, row-major (width, width).
    private static double[] Lengths(double[] matrix, int width)
    {
        var lengths = new double[width];
        for (int j = 0; j < width; j++)
        {
            double square = 0;
            for (int l = 0; l < width; l++)
                square += matrix[(l * width) + j] * matrix[(l * width) + j];
            lengths[j] = Math.Sqrt(square);
        }
        return lengths;
    }
}
