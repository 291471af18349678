using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Networks.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening>
{
    /// <inheritdoc/>
    protected override void ActivateCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T>? skip, DeviceMatrix<T> y)
    {
        IlgpuMatrix<T> own = Own(z), shift = Own(bias), other = skip is null ? own : Own(skip), to = Own(y);
        ActivationShape<T> shape = ShapeOf(activation, own, shift, other, to);
        shape.HasSkip = skip is null ? 0 : 1;
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ActivationShape<T>>>(
            ActivationKernel.Forward<T, TReal>,
            (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), own.Buffer!.View, shift.Buffer!.View, other.Buffer!.View, to.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void ActivateBackwardCore(Activation activation, DeviceMatrix<T> z, DeviceMatrix<T> bias, DeviceMatrix<T> gradient, DeviceMatrix<T> output)
    {
        IlgpuMatrix<T> own = Own(z), shift = Own(bias), from = Own(gradient), to = Own(output);
        ActivationShape<T> shape = ShapeOf(activation, own, shift, from, to);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ActivationShape<T>>>(
            ActivationKernel.Backward<T, TReal>,
            (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), own.Buffer!.View, shift.Buffer!.View, from.Buffer!.View, to.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void ColumnSumsCore(DeviceMatrix<T> x, DeviceMatrix<T> sums)
    {
        int blocks = TileGeometry.Count(x.Rows, ColumnSumKernel.RowsPerBlock);
        if (blocks == 1)
        {
            SumBlocks(Own(x), Own(sums), 1);
            return;
        }
        using DeviceMatrix<T> partial = Allocate(blocks, x.Columns);
        SumBlocks(Own(x), Own(partial), blocks);
        ColumnSumsCore(partial, sums);
    }

    /// <inheritdoc/>
    protected override double SumOfSquaresCore(DeviceMatrix<T> x)
    {
        IlgpuMatrix<T> from = Own(x);
        var shape = new SumOfSquaresShape
        {
            Elements = (long)x.Rows * x.Columns,
            Columns = x.Columns,
            OffsetX = from.Offset,
            LeadingX = from.LeadingDimension,
        };
        int groups = (int)Math.Min((shape.Elements + TileGeometry.Threads - 1) / TileGeometry.Threads, SumOfSquaresKernel.MostGroups);
        using DeviceBuffer<TSum> partial = _session.Allocate<TSum>(groups);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<TSum>, SumOfSquaresShape>>(
            SumOfSquaresKernel.Partial<T, TSum, TSumReal, TWidening>,
            (launch, stream) => launch(stream, new KernelConfig(groups, TileGeometry.Threads), from.Buffer!.View, partial.View, shape));
        var sum = new double[1];
        AddBlocks(partial, groups, sum);
        return sum[0];
    }

    /// <inheritdoc/>
    protected override void AdamCore(AdamStep update, DeviceMatrix<T> gradient, DeviceMatrix<T> first, DeviceMatrix<T> second, DeviceMatrix<T> parameters)
    {
        IlgpuMatrix<T> g = Own(gradient), m = Own(first), v = Own(second), p = Own(parameters);
        var shape = new AdamShape<T>
        {
            Elements = (long)p.Rows * p.Columns,
            Columns = p.Columns,
            OffsetG = g.Offset,
            LeadingG = g.LeadingDimension,
            OffsetM = m.Offset,
            LeadingM = m.LeadingDimension,
            OffsetV = v.Offset,
            LeadingV = v.LeadingDimension,
            OffsetP = p.Offset,
            LeadingP = p.LeadingDimension,
            Scale = T.CreateTruncating(update.GradientScale),
            FirstKept = T.CreateTruncating(update.FirstDecay),
            FirstTaken = T.CreateTruncating(1 - update.FirstDecay),
            SecondKept = T.CreateTruncating(update.SecondDecay),
            SecondTaken = T.CreateTruncating(1 - update.SecondDecay),
            Shrink = T.CreateTruncating(update.Shrink),
            Rate = T.CreateTruncating(update.CorrectedRate),
            Root = T.CreateTruncating(update.RootCorrection),
            Epsilon = T.CreateTruncating(update.Epsilon),
        };
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, AdamShape<T>>>(
            AdamKernel.Step<T, TReal>,
            (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), g.Buffer!.View, m.Buffer!.View, v.Buffer!.View, p.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void LayerNormCore(DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> y)
    {
        IlgpuMatrix<T> from = Own(x), factor = Own(gain), found = Own(statistics), to = Own(y);
        LayerNormShape<T> shape = ShapeOf(from, factor, found, to);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, LayerNormShape<T>>>(
            LayerNormKernel.Forward<T, TReal>,
            (launch, stream) => launch(stream, GroupARow(x.Rows), from.Buffer!.View, factor.Buffer!.View, found.Buffer!.View, to.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void LayerNormBackwardCore(
        DeviceMatrix<T> x, DeviceMatrix<T> gain, DeviceMatrix<T> statistics, DeviceMatrix<T> gradient, DeviceMatrix<T> byInput, DeviceMatrix<T> byGain)
    {
        IlgpuMatrix<T> from = Own(x), factor = Own(gain), found = Own(statistics), slope = Own(gradient), to = Own(byInput), other = Own(byGain);
        LayerNormShape<T> shape = ShapeOf(from, factor, found, to);
        (shape.OffsetG, shape.LeadingG, shape.OffsetByGain, shape.LeadingByGain) = (slope.Offset, slope.LeadingDimension, other.Offset, other.LeadingDimension);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, ArrayView<T>, LayerNormShape<T>>>(
            LayerNormKernel.Backward<T, TReal>,
            (launch, stream) => launch(
                stream, GroupARow(x.Rows), from.Buffer!.View, factor.Buffer!.View, found.Buffer!.View, slope.Buffer!.View, to.Buffer!.View, other.Buffer!.View, shape));
    }

    private static KernelConfig GroupARow(int rows) => new(Math.Min(rows, 1 << 16), TileGeometry.Threads);

    private static LayerNormShape<T> ShapeOf(IlgpuMatrix<T> x, IlgpuMatrix<T> gain, IlgpuMatrix<T> statistics, IlgpuMatrix<T> y) => new()
    {
        Rows = x.Rows,
        Columns = x.Columns,
        OffsetX = x.Offset,
        LeadingX = x.LeadingDimension,
        OffsetS = statistics.Offset,
        LeadingS = statistics.LeadingDimension,
        OffsetY = y.Offset,
        LeadingY = y.LeadingDimension,
        OffsetGain = gain.Offset,
        One = T.One,
        Share = T.One / T.CreateTruncating(x.Columns),
        Epsilon = T.CreateTruncating(LayerNormConstants.Epsilon),
    };

    private void SumBlocks(IlgpuMatrix<T> from, IlgpuMatrix<T> to, int blocks)
    {
        var shape = new ColumnSumShape
        {
            OffsetX = from.Offset,
            LeadingX = from.LeadingDimension,
            OffsetY = to.Offset,
            LeadingY = to.LeadingDimension,
            Rows = from.Rows,
            Columns = from.Columns,
            ColumnTiles = TileGeometry.Count(from.Columns, ColumnSumKernel.ColumnsPerGroup),
        };
        int groups = checked(blocks * shape.ColumnTiles);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ColumnSumShape>>(
            ColumnSumKernel.Blocks<T, TReal>,
            (launch, stream) => launch(stream, new KernelConfig(groups, TileGeometry.Threads), from.Buffer!.View, to.Buffer!.View, shape));
    }

    private static ActivationShape<T> ShapeOf(Activation activation, IlgpuMatrix<T> z, IlgpuMatrix<T> bias, IlgpuMatrix<T> other, IlgpuMatrix<T> y) => new()
    {
        Elements = (long)y.Rows * y.Columns,
        Columns = y.Columns,
        OffsetZ = z.Offset,
        LeadingZ = z.LeadingDimension,
        OffsetY = y.Offset,
        LeadingY = y.LeadingDimension,
        OffsetOther = other.Offset,
        LeadingOther = other.LeadingDimension,
        OffsetBias = bias.Offset,
        Kind = (int)activation,
        One = T.One,
        Two = T.One + T.One,
        Half = T.CreateTruncating(0.5),
        Root = T.CreateTruncating(GeluConstants.Root),
        Cubic = T.CreateTruncating(GeluConstants.Cubic),
        ThreeCubic = T.CreateTruncating(3 * GeluConstants.Cubic),
    };
}
