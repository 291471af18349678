using System.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Sparse matrices.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening>
{
    /// <inheritdoc/>
    public override SparseMatrix<T> CreateSparse(CompressedRows matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        IlgpuSparseMatrix<T>.Half normal = Half(matrix);
        try
        {
            return new IlgpuSparseMatrix<T>(_session, matrix.Rows, matrix.Columns, matrix.NonZeros, normal, Half(matrix.Transpose()));
        }
        catch
        {
            normal.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void SparseProductCore(SparseMatrix<T> s, Orientation orientation, DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        if (s is not IlgpuSparseMatrix<T> matrix || !ReferenceEquals(matrix.Session, _session))
            throw new ArgumentException($"the matrix does not live on {Device.Description.Selector}", nameof(s));
        IlgpuSparseMatrix<T>.Half half = orientation == Orientation.Normal ? matrix.Normal : matrix.Transposed;
        if (Aligned(x) != 0 && Aligned(y) != 0)
            SparseProduct<Four<T>, FourColumns<T, TReal>>(half, matrix.NonZeros, x, y);
        else
            SparseProduct<T, OneColumn<T, TReal>>(half, matrix.NonZeros, x, y);
    }

    private void SparseProduct<TPack, TColumns>(IlgpuSparseMatrix<T>.Half half, int entries, DeviceMatrix<T> x, DeviceMatrix<T> y)
        where TPack : unmanaged
        where TColumns : struct, IColumnPack<T, TPack>
    {
        // A warp for a row, its threads over the columns first; over the entries only as far as each has two or more of them.
        const int LogWarp = 5;
        IlgpuMatrix<T> from = Own(x), to = Own(y);
        int packs = (y.Columns + TColumns.Width - 1) / TColumns.Width;
        int logPacks = Math.Min(BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)packs)), LogWarp);
        int logLanes = Math.Min(BitOperations.Log2((uint)Math.Max(1, entries / y.Rows / 2)), LogWarp - logPacks);
        int columnTiles = TileGeometry.Count(packs, 1 << logPacks);
        long tiles = (long)TileGeometry.Count(y.Rows, TileGeometry.Threads >> (logPacks + logLanes)) * columnTiles;
        var shape = new CompressedRowsShape
        {
            Rows = y.Rows,
            OffsetX = from.Offset,
            LeadingX = from.LeadingDimension,
            OffsetY = to.Offset,
            LeadingY = to.LeadingDimension,
            Tiles = tiles,
            Columns = y.Columns,
            ColumnTiles = columnTiles,
            LogPacks = logPacks,
            LogLanes = logLanes,
        };
        ArrayView<T> source = ViewOf(x);
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<int>, ArrayView<T>, ArrayView<T>, ArrayView<T>, CompressedRowsShape>>(
            CompressedRowsKernel.Product<T, TPack, TColumns>,
            (launch, stream) => launch(
                stream, TileGeometry.ForItems(tiles * TileGeometry.Threads), half.RowStarts.View, half.ColumnIndices.View, half.Values.View, source, to.Buffer!.View, shape));
    }

    private IlgpuSparseMatrix<T>.Half Half(CompressedRows matrix)
    {
        var values = new T[matrix.NonZeros];
        for (int e = 0; e < values.Length; e++)
            values[e] = T.CreateTruncating(matrix.Values[e]);
        DeviceBuffer<int>? starts = null, columns = null;
        try
        {
            starts = Upload<int>(matrix.RowStarts);
            columns = Upload<int>(matrix.ColumnIndices);
            return new IlgpuSparseMatrix<T>.Half(starts, columns, Upload<T>(values));
        }
        catch
        {
            starts?.Dispose();
            columns?.Dispose();
            throw;
        }
    }

    private DeviceBuffer<TElement> Upload<TElement>(ReadOnlySpan<TElement> values)
        where TElement : unmanaged
    {
        DeviceBuffer<TElement> buffer = _session.Allocate<TElement>(Math.Max(values.Length, 1));
        try
        {
            _session.Upload(values, buffer);
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }
}
