using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Kernel matrices.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening>
{
    /// <inheritdoc/>
    protected override void KernelProductCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T>? rowOffset, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset,
        DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        (DeviceBuffer<T> a, long offsetA, long strideA) = ColumnOr(rowOffset, 0);
        (DeviceBuffer<T> b, long offsetB, long strideB) = ColumnOr(columnOffset, 0);
        var shape = new KernelProductShape<T> { Exponent = Exponent(kernel, offsetA, strideA, offsetB, strideB) };
        if (IsSingle)
        {
            FusedProduct(kernel, x, a, y, b, v, output, shape);
        }
        else if (kernel.Kind == RadialKernelKind.Laplacian)
        {
            LaunchProduct(
                KernelProductKernel.Product<T, TReal, AbsoluteDifference<T>, RadialWeight<T, TReal>>, x, a, y, b, v, output, shape);
        }
        else
        {
            LaunchProduct(
                KernelProductKernel.Product<T, TReal, SquaredDifference<T, TReal>, RadialWeight<T, TReal>>, x, a, y, b, v, output, shape);
        }
    }

    /// <inheritdoc/>
    protected override void PolynomialProductCore(DotProductKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output)
    {
        (DeviceBuffer<T> none, long offset, long stride) = ColumnOr(null, 0);
        var shape = new KernelProductShape<T>
        {
            Exponent = new RadialExponent<T> { OffsetRow = offset, LeadingRow = stride, OffsetColumn = offset, LeadingColumn = stride },
            Gamma = T.CreateTruncating(kernel.Gamma),
            Constant = T.CreateTruncating(kernel.Constant),
            Degree = kernel.Degree,
            HighestBit = System.Numerics.BitOperations.Log2((uint)kernel.Degree),
        };
        if (IsSingle)
        {
            FusedProduct<FeatureProduct<float, SingleReal>, PolynomialWeight<float, SingleReal>>(x, none, y, none, v, output, shape);
        }
        else
        {
            LaunchProduct(
                KernelProductKernel.Product<T, TReal, FeatureProduct<T, TReal>, PolynomialWeight<T, TReal>>, x, none, y, none, v, output, shape);
        }
    }

    private void LaunchProduct(
        Action<ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, KernelProductShape<T>> kernel,
        DeviceMatrix<T> x, DeviceBuffer<T> a, DeviceMatrix<T> y, DeviceBuffer<T> b, DeviceMatrix<T> v, DeviceMatrix<T> output, KernelProductShape<T> shape)
    {
        IlgpuMatrix<T> block = Own(v), target = Own(output);
        (ArrayView<T> pointsX, ArrayView<T> pointsY) = (ViewOf(x), ViewOf(y));
        shape.Points = Points(x, y);
        (shape.OffsetV, shape.LeadingV, shape.OffsetOutput, shape.LeadingOutput) = (block.Offset, block.LeadingDimension, target.Offset, target.LeadingDimension);
        (shape.P, shape.ColumnTiles) = (v.Columns, TileGeometry.Count(v.Columns, TileGeometry.Tile));
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, KernelProductShape<T>>>(
            kernel,
            (launch, stream) => launch(
                stream, MatrixProductKernel.Grid64(x.Rows, v.Columns), pointsX, a.View, pointsY, b.View, block.Buffer!.View, target.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void KernelLogSumCore(
        RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T>? columnOffset, DeviceMatrix<T> output)
    {
        (DeviceBuffer<T> b, long offsetB, long strideB) = ColumnOr(columnOffset, 0);
        var shape = new KernelProductShape<T> { Exponent = Exponent(kernel, 0, 0, offsetB, strideB) };
        if (kernel.Kind == RadialKernelKind.Laplacian)
        {
            LaunchLogSum(
                KernelLogSumKernel.LogSums<T, TReal, AbsoluteDifference<T>>, x, y, b, output, shape);
        }
        else
        {
            LaunchLogSum(
                KernelLogSumKernel.LogSums<T, TReal, SquaredDifference<T, TReal>>, x, y, b, output, shape);
        }
    }

    private void LaunchLogSum(
        Action<ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, KernelProductShape<T>> kernel,
        DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceBuffer<T> b, DeviceMatrix<T> output, KernelProductShape<T> shape)
    {
        IlgpuMatrix<T> target = Own(output);
        (ArrayView<T> pointsX, ArrayView<T> pointsY) = (ViewOf(x), ViewOf(y));
        shape.Points = Points(x, y);
        (shape.OffsetOutput, shape.LeadingOutput) = (target.Offset, target.LeadingDimension);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, KernelProductShape<T>>>(
            kernel,
            (launch, stream) => launch(
                stream, new KernelConfig(TileGeometry.Count(x.Rows, TileGeometry.Tile), TileGeometry.Threads), pointsX, pointsY, b.View, target.Buffer!.View, shape));
    }

    // Points without features, or without rows, have no buffer: nothing of the view is read then.
    private ArrayView<T> ViewOf(DeviceMatrix<T> matrix) => (Own(matrix).Buffer ?? _constants).View;

    private PointSets Points(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        IlgpuMatrix<T> left = Own(x), right = Own(y);
        return new PointSets
        {
            OffsetX = left.Offset,
            LeadingX = left.LeadingDimension,
            OffsetY = right.Offset,
            LeadingY = right.LeadingDimension,
            N = x.Rows,
            M = y.Rows,
            D = x.Columns,
        };
    }

    private static RadialExponent<T> Exponent(RadialKernel kernel, long offsetRow, long strideRow, long offsetColumn, long strideColumn) => new()
    {
        OffsetRow = offsetRow,
        LeadingRow = strideRow,
        OffsetColumn = offsetColumn,
        LeadingColumn = strideColumn,
        NegativeGamma = -kernel.GammaTimes<T>(1),
        OfDistance = kernel.Kind == RadialKernelKind.Exponential ? 1 : 0,
    };
}
