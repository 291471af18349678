using System.Numerics;
using System.Runtime.CompilerServices;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>The operations of <see cref="ReferenceDevice"/>: one plain loop each, float64 inside, rounded to the element type once at the end.</summary>
public partial class ReferenceArithmetic<T> : Arithmetic<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReferenceDevice _device;

    /// <summary>The operations of one device.</summary>
    public ReferenceArithmetic(ReferenceDevice device) => _device = device;

    /// <inheritdoc/>
    public override ComputeDevice Device => _device;

    /// <inheritdoc/>
    public override DeviceMatrix<T> Allocate(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        return new ReferenceMatrix<T>(_device, rows, columns, Reserve((Int128)rows * columns * Unsafe.SizeOf<T>()));
    }

    /// <inheritdoc/>
    public override SparseMatrix<T> CreateSparse(CompressedRows matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        long indexBytes = sizeof(int) * (matrix.Rows + 1L + matrix.NonZeros);
        return new ReferenceSparseMatrix<T>(_device, matrix, Reserve(indexBytes + (long)Unsafe.SizeOf<T>() * matrix.NonZeros));
    }

    /// <inheritdoc/>
    public override GroupSampler<T> CreateSampler(JointLaw law, GroupKind kind, int groups, int members, ulong seed) =>
        new ReferenceGroupSampler<T>(this, law, kind, groups, members, seed, () => Reserve(sizeof(int) * (Int128)groups * members));

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination)
    {
        ReferenceMatrix<T> y = Own(destination);
        for (int i = 0; i < y.Rows; i++)
        {
            for (int j = 0; j < y.Columns; j++)
                y[i, j] = rowMajor[i * y.Columns + j];
        }
    }

    /// <inheritdoc/>
    protected override void DownloadCore(DeviceMatrix<T> source, Span<T> rowMajor)
    {
        ReferenceMatrix<T> x = Own(source);
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
                rowMajor[i * x.Columns + j] = x[i, j];
        }
    }

    /// <inheritdoc/>
    protected override void FillCore(DeviceMatrix<T> destination, T value)
    {
        ReferenceMatrix<T> y = Own(destination);
        for (int i = 0; i < y.Rows; i++)
        {
            for (int j = 0; j < y.Columns; j++)
                y[i, j] = value;
        }
    }

    /// <inheritdoc/>
    protected override void MultiplyCore(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        (ReferenceMatrix<T> ra, ReferenceMatrix<T> rb, ReferenceMatrix<T> rc) = (Own(a), Own(b), Own(c));
        RefuseOverlap(rc, ra, rb);
        bool transposeA = orientationA == Orientation.Transposed, transposeB = orientationB == Orientation.Transposed;
        int inner = transposeA ? a.Rows : a.Columns;
        for (int i = 0; i < c.Rows; i++)
        {
            for (int j = 0; j < c.Columns; j++)
            {
                double sum = 0;
                for (int l = 0; l < inner; l++)
                    sum += Wide(transposeA ? ra[l, i] : ra[i, l]) * Wide(transposeB ? rb[j, l] : rb[l, j]);
                rc[i, j] = Round(Wide(alpha) * sum + Old(beta, rc[i, j]));
            }
        }
    }

    /// <inheritdoc/>
    protected override void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c)
    {
        (ReferenceMatrix<T> ra, ReferenceMatrix<T> rb) = (Own(a), Own(b));
        for (int p = 0; p < a.Columns; p++)
        {
            for (int q = 0; q < b.Columns; q++)
            {
                double sum = 0;
                for (int i = 0; i < a.Rows; i++)
                    sum += Wide(ra[i, p]) * Wide(rb[i, q]);
                c[p * b.Columns + q] = sum;
            }
        }
    }

    /// <inheritdoc/>
    protected override void ScaleRowsCore(DeviceMatrix<T> scale, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        (ReferenceMatrix<T> s, ReferenceMatrix<T> rx, ReferenceMatrix<T> ry) = (Own(scale), Own(x), Own(y));
        RefuseOverlap(ry, s);
        RefusePartialOverlap(ry, rx);
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
                ry[i, j] = Round(Wide(s[i, 0]) * Wide(rx[i, j]));
        }
    }

    /// <inheritdoc/>
    protected override void CombineCore(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> ry) = (Own(x), Own(y));
        RefusePartialOverlap(ry, rx);
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < x.Columns; j++)
                ry[i, j] = Round(Old(alpha, rx[i, j]) + Old(beta, ry[i, j]));
        }
    }

    /// <inheritdoc/>
    protected override void ColumnMomentsCore(DeviceMatrix<T> x, DeviceMatrix<T>? weights, Span<double> mean, Span<double> variance)
    {
        ReferenceMatrix<T> rx = Own(x);
        ReferenceMatrix<T>? w = weights is null ? null : Own(weights);
        for (int j = 0; j < x.Columns; j++)
        {
            double mass = 0, first = 0, second = 0;
            for (int i = 0; i < x.Rows; i++)
            {
                double weight = w is null ? 1 : Wide(w[i, 0]);
                mass += weight;
                first += weight * Wide(rx[i, j]);
            }
            mean[j] = first / mass;
            for (int i = 0; i < x.Rows; i++)
            {
                double deviation = Wide(rx[i, j]) - mean[j];
                second += (w is null ? 1 : Wide(w[i, 0])) * deviation * deviation;
            }
            variance[j] = second / mass;
        }
    }

    /// <inheritdoc/>
    protected override void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> ry, ReferenceMatrix<T> rv, ReferenceMatrix<T> ro) = (Own(x), Own(y), Own(v), Own(output));
        (ReferenceMatrix<T>? a, ReferenceMatrix<T>? b) = (OwnOrNull(rowOffset), OwnOrNull(columnOffset));
        RefuseOverlap(ro, rx, ry, rv, a, b);
        for (int i = 0; i < x.Rows; i++)
        {
            var sum = new double[v.Columns];
            for (int j = 0; j < y.Rows; j++)
            {
                double weight = Math.Exp(LogKernel(kernel, rx, i, ry, j) - Offset(a, i) - Offset(b, j));
                for (int p = 0; p < v.Columns; p++)
                    sum[p] += weight * Wide(rv[j, p]);
            }
            for (int p = 0; p < v.Columns; p++)
                ro[i, p] = Round(sum[p]);
        }
    }

    /// <inheritdoc/>
    protected override void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> ry, ReferenceMatrix<T> rv, ReferenceMatrix<T> ro) = (Own(x), Own(y), Own(v), Own(output));
        RefuseOverlap(ro, rx, ry, rv);
        for (int i = 0; i < x.Rows; i++)
        {
            var sum = new double[v.Columns];
            for (int j = 0; j < y.Rows; j++)
            {
                double inner = 0;
                for (int f = 0; f < x.Columns; f++)
                    inner += Wide(rx[i, f]) * Wide(ry[j, f]);
                double weight = Math.Pow(kernel.Gamma * inner + kernel.Constant, kernel.Degree);
                for (int p = 0; p < v.Columns; p++)
                    sum[p] += weight * Wide(rv[j, p]);
            }
            for (int p = 0; p < v.Columns; p++)
                ro[i, p] = Round(sum[p]);
        }
    }

    /// <inheritdoc/>
    protected override void NormalizeRowsCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> ry) = (Own(x), Own(y));
        if (!rx.Coincides(ry))
            RefuseOverlap(ry, rx);
        for (int i = 0; i < x.Rows; i++)
        {
            double largest = 0, squares = 0;
            for (int f = 0; f < x.Columns; f++)
                largest = Math.Max(largest, Math.Abs(Wide(rx[i, f])));
            for (int f = 0; f < x.Columns && largest > 0; f++)
                squares += Wide(rx[i, f]) / largest * (Wide(rx[i, f]) / largest);
            for (int f = 0; f < x.Columns; f++)
                ry[i, f] = largest > 0 ? Round(Wide(rx[i, f]) / largest / Math.Sqrt(squares)) : T.Zero;
        }
    }

    /// <inheritdoc/>
    protected override void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
    {
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> ry, ReferenceMatrix<T> ro) = (Own(x), Own(y), Own(output));
        ReferenceMatrix<T>? b = OwnOrNull(columnOffset);
        RefuseOverlap(ro, rx, ry, b);
        var exponents = new double[y.Rows];
        for (int i = 0; i < x.Rows; i++)
        {
            for (int j = 0; j < y.Rows; j++)
                exponents[j] = LogKernel(kernel, rx, i, ry, j) - Offset(b, j);
            double largest = exponents.Max(), sum = 0;
            foreach (double exponent in exponents)
                sum += Math.Exp(exponent - largest);
            ro[i, 0] = Round(largest + Math.Log(sum));
        }
    }

    /// <inheritdoc/>
    protected override void SparseProductCore(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        var rs = (ReferenceSparseMatrix<T>)s;
        ObjectDisposedException.ThrowIf(rs.IsDisposed, rs);
        if (rs.Device != _device)
            throw new ArgumentException("the sparse matrix is not on this device", nameof(s));
        (ReferenceMatrix<T> rx, ReferenceMatrix<T> ry) = (Own(x), Own(y));
        RefuseOverlap(ry, rx);
        var sum = new double[y.Rows, y.Columns];
        for (int row = 0; row < s.Rows; row++)
        {
            for (int e = rs.RowStarts[row]; e < rs.RowStarts[row + 1]; e++)
            {
                (int target, int source) = orientation == Orientation.Normal ? (row, rs.ColumnIndices[e]) : (rs.ColumnIndices[e], row);
                for (int p = 0; p < y.Columns; p++)
                    sum[target, p] += Wide(rs.Values[e]) * Wide(rx[source, p]);
            }
        }
        for (int i = 0; i < y.Rows; i++)
        {
            for (int p = 0; p < y.Columns; p++)
                ry[i, p] = Round(sum[i, p]);
        }
    }

    /// <summary>The logarithm of the kernel of row i of X and row j of Y.</summary>
    internal static double LogKernel(RadialKernel kernel, ReferenceMatrix<T> x, int i, ReferenceMatrix<T> y, int j)
    {
        double squares = 0, magnitudes = 0;
        for (int f = 0; f < x.Columns; f++)
        {
            double difference = Wide(x[i, f]) - Wide(y[j, f]);
            squares += difference * difference;
            magnitudes += Math.Abs(difference);
        }
        return -kernel.Gamma * kernel.Kind switch
        {
            RadialKernelKind.Gaussian => squares,
            RadialKernelKind.Exponential => Math.Sqrt(squares),
            RadialKernelKind.Laplacian => magnitudes,
            _ => throw new ArgumentException($"unknown kernel {kernel.Kind}", nameof(kernel)),
        };
    }

    /// <summary>An element in float64.</summary>
    internal static double Wide(T value) => double.CreateTruncating(value);

    /// <summary>A float64 number rounded to the element type.</summary>
    internal static T Round(double value) => T.CreateTruncating(value);

    /// <summary>The reference matrix behind a matrix of the seam, alive and on this device.</summary>
    internal ReferenceMatrix<T> Own(DeviceMatrix<T> matrix)
    {
        ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
        if (matrix is not ReferenceMatrix<T> own || own.Device != _device)
            throw new ArgumentException($"the matrix ({matrix.Rows}, {matrix.Columns}) is not on this device", nameof(matrix));
        ObjectDisposedException.ThrowIf(own.IsDisposed, own);
        return own;
    }

    private static double Old(T factor, T value) => T.IsZero(factor) ? 0 : Wide(factor) * Wide(value);

    private static double Offset(ReferenceMatrix<T>? offset, int i) => offset is null ? 0 : Wide(offset[i, 0]);

    private static void RefuseOverlap(ReferenceMatrix<T> output, params ReadOnlySpan<ReferenceMatrix<T>?> inputs)
    {
        foreach (ReferenceMatrix<T>? input in inputs)
        {
            if (input is not null && output.Overlaps(input))
                throw new ArgumentException("the output overlaps an input", nameof(output));
        }
    }

    private static void RefusePartialOverlap(ReferenceMatrix<T> output, ReferenceMatrix<T> input)
    {
        if (output.Overlaps(input) && !output.Coincides(input))
            throw new ArgumentException("the output overlaps an input without being it", nameof(output));
    }

    private ReferenceMatrix<T>? OwnOrNull(DeviceMatrix<T>? matrix) => matrix is null ? null : Own(matrix);

    private long Reserve(Int128 bytes)
    {
        ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
        if (bytes > _device.Description.MemoryBytes - _device.Memory.LiveBytes || bytes > Array.MaxLength)
            throw new InsufficientMemoryException($"{bytes} bytes were asked for; {_device.Memory.LiveBytes} of {_device.Description.MemoryBytes} are in use");
        _device.Memory.Add((long)bytes);
        return (long)bytes;
    }
}
