using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>The reference operations, one of them spoiled.</summary>
internal sealed partial class BrokenArithmetic<T>(ReferenceDevice device, Defect defect) : ReferenceArithmetic<T>(device)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private int _products;

    public override SparseMatrix<T> CreateSparse(CompressedRows matrix)
    {
        SparseMatrix<T> sparse = base.CreateSparse(matrix);
        if (defect == Defect.ForgetsToReleaseSparse)
            Device.Memory.Add(8);
        return sparse;
    }

    public override GroupSampler<T> CreateSampler(JointLaw law, GroupKind kind, int groups, int members, ulong seed)
    {
        var sampler = (ReferenceGroupSampler<T>)base.CreateSampler(law, kind, groups, members, seed);
        sampler.Defect = defect;
        return sampler;
    }

    protected override void UploadCore(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination)
    {
        ReferenceMatrix<T> y = Own(destination);
        T[] last = [.. Enumerable.Range(0, y.Columns).Select(j => y[y.Rows - 1, j])];
        base.UploadCore(rowMajor, destination);
        for (int j = 0; defect == Defect.UploadsOneRowLess && y.Rows > 1 && j < y.Columns; j++)
            y[y.Rows - 1, j] = last[j];
    }

    protected override void FillCore(DeviceMatrix<T> destination, T value)
    {
        base.FillCore(destination, value);
        ReferenceMatrix<T> y = Own(destination);
        if (defect == Defect.WritesPastItsView && y.LeadingDimension > y.Columns)
            y[0, y.Columns] = value;
    }

    protected override void MultiplyCore(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        (ReferenceMatrix<T> ra, ReferenceMatrix<T> rb, ReferenceMatrix<T> rc) = (Own(a), Own(b), Own(c));
        T lastOld = rc[0, c.Columns - 1];
        bool hadNan = T.IsNaN(rc[0, 0]);
        int inner = orientationA == Orientation.Normal ? a.Columns : a.Rows;
        if (defect == Defect.IgnoresOrientation && a.Rows == a.Columns)
            orientationA = Orientation.Normal;
        bool isGram = ra.Coincides(rb) && orientationA != orientationB && c.Columns > 1;
        base.MultiplyCore(alpha, a, orientationA, b, orientationB, defect == Defect.IgnoresBeta ? T.Zero : beta, c);
        switch (defect)
        {
            case Defect.LeavesUpperTriangle when isGram:
                rc[0, c.Columns - 1] = lastOld;
                break;
            case Defect.MirrorsOldContents when isGram:
                rc[0, c.Columns - 1] = rc[c.Columns - 1, 0];
                break;
            case Defect.DropsTailColumn when c.Columns % 4 == 1:
                rc[0, c.Columns - 1] = lastOld;
                break;
            case Defect.DropsTailOfInnerDimension when inner > 64:
                rc[0, 0] -= alpha * (orientationA == Orientation.Normal ? ra[0, inner - 1] : ra[inner - 1, 0]) * (orientationB == Orientation.Normal ? rb[inner - 1, 0] : rb[0, inner - 1]);
                break;
            case Defect.MultipliesNanByZero when hadNan:
                rc[0, 0] = T.NaN;
                break;
            case Defect.DiffersBetweenRuns when _products++ % 2 == 1:
                rc[0, 0] = T.BitIncrement(rc[0, 0]);
                break;
            case Defect.OverwritesItsInput:
                ra[0, 0] += T.One;
                break;
            default:
                break;
        }
    }

    protected override void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c)
    {
        base.InnerProductsCore(a, b, c);
        (ReferenceMatrix<T> ra, ReferenceMatrix<T> rb) = (Own(a), Own(b));
        for (int e = 0; defect == Defect.SumsInnerProductsInSinglePrecision && e < c.Length; e++)
        {
            float sum = 0;
            for (int i = 0; i < a.Rows; i++)
                sum += (float)Wide(ra[i, e / b.Columns]) * (float)Wide(rb[i, e % b.Columns]);
            c[e] = sum;
        }
        if (defect == Defect.ReturnsUnsymmetricGram && ReferenceEquals(a, b) && a.Columns > 1)
            c[1] = Math.BitIncrement(c[1]);
    }

    protected override void ScaleRowsCore(DeviceMatrix<T> scale, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        if (defect == Defect.ClearsBeforeScaling)
            base.FillCore(y, T.Zero);
        base.ScaleRowsCore(scale, x, y);
        if (defect == Defect.ScalesByTheNextRow && x.Rows > 1 && !Own(x).Coincides(Own(y)))
            Own(y)[0, 0] = Own(scale)[1, 0] * Own(x)[0, 0];
    }

    protected override void CombineCore(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y)
    {
        bool nan = T.IsNaN(Own(x)[0, 0]) || T.IsNaN(Own(y)[0, 0]);
        base.CombineCore(alpha, x, beta, y);
        if (defect == Defect.CombinesNanByZero && nan)
            Own(y)[0, 0] = T.NaN;
    }

    protected override void ColumnMomentsCore(DeviceMatrix<T> x, DeviceMatrix<T>? weights, Span<double> mean, Span<double> variance)
    {
        base.ColumnMomentsCore(x, defect == Defect.IgnoresWeights ? null : weights, mean, variance);
        for (int j = 0; defect == Defect.TakesVarianceInOnePass && weights is null && j < x.Columns; j++)
        {
            double squares = 0;
            for (int i = 0; i < x.Rows; i++)
                squares += Wide(Own(x)[i, j]) * Wide(Own(x)[i, j]);
            variance[j] = squares / x.Rows - mean[j] * mean[j];
        }
    }

    protected override void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        if (defect == Defect.ConfusesKernels)
            kernel = kernel with { Kind = RadialKernelKind.Gaussian };
        if (defect == Defect.TakesLaplacianOfEuclideanDistance && kernel.Kind == RadialKernelKind.Laplacian)
            kernel = kernel with { Kind = RadialKernelKind.Exponential };
        base.KernelProductCore(kernel, x, defect == Defect.IgnoresRowOffset ? null : rowOffset, y, columnOffset, v, output);
        if (defect == Defect.LeaksScratch)
            Allocate(1, 1);
        if (defect is not (Defect.ExponentiatesOffsetsApart or Defect.ExpandsSquaredDistances))
            return;
        for (int e = 0; e < output.Rows * output.Columns; e++)
        {
            (int i, int p) = (e / output.Columns, e % output.Columns);
            double a = rowOffset is null ? 0 : Wide(Own(rowOffset)[i, 0]), sum = 0;
            for (int j = 0; j < y.Rows; j++)
            {
                double b = columnOffset is null ? 0 : Wide(Own(columnOffset)[j, 0]);
                double weight = defect == Defect.ExpandsSquaredDistances
                    ? Math.Exp(ExpandedLogKernel(kernel, Own(x), i, Own(y), j) - a - b)
                    : Math.Exp(LogKernel(kernel, Own(x), i, Own(y), j)) * Math.Exp(-a) * Math.Exp(-b);
                sum += weight * Wide(Own(v)[j, p]);
            }
            Own(output)[i, p] = Round(sum);
        }
    }

    protected override void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        base.PolynomialProductCore(kernel, x, y, v, output);
        for (int e = 0; defect == Defect.LosesSignOfOddPower && e < output.Rows * output.Columns; e++)
        {
            (int i, int p) = (e / output.Columns, e % output.Columns);
            double sum = 0;
            for (int j = 0; j < y.Rows; j++)
            {
                double inner = 0;
                for (int f = 0; f < x.Columns; f++)
                    inner += Wide(Own(x)[i, f]) * Wide(Own(y)[j, f]);
                sum += Math.Pow(Math.Abs(kernel.Gamma * inner + kernel.Constant), kernel.Degree) * Wide(Own(v)[j, p]);
            }
            Own(output)[i, p] = Round(sum);
        }
    }

    protected override void NormalizeRowsCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        ReferenceMatrix<T> rx = Own(x);
        float[] norms = [.. Enumerable.Range(0, x.Rows).Select(i => MathF.Sqrt(Enumerable.Range(0, x.Columns).Aggregate(0f, (sum, f) => sum + (float)Wide(rx[i, f]) * (float)Wide(rx[i, f]))))];
        T[] old = [.. Enumerable.Range(0, x.Rows * x.Columns).Select(e => rx[e / x.Columns, e % x.Columns])];
        base.NormalizeRowsCore(x, y);
        for (int e = 0; e < old.Length; e++)
        {
            int i = e / x.Columns;
            bool zero = Enumerable.Range(0, x.Columns).All(f => old[i * x.Columns + f] == T.Zero);
            if (zero ? defect == Defect.DividesZeroRowsByZero : defect == Defect.NormalizesWithoutScaling)
                Own(y)[i, e % x.Columns] = Round(Wide(old[e]) / norms[i]);
        }
    }

    protected override void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
    {
        base.KernelLogSumCore(kernel, x, y, columnOffset, output);
        for (int i = 0; defect == Defect.DoesNotShiftLogSum && i < x.Rows; i++)
        {
            double sum = 0;
            for (int j = 0; j < y.Rows; j++)
                sum += Math.Exp(LogKernel(kernel, Own(x), i, Own(y), j) - (columnOffset is null ? 0 : Wide(Own(columnOffset)[j, 0])));
            Own(output)[i, 0] = Round(Math.Log(sum));
        }
    }

    protected override void SparseProductCore(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        var rs = (ReferenceSparseMatrix<T>)s;
        ReferenceMatrix<T> ry = Own(y);
        T[] old = [.. Enumerable.Range(0, y.Rows).Select(i => ry[i, 0])];
        if (defect == Defect.IgnoresSparseOrientation && s.Rows == s.Columns)
            orientation = Orientation.Normal;
        base.SparseProductCore(s, orientation, x, y);
        for (int i = 0; orientation == Orientation.Normal && i < s.Rows; i++)
        {
            (int start, int end) = (rs.RowStarts[i], rs.RowStarts[i + 1]);
            if (defect == Defect.LeavesEmptyRows && start == end)
                ry[i, 0] = old[i];
            if (defect == Defect.DropsLastEntryOfLongRow && end - start > 32)
                ry[i, 0] -= rs.Values[end - 1] * Own(x)[rs.ColumnIndices[end - 1], 0];
        }
    }

    private static double ExpandedLogKernel(RadialKernel kernel, ReferenceMatrix<T> x, int i, ReferenceMatrix<T> y, int j)
    {
        T xx = T.Zero, yy = T.Zero, xy = T.Zero;
        for (int f = 0; f < x.Columns; f++)
            (xx, yy, xy) = (xx + x[i, f] * x[i, f], yy + y[j, f] * y[j, f], xy + x[i, f] * y[j, f]);
        double squared = Math.Max(0, Wide(xx + yy - xy - xy));
        return kernel.Kind switch
        {
            RadialKernelKind.Gaussian => -kernel.Gamma * squared,
            RadialKernelKind.Exponential => -kernel.Gamma * Math.Sqrt(squared),
            _ => LogKernel(kernel, x, i, y, j),
        };
    }
}
