using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Kernel matrices of points that have a scale each, a slab of rows at a time.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening>
{
    /// <inheritdoc/>
    protected override void ScaledKernelProductCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> v, DeviceMatrix<T> output) =>
        EachSlab(x, y, (rows, start, slab) =>
        {
            FillSlab(kernel, rows, y, slab, exponentiate: 1);
            MultiplyCore(T.One, slab, Orientation.Normal, v, Orientation.Normal, T.Zero, output.RowRange(start, rows.Rows));
        });

    /// <inheritdoc/>
    protected override void ScaledKernelLogSumCore(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> output) =>
        EachSlab(x with { Offset = null }, y, (rows, start, slab) =>
        {
            ScaledKernelShape<T> shape = FillSlab(kernel, rows, y, slab, exponentiate: 0);
            IlgpuMatrix<T> target = Own(output.RowRange(start, rows.Rows)), entries = Own(slab);
            (shape.OffsetOutput, shape.LeadingOutput) = (target.Offset, target.LeadingDimension);
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ScaledKernelShape<T>>>(
                ScaledKernelSlab.LogSums<T, TReal>,
                (launch, stream) => launch(stream, new KernelConfig(Math.Min(rows.Rows, 1 << 20), TileGeometry.Threads), entries.Buffer!.View, target.Buffer!.View, shape));
        });

    // body(rows of X, number of the first, memory for the entries of their slab).
    private void EachSlab(ScaledPoints<T> x, ScaledPoints<T> y, Action<ScaledPoints<T>, int, DeviceMatrix<T>> body)
    {
        int most = Math.Min(x.Rows, Math.Max(TileGeometry.Tile, ScaledKernel.SlabElements / y.Rows / TileGeometry.Tile * TileGeometry.Tile));
        using DeviceMatrix<T> slab = Allocate(most, y.Rows);
        for (int start = 0; start < x.Rows; start += most)
        {
            int count = Math.Min(most, x.Rows - start);
            body(x.RowRange(start, count), start, slab.RowRange(0, count));
        }
    }

    private ScaledKernelShape<T> FillSlab(RadialKernel kernel, ScaledPoints<T> x, ScaledPoints<T> y, DeviceMatrix<T> slab, int exponentiate)
    {
        (DeviceBuffer<T> a, long offsetA, long strideA) = ColumnOr(x.Offset, 0);
        (DeviceBuffer<T> b, long offsetB, long strideB) = ColumnOr(y.Offset, 0);
        IlgpuMatrix<T> scaleX = Own(x.Scale), scaleY = Own(y.Scale), entries = Own(slab);
        var shape = new ScaledKernelShape<T>
        {
            Points = Points(x.Points, y.Points),
            Exponent = Exponent(kernel, offsetA, strideA, offsetB, strideB),
            OffsetScaleX = scaleX.Offset,
            LeadingScaleX = scaleX.LeadingDimension,
            OffsetScaleY = scaleY.Offset,
            LeadingScaleY = scaleY.LeadingDimension,
            Exponentiate = exponentiate,
            ColumnTiles = TileGeometry.Count(y.Rows, RadialTile.Columns),
        };
        if (kernel.Kind == RadialKernelKind.Laplacian)
        {
            Launch(
                ScaledKernelSlab.Entries<T, TReal, AbsoluteDifference<T>>, shape);
        }
        else
        {
            Launch(
                ScaledKernelSlab.Entries<T, TReal, SquaredDifference<T, TReal>>, shape);
        }
        return shape;

        void Launch(
            Action<ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ScaledKernelShape<T>> entriesOf, ScaledKernelShape<T> places)
        {
            (ArrayView<T> pointsX, ArrayView<T> pointsY) = (ViewOf(x.Points), ViewOf(y.Points));
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ScaledKernelShape<T>>>(
                entriesOf,
                (launch, stream) => launch(
                    stream, new KernelConfig(TileGeometry.Count(x.Rows, TileGeometry.Tile) * places.ColumnTiles, TileGeometry.Threads),
                    pointsX, scaleX.Buffer!.View, a.View, pointsY, scaleY.Buffer!.View, b.View, entries.Buffer!.View, places));
        }
    }
}
