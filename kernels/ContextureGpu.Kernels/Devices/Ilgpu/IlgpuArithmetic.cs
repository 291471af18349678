using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <summary>The operations of an accelerator in one element type: memory and element-wise work here, products in the other parts.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <typeparam name="TReal">Its functions.</typeparam>
/// <typeparam name="TSum">Type of sums over the long dimension: float64 where the device has it.</typeparam>
/// <typeparam name="TSumReal">Its functions.</typeparam>
/// <typeparam name="TWidening">From elements to sums.</typeparam>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening> : Arithmetic<T>, IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TReal : struct, IReal<T>
    where TSum : unmanaged, IBinaryFloatingPointIeee754<TSum>
    where TSumReal : struct, IReal<TSum>
    where TWidening : struct, IWidening<T, TSum>
{
    private readonly AcceleratorSession _session;

    // [0, 1]: what a missing column of offsets or weights reads, with stride 0.
    private readonly DeviceBuffer<T> _constants;

    /// <summary>The operations on an open accelerator.</summary>
    public IlgpuArithmetic(ComputeDevice device, AcceleratorSession session)
    {
        Device = device;
        _session = session;
        _constants = session.Allocate<T>(2);
        session.Upload([T.Zero, T.One], _constants);
    }

    /// <inheritdoc/>
    public override ComputeDevice Device { get; }

    /// <inheritdoc/>
    public void Dispose() => _constants.Dispose();

    /// <inheritdoc/>
    public override DeviceMatrix<T> Allocate(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        long length = (long)rows * columns;
        if (length > long.MaxValue / 64)
            throw new InsufficientMemoryException($"a ({rows}, {columns}) matrix does not fit in the memory of {Device.Description.Name}");
        return new IlgpuMatrix<T>(_session, length == 0 ? null : _session.Allocate<T>(length), 0, rows, columns, columns, ownsBuffer: true);
    }

    /// <inheritdoc/>
    protected override void UploadCore(ReadOnlySpan<T> rowMajor, DeviceMatrix<T> destination)
    {
        IlgpuMatrix<T> target = Own(destination);
        if (target.IsPacked)
        {
            _session.Upload(rowMajor, target.Buffer!, target.Offset);
            return;
        }
        using DeviceMatrix<T> packed = MemoryTile.Allocate(destination.Rows, rows => Allocate(rows, destination.Columns), out int tile);
        for (int row = 0; row < destination.Rows; row += tile)
        {
            int rows = Math.Min(tile, destination.Rows - row);
            DeviceMatrix<T> part = packed.RowRange(0, rows);
            UploadCore(rowMajor.Slice(row * destination.Columns, rows * destination.Columns), part);
            CombineCore(T.One, part, T.Zero, destination.RowRange(row, rows));
        }
    }

    /// <inheritdoc/>
    protected override void DownloadCore(DeviceMatrix<T> source, Span<T> rowMajor)
    {
        IlgpuMatrix<T> from = Own(source);
        if (from.IsPacked)
        {
            _session.Download(from.Buffer!, from.Offset, rowMajor);
            return;
        }
        using DeviceMatrix<T> packed = MemoryTile.Allocate(source.Rows, rows => Allocate(rows, source.Columns), out int tile);
        for (int row = 0; row < source.Rows; row += tile)
        {
            int rows = Math.Min(tile, source.Rows - row);
            DeviceMatrix<T> part = packed.RowRange(0, rows);
            CombineCore(T.One, source.RowRange(row, rows), T.Zero, part);
            DownloadCore(part, rowMajor.Slice(row * source.Columns, rows * source.Columns));
        }
    }

    /// <inheritdoc/>
    internal override SideTransfers<T>? CreateSideTransfers() => _session.RentLane() is { } lane ? new IlgpuSideTransfers<T>(_session, lane) : null;

    /// <inheritdoc/>
    protected override void FillCore(DeviceMatrix<T> destination, T value)
    {
        IlgpuMatrix<T> y = Own(destination);
        ElementwiseShape<T> shape = ShapeOf(y, y);
        shape.Alpha = value;
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ElementwiseShape<T>>>(
            ElementwiseKernels.Fill<T>,
            (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), y.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void CombineCore(T alpha, DeviceMatrix<T> x, T beta, DeviceMatrix<T> y)
    {
        IlgpuMatrix<T> from = Own(x), to = Own(y);
        ElementwiseShape<T> shape = ShapeOf(from, to);
        shape.Alpha = alpha;
        shape.Beta = beta;
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ElementwiseShape<T>>>(
            ElementwiseKernels.Combine<T, TReal>,
            (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), from.Buffer!.View, to.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void ScaleRowsCore(DeviceMatrix<T> scale, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        IlgpuMatrix<T> factors = Own(scale), from = Own(x), to = Own(y);
        ElementwiseShape<T> shape = ShapeOf(from, to);
        shape.OffsetScale = factors.Offset;
        shape.LeadingScale = factors.LeadingDimension;
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, ElementwiseShape<T>>>(
            ElementwiseKernels.ScaleRows<T>,
            (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), factors.Buffer!.View, from.Buffer!.View, to.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void NormalizeRowsCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        IlgpuMatrix<T> from = Own(x), to = Own(y);
        ElementwiseShape<T> shape = ShapeOf(from, to);
        int logLanes = Math.Min(BitOperations.Log2((uint)x.Columns), 5), tiles = TileGeometry.Count(x.Rows, TileGeometry.Threads >> logLanes);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ElementwiseShape<T>, long, int>>(
            NormalizeRowsKernel.Rows<T, TReal>,
            (launch, stream) => launch(stream, TileGeometry.ForItems((long)tiles * TileGeometry.Threads), from.Buffer!.View, to.Buffer!.View, shape, tiles, logLanes));
    }

    /// <summary>The matrix as this family knows it.</summary>
    /// <exception cref="ArgumentException">It lives on another device.</exception>
    private IlgpuMatrix<T> Own(DeviceMatrix<T> matrix, [CallerArgumentExpression(nameof(matrix))] string? name = null) =>
        matrix is IlgpuMatrix<T> own && ReferenceEquals(own.Session, _session)
            ? own
            : throw new ArgumentException($"the matrix does not live on {Device.Description.Selector}", name);

    // A missing column reads the constant over and over.
    private (DeviceBuffer<T> Buffer, long Offset, long Stride) ColumnOr(DeviceMatrix<T>? column, int constant)
    {
        if (column is null)
            return (_constants, constant, 0);
        IlgpuMatrix<T> own = Own(column);
        return (own.Buffer!, own.Offset, own.LeadingDimension);
    }

    private static ElementwiseShape<T> ShapeOf(IlgpuMatrix<T> x, IlgpuMatrix<T> y) => new()
    {
        Elements = (long)y.Rows * y.Columns,
        Columns = y.Columns,
        OffsetX = x.Offset,
        LeadingX = x.LeadingDimension,
        OffsetY = y.Offset,
        LeadingY = y.LeadingDimension,
    };
}
