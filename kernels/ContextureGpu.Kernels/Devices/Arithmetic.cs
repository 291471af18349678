using System.Numerics;

namespace ContextureGpu.Kernels;

/// <summary>Whether an operand enters a product as it is or transposed.</summary>
public enum Orientation
{
    /// <summary>As it is.</summary>
    Normal,

    /// <summary>Rows and columns exchanged.</summary>
    Transposed,
}

/// <summary>
/// The operations of one device on matrices of one element type. This list is the only seam between the mathematics above and the hardware below.
/// <para>The public methods check shapes and handle empty matrices; the protected ones do the work. Operands must live on this device.
/// Outputs may not overlap inputs unless the method says so. Work may be queued: <see cref="Download"/>, <see cref="InnerProducts"/> and
/// <see cref="ColumnMoments"/> wait for it. Every result is the same, to the bit, each time the same operation runs on the same device.</para>
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
public abstract partial class Arithmetic<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The device these operations run on.</summary>
    public abstract ComputeDevice Device { get; }

    // ---- memory ----

    /// <summary>A matrix with undefined contents.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A size is negative.</exception>
    /// <exception cref="InsufficientMemoryException">The device has no room for it; the message gives the bytes asked for.</exception>
    public abstract DeviceMatrix<T> Allocate(int rows, int columns);

    /// <summary>Copies row-major host values into <paramref name="destination"/>.</summary>
    /// <exception cref="ArgumentException">The span does not hold rows * columns values.</exception>
    public void Upload(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination)
    {
        CheckLength(rowMajor.Length, destination, nameof(rowMajor));
        if (!destination.IsEmpty)
            UploadCore(rowMajor, destination);
    }

    /// <summary>Copies <paramref name="source"/> into row-major host memory.</summary>
    /// <exception cref="ArgumentException">The span does not hold rows * columns values.</exception>
    public void Download(DeviceMatrix<T> source, Span<T> rowMajor)
    {
        CheckLength(rowMajor.Length, source, nameof(rowMajor));
        if (!source.IsEmpty)
            DownloadCore(source, rowMajor);
    }

    /// <summary>Copies a matrix to another of the same shape.</summary>
    public void Copy(DeviceMatrix<T> source, DeviceMatrix<T> destination)
    {
        CheckSameShape(source, destination, nameof(destination));
        if (!source.IsEmpty)
            CombineCore(T.One, source, T.Zero, destination);
    }

    /// <summary>Copies beside the work that is queued; null where the device has no such thing, or the host's memory is its own.</summary>
    internal virtual SideTransfers<T>? CreateSideTransfers() => null;

    /// <summary>Sets every element to <paramref name="value"/>.</summary>
    public void Fill(DeviceMatrix<T> destination, T value)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (!destination.IsEmpty)
            FillCore(destination, value);
    }

    // ---- dense ----

    /// <summary><c>C = alpha op(A) op(B) + beta C</c>; with beta = 0 the old contents of C, NaN included, do not matter.</summary>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="a">(m, k), or (k, m) when transposed.</param>
    /// <param name="orientationA">How A enters.</param>
    /// <param name="b">(k, n), or (n, k) when transposed.</param>
    /// <param name="orientationB">How B enters.</param>
    /// <param name="beta">Factor of the old contents.</param>
    /// <param name="c">(m, n).</param>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public void Multiply(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(c);
        (int m, int k) = orientationA == Orientation.Normal ? (a.Rows, a.Columns) : (a.Columns, a.Rows);
        (int kb, int n) = orientationB == Orientation.Normal ? (b.Rows, b.Columns) : (b.Columns, b.Rows);
        if (k != kb || c.Rows != m || c.Columns != n)
            throw new ArgumentException($"op(A) is ({m}, {k}) and op(B) is ({kb}, {n}), so C must be ({m}, {n}); it is ({c.Rows}, {c.Columns})");
        if (c.IsEmpty)
            return;
        if (k == 0)
            CombineCore(T.Zero, c, beta, c);
        else
            MultiplyCore(alpha, a, orientationA, b, orientationB, beta, c);
    }

    /// <summary><c>Y = X S + beta Y</c> with a small S given on the host in float64.</summary>
    /// <param name="x">(n, p).</param>
    /// <param name="s">Row-major (p, q).</param>
    /// <param name="beta">Factor of the old contents of Y; 0 ignores them.</param>
    /// <param name="y">(n, q), not overlapping X.</param>
    public void MultiplySmall(DeviceMatrix<T> x, ReadOnlySpan<double> s, T beta, DeviceMatrix<T> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (s.Length != (long)x.Columns * y.Columns || x.Rows != y.Rows)
            throw new ArgumentException($"X is ({x.Rows}, {x.Columns}) and Y is ({y.Rows}, {y.Columns}), so S must hold {(long)x.Columns * y.Columns} values; it holds {s.Length}");
        var converted = new T[s.Length];
        for (int i = 0; i < converted.Length; i++)
            converted[i] = T.CreateTruncating(s[i]);
        using DeviceMatrix<T> small = Allocate(x.Columns, y.Columns);
        Upload(converted, small);
        Multiply(T.One, x, Orientation.Normal, small, Orientation.Normal, beta, y);
    }

    /// <summary>
    /// <c>C = A^T B</c> on the host, summed over the long dimension in float64 (on a device without float64: in blocks of at most 256 rows whose
    /// sums are added in float64). Passing the same matrix twice computes half and returns an exactly symmetric C.
    /// </summary>
    /// <param name="a">(n, p).</param>
    /// <param name="b">(n, q).</param>
    /// <param name="c">Receives row-major (p, q).</param>
    public void InnerProducts(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        if (a.Rows != b.Rows || c.Length != (long)a.Columns * b.Columns)
            throw new ArgumentException($"A is ({a.Rows}, {a.Columns}) and B is ({b.Rows}, {b.Columns}): rows must agree and C must hold {(long)a.Columns * b.Columns} values; it holds {c.Length}");
        if (a.IsEmpty || b.IsEmpty)
            c.Clear();
        else
            InnerProductsCore(a, b, c);
    }

    /// <summary>
    /// <c>C = Q^T X</c> on the host, to be taken off X along Q: as <see cref="InnerProducts"/>, but on float32 a device may add up to 64 terms in float32 before it goes on in float64. What
    /// that leaves along Q is of the size of what rounding X to float32 leaves there.
    /// </summary>
    /// <param name="q">(n, k).</param>
    /// <param name="x">(n, b).</param>
    /// <param name="c">Receives row-major (k, b).</param>
    public void ProjectionCoefficients(DeviceMatrix<T> q, DeviceMatrix<T> x, Span<double> c)
    {
        ArgumentNullException.ThrowIfNull(q);
        ArgumentNullException.ThrowIfNull(x);
        if (q.Rows != x.Rows || c.Length != (long)q.Columns * x.Columns)
            throw new ArgumentException($"Q is ({q.Rows}, {q.Columns}) and X is ({x.Rows}, {x.Columns}): rows must agree and C must hold {(long)q.Columns * x.Columns} values; it holds {c.Length}");
        if (q.IsEmpty || x.IsEmpty)
            c.Clear();
        else
            ProjectionCoefficientsCore(q, x, c);
    }

    /// <summary><c>y_ij = s_i x_ij</c>. Y may be X.</summary>
    /// <param name="scale">(n, 1).</param>
    /// <param name="x">(n, b).</param>
    /// <param name="y">(n, b).</param>
    public void ScaleRows(DeviceMatrix<T> scale, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        CheckSameShape(x, y, nameof(y));
        CheckColumnVector(scale, x.Rows, nameof(scale));
        if (!x.IsEmpty)
            ScaleRowsCore(scale, x, y);
    }

    /// <summary><c>y_i = x_i / ||x_i||</c>, Euclidean; a row of zeros stays as it is. Neither a large nor a small norm leaves the range of the type. Y may be X.</summary>
    /// <param name="x">(n, d).</param>
    /// <param name="y">(n, d).</param>
    public void NormalizeRows(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        CheckSameShape(x, y, nameof(y));
        if (!x.IsEmpty)
            NormalizeRowsCore(x, y);
    }

    /// <summary><c>Y = alpha X + beta Y</c>; with beta = 0 the old contents of Y, NaN included, do not matter, and with alpha = 0 those of X.</summary>
    public void Combine(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y)
    {
        CheckSameShape(x, y, nameof(y));
        if (!x.IsEmpty)
            CombineCore(alpha, x, beta, y);
    }

    /// <summary>
    /// Weighted mean and variance of each column, summed in float64 in two passes: <c>mean_j = sum_i w_i x_ij / sum_i w_i</c>,
    /// <c>variance_j = sum_i w_i (x_ij - mean_j)^2 / sum_i w_i</c>.
    /// </summary>
    /// <param name="x">(n, b), n at least 1.</param>
    /// <param name="weights">(n, 1), not negative, of positive sum; null weighs all rows alike.</param>
    /// <param name="mean">Receives b means.</param>
    /// <param name="variance">Receives b variances.</param>
    public void ColumnMoments(DeviceMatrix<T> x, DeviceMatrix<T>? weights, Span<double> mean, Span<double> variance)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentOutOfRangeException.ThrowIfLessThan(x.Rows, 1);
        if (weights is not null)
            CheckColumnVector(weights, x.Rows, nameof(weights));
        if (mean.Length != x.Columns || variance.Length != x.Columns)
            throw new ArgumentException($"mean ({mean.Length}) and variance ({variance.Length}) must hold one value for each of {x.Columns} columns");
        if (x.Columns > 0)
            ColumnMomentsCore(x, weights, mean, variance);
    }

    // ---- kernel matrix, never stored ----

    /// <summary>
    /// <c>out_i = sum_j exp(log k(x_i, y_j) - a_i - b_j) v_j</c>: a kernel matrix with rows and columns rescaled in the exponent, times a block.
    /// With a the row's log-sum it is the row-stochastic form and cannot overflow; exchanging (X, a) and (Y, b) gives the adjoint.
    /// Distances are summed from differences, so they are accurate near zero.
    /// </summary>
    /// <param name="kernel">The kernel; its gamma is positive and finite.</param>
    /// <param name="x">(n, d).</param>
    /// <param name="rowOffset">a, (n, 1); null for zeros.</param>
    /// <param name="y">(m, d).</param>
    /// <param name="columnOffset">b, (m, 1); null for zeros.</param>
    /// <param name="v">(m, p).</param>
    /// <param name="output">(n, p), overwritten.</param>
    public void KernelProduct(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        CheckKernel(kernel, x, y, columnOffset);
        CheckBlock(x, y, v, output);
        if (rowOffset is not null)
            CheckColumnVector(rowOffset, x.Rows, nameof(rowOffset));
        if (output.IsEmpty)
            return;
        if (y.Rows == 0)
            FillCore(output, T.Zero);
        else
            KernelProductCore(kernel, x, rowOffset, y, columnOffset, v, output);
    }

    /// <summary>
    /// <c>out_i = sum_j k(x_i, y_j) v_j</c> for a kernel of the inner product. Linear and cosine kernels have rank d and cost O((n + m) d p); they take scratch memory of
    /// d p elements, the cosine (n + m) d more.
    /// </summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="x">(n, d).</param>
    /// <param name="y">(m, d).</param>
    /// <param name="v">(m, p).</param>
    /// <param name="output">(n, p), overwritten.</param>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public void KernelProduct(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        CheckPoints(x, y);
        CheckBlock(x, y, v, output);
        if (output.IsEmpty)
            return;
        if (y.Rows == 0)
        {
            FillCore(output, T.Zero);
        }
        else if (kernel.Kind == DotProductKernelKind.Polynomial)
        {
            PolynomialProductCore(kernel, x, y, v, output);
        }
        else if (kernel.Kind == DotProductKernelKind.Linear)
        {
            LinearProduct(x, y, v, output);
        }
        else
        {
            using DeviceMatrix<T> from = Allocate(x.Rows, x.Columns), to = Allocate(y.Rows, y.Columns);
            NormalizeRows(x, from);
            NormalizeRows(y, to);
            LinearProduct(from, to, v, output);
        }
    }

    /// <summary><c>out_i = log sum_j exp(log k(x_i, y_j) - b_j)</c>, shifted by the row's maximum so that it neither overflows nor underflows.</summary>
    /// <param name="kernel">The kernel; its gamma is positive and finite.</param>
    /// <param name="x">(n, d).</param>
    /// <param name="y">(m, d), m at least 1.</param>
    /// <param name="columnOffset">b, (m, 1); null for zeros.</param>
    /// <param name="output">(n, 1), overwritten.</param>
    public void KernelLogSum(RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
    {
        CheckKernel(kernel, x, y, columnOffset);
        CheckColumnVector(output, x.Rows, nameof(output));
        ArgumentOutOfRangeException.ThrowIfLessThan(y.Rows, 1);
        if (!output.IsEmpty)
            KernelLogSumCore(kernel, x, y, columnOffset, output);
    }

    // ---- sparse ----

    /// <summary>Copies a host matrix and its transpose to the device.</summary>
    public abstract SparseMatrix<T> CreateSparse(CompressedRows matrix);

    /// <summary><c>Y = op(S) X</c>.</summary>
    /// <param name="s">(n, m), or used as (m, n) when transposed.</param>
    /// <param name="orientation">How S enters.</param>
    /// <param name="x">(m, b), or (n, b) when transposed.</param>
    /// <param name="y">(n, b), or (m, b) when transposed; overwritten.</param>
    public void SparseProduct(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        ArgumentNullException.ThrowIfNull(s);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        (int n, int m) = orientation == Orientation.Normal ? (s.Rows, s.Columns) : (s.Columns, s.Rows);
        if (x.Rows != m || y.Rows != n || x.Columns != y.Columns)
            throw new ArgumentException($"op(S) is ({n}, {m}), so X must be ({m}, b) and Y ({n}, b); they are ({x.Rows}, {x.Columns}) and ({y.Rows}, {y.Columns})");
        if (!y.IsEmpty)
            SparseProductCore(s, orientation, x, y);
    }

    // ---- sampling ----

    /// <summary>Copies a joint law to the device, to draw groups from it there.</summary>
    /// <param name="law">The law.</param>
    /// <param name="kind">What the members of a group are.</param>
    /// <param name="groups">Groups of a draw, at least 1.</param>
    /// <param name="members">Members of a group, at least 2; exactly 2 for <see cref="GroupKind.RowAndValue"/>.</param>
    /// <param name="seed">Key of the draws.</param>
    public abstract GroupSampler<T> CreateSampler(JointLaw law, GroupKind kind, int groups, int members, ulong seed);

    // ---- what a device implements; shapes are checked and nothing is empty ----

    /// <summary>Implements <see cref="Upload"/>.</summary>
    protected abstract void UploadCore(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination);

    /// <summary>Implements <see cref="Download"/>.</summary>
    protected abstract void DownloadCore(DeviceMatrix<T> source, Span<T> rowMajor);

    /// <summary>Implements <see cref="Fill"/>.</summary>
    protected abstract void FillCore(DeviceMatrix<T> destination, T value);

    /// <summary>Implements <see cref="Multiply"/>; k is at least 1.</summary>
    protected abstract void MultiplyCore(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c);

    /// <summary>Implements <see cref="InnerProducts"/>.</summary>
    protected abstract void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c);

    /// <summary>Implements <see cref="ProjectionCoefficients"/>; as <see cref="InnerProducts"/> where nothing is quicker.</summary>
    protected virtual void ProjectionCoefficientsCore(DeviceMatrix<T> q, DeviceMatrix<T> x, Span<double> c) => InnerProductsCore(q, x, c);

    /// <summary>Implements <see cref="ScaleRows"/>.</summary>
    protected abstract void ScaleRowsCore(DeviceMatrix<T> scale, DeviceMatrix<T> x, DeviceMatrix<T> y);

    /// <summary>Implements <see cref="NormalizeRows"/>; x and y may be the same matrix.</summary>
    protected abstract void NormalizeRowsCore(DeviceMatrix<T> x, DeviceMatrix<T> y);

    /// <summary>Implements <see cref="Combine"/> and <see cref="Copy"/>; x and y may be the same matrix.</summary>
    protected abstract void CombineCore(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y);

    /// <summary>Implements <see cref="ColumnMoments"/>.</summary>
    protected abstract void ColumnMomentsCore(DeviceMatrix<T> x, DeviceMatrix<T>? weights, Span<double> mean, Span<double> variance);

    /// <summary>Implements <see cref="KernelProduct(RadialKernel, DeviceMatrix{T}, DeviceMatrix{T}, DeviceMatrix{T}, DeviceMatrix{T}, DeviceMatrix{T}, DeviceMatrix{T})"/>; the dimension d can be 0, where every distance is 0.</summary>
    protected abstract void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output);

    /// <summary>Implements <see cref="KernelProduct(DotProductKernel, DeviceMatrix{T}, DeviceMatrix{T}, DeviceMatrix{T}, DeviceMatrix{T})"/> for a polynomial; the dimension d can be 0, where every inner product is 0.</summary>
    protected abstract void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output);

    /// <summary>Implements <see cref="KernelLogSum"/>; the dimension d can be 0, where every distance is 0.</summary>
    protected abstract void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output);

    /// <summary>Implements <see cref="SparseProduct"/>; S may have no entry.</summary>
    protected abstract void SparseProductCore(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y);

    private static void CheckLength(int length, DeviceMatrix<T> matrix, string name)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (length != (long)matrix.Rows * matrix.Columns)
            throw new ArgumentException($"the matrix is ({matrix.Rows}, {matrix.Columns}), so the span must hold {(long)matrix.Rows * matrix.Columns} values; it holds {length}", name);
    }

    private static void CheckSameShape(DeviceMatrix<T> first, DeviceMatrix<T> second, string name)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Rows != second.Rows || first.Columns != second.Columns)
            throw new ArgumentException($"shapes must agree: ({first.Rows}, {first.Columns}) and ({second.Rows}, {second.Columns})", name);
    }

    private static void CheckColumnVector(DeviceMatrix<T> vector, int rows, string name)
    {
        ArgumentNullException.ThrowIfNull(vector);
        if (vector.Rows != rows || vector.Columns != 1)
            throw new ArgumentException($"a column of {rows} values was expected; it is ({vector.Rows}, {vector.Columns})", name);
    }

    private static void CheckKernel(RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset)
    {
        CheckPoints(x, y);
        if (!(kernel.Gamma > 0) || !double.IsFinite(kernel.Gamma))
            throw new ArgumentException($"gamma is {kernel.Gamma}; it must be positive and finite", nameof(kernel));
        if (columnOffset is not null)
            CheckColumnVector(columnOffset, y.Rows, nameof(columnOffset));
    }

    private static void CheckPoints(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Columns != y.Columns)
            throw new ArgumentException($"X has {x.Columns} features and Y has {y.Columns}", nameof(y));
    }

    private static void CheckBlock(DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        ArgumentNullException.ThrowIfNull(v);
        ArgumentNullException.ThrowIfNull(output);
        if (v.Rows != y.Rows || output.Rows != x.Rows || output.Columns != v.Columns)
            throw new ArgumentException($"X is ({x.Rows}, {x.Columns}) and Y is ({y.Rows}, {y.Columns}), so V must be ({y.Rows}, p) and the output ({x.Rows}, p); they are ({v.Rows}, {v.Columns}) and ({output.Rows}, {output.Columns})");
    }

    // X (Y^T V): the kernel matrix has rank d.
    private void LinearProduct(DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        using DeviceMatrix<T> inner = Allocate(x.Columns, v.Columns);
        Multiply(T.One, y, Orientation.Transposed, v, Orientation.Normal, T.Zero, inner);
        Multiply(T.One, x, Orientation.Normal, inner, Orientation.Normal, T.Zero, output);
    }
}
