using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Dense products and sums over rows.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening>
{
    // Sums over rows: a block in the type of the elements has at most this many terms.
    private const int ShortBlock = 256;

    // Groups that keep a large GPU busy.
    private const int WantedGroups = 1024;

    /// <summary>Partial sums take at most so much memory at a time, if one block of them does not take more.</summary>
    public long PartialBytes { get; init; } = 64L << 20;

    private static bool SumsInDouble => typeof(TSum) == typeof(double);

    /// <inheritdoc/>
    protected override void MultiplyCore(
        T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        int inner = orientationA == Orientation.Normal ? a.Columns : a.Rows;
        ProductKernel kernel = KernelOf(a, orientationA, b, orientationB, beta, c);
        int depth = kernel == ProductKernel.TensorTiles ? TensorProductKernel.Depth : LargeProductKernel.Depth;
        int rows = c.Rows / LargeProductKernel.Tile * LargeProductKernel.Tile, columns = c.Columns / LargeProductKernel.Tile * LargeProductKernel.Tile, steps = inner / depth * depth;
        if (kernel is ProductKernel.SmallTiles or ProductKernel.CuBlas)
        {
            Multiply(kernel, alpha, a, orientationA, b, orientationB, beta, c, steps);
            return;
        }

        // Whole tiles; then what K has beyond whole steps; then the columns and the rows beyond whole tiles.
        DeviceMatrix<T> whole = c.RowRange(0, rows).ColumnRange(0, columns);
        Multiply(kernel, alpha, a, orientationA, b, orientationB, beta, whole, steps);
        if (steps < inner)
            MultiplyPlain(alpha, Inner(Outer(a, orientationA, 0, rows), orientationA), orientationA, Inner(Outer(b, Turned(orientationB), 0, columns), Turned(orientationB)), orientationB, T.One, whole);
        if (columns < c.Columns)
            MultiplyPlain(alpha, a, orientationA, Outer(b, Turned(orientationB), columns, c.Columns - columns), orientationB, beta, c.ColumnRange(columns, c.Columns - columns));
        if (rows < c.Rows)
        {
            MultiplyPlain(
                alpha, Outer(a, orientationA, rows, c.Rows - rows), orientationA, Outer(b, Turned(orientationB), 0, columns), orientationB, beta,
                c.RowRange(rows, c.Rows - rows).ColumnRange(0, columns));
        }

        // An operand (outer, inner), or the other way round.
        static DeviceMatrix<T> Outer(DeviceMatrix<T> x, Orientation orientation, int start, int count) =>
            orientation == Orientation.Normal ? x.RowRange(start, count) : x.ColumnRange(start, count);

        DeviceMatrix<T> Inner(DeviceMatrix<T> x, Orientation orientation) =>
            orientation == Orientation.Normal ? x.ColumnRange(steps, inner - steps) : x.RowRange(steps, inner - steps);
    }

    /// <summary>Chooses among the kernels where more than one can do; null takes large tiles.</summary>
    public ProductTuner? Tuner { get; init; }

    private ProductKernel KernelOf(DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        int inner = orientationA == Orientation.Normal ? a.Columns : a.Rows;
        if (typeof(T) != typeof(float) || Math.Min(c.Rows, c.Columns) < LargeProductKernel.Tile || inner < 4 * LargeProductKernel.Depth || !IsAligned(a) || !IsAligned(b) || !IsAligned(c))
            return ProductKernel.SmallTiles;
        // A symmetric product does half the work in large tiles.
        bool symmetric = orientationA != orientationB && beta == T.Zero && Own(a).Coincides(Own(b));
        if (Tuner is null || symmetric)
            return ProductKernel.LargeTiles;
        ProductKernel chosen = Tuner.Choose(c.Rows, c.Columns, this);
        // Sums of whole steps have the same bits in small and large tiles; others do not, and a measurement must not decide about them.
        return chosen == ProductKernel.SmallTiles && inner % LargeProductKernel.Depth != 0 ? ProductKernel.LargeTiles : chosen;
    }

    private static Orientation Turned(Orientation orientation) => orientation == Orientation.Normal ? Orientation.Transposed : Orientation.Normal;

    // Whether every row starts on 16 bytes, in float32: buffers start on 256.
    private bool IsAligned(DeviceMatrix<T> matrix) => (Own(matrix).Offset & 3) == 0 && (matrix.LeadingDimension & 3) == 0;

    private void MultiplyLarge(T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c, int steps)
    {
        IlgpuMatrix<T> left = Own(a), right = Own(b), target = Own(c);
        int rowTiles = c.Rows / LargeProductKernel.Tile, columnTiles = c.Columns / LargeProductKernel.Tile;
        LargeProductShape shape = LargeShape(left, right, target, steps, alpha, beta);
        // op(A) lies along K as it is, op(B) when it is transposed.
        switch (orientationA, orientationB)
        {
            case (Orientation.Normal, Orientation.Transposed) when beta == T.Zero && left.Coincides(right):
                LaunchSymmetric<AlongInner>();
                break;
            case (Orientation.Transposed, Orientation.Normal) when beta == T.Zero && left.Coincides(right):
                LaunchSymmetric<AlongOuter>();
                break;
            case (Orientation.Normal, Orientation.Normal):
                Launch<AlongInner, AlongOuter>();
                break;
            case (Orientation.Normal, _):
                Launch<AlongInner, AlongInner>();
                break;
            case (_, Orientation.Normal):
                Launch<AlongOuter, AlongOuter>();
                break;
            default:
                Launch<AlongOuter, AlongInner>();
                break;
        }

        void LaunchSymmetric<TOperand>()
            where TOperand : struct, IOperandLayout =>
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<Four<float>>, ArrayView<Four<float>>, LargeProductShape>>(
                LargeProductKernel.SymmetricProduct<TOperand>,
                (launch, stream) => launch(
                    stream, new KernelConfig(TriangularTiles.Count(columnTiles), TileGeometry.Threads), left.Buffer!.View.Cast<Four<float>>(), target.Buffer!.View.Cast<Four<float>>(), shape));

        void Launch<TLeft, TRight>()
            where TLeft : struct, IOperandLayout
            where TRight : struct, IOperandLayout =>
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<Four<float>>, ArrayView<Four<float>>, ArrayView<Four<float>>, LargeProductShape>>(
                LargeProductKernel.Product<TLeft, TRight>,
                (launch, stream) => launch(
                    stream, LargeProductKernel.GridOf(rowTiles, columnTiles), left.Buffer!.View.Cast<Four<float>>(), right.Buffer!.View.Cast<Four<float>>(), target.Buffer!.View.Cast<Four<float>>(), shape));
    }

    private static LargeProductShape LargeShape(IlgpuMatrix<T> a, IlgpuMatrix<T> b, IlgpuMatrix<T> c, int steps, T alpha, T beta) => new()
    {
        OffsetA = a.Offset / 4,
        OffsetB = b.Offset / 4,
        OffsetC = c.Offset / 4,
        LeadingA = a.LeadingDimension / 4,
        LeadingB = b.LeadingDimension / 4,
        LeadingC = c.LeadingDimension / 4,
        K = steps,
        ColumnTiles = c.Columns / LargeProductKernel.Tile,
        Alpha = float.CreateTruncating(alpha),
        Beta = float.CreateTruncating(beta),
    };

    private void MultiplyPlain(T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        IlgpuMatrix<T> left = Own(a), right = Own(b), target = Own(c);
        var shape = new MatrixProductShape<T>
        {
            OffsetA = left.Offset,
            OffsetB = right.Offset,
            OffsetC = target.Offset,
            LeadingA = left.LeadingDimension,
            LeadingB = right.LeadingDimension,
            LeadingC = target.LeadingDimension,
            M = c.Rows,
            N = c.Columns,
            K = orientationA == Orientation.Normal ? a.Columns : a.Rows,
            TransposedA = orientationA == Orientation.Normal ? 0 : 1,
            TransposedB = orientationB == Orientation.Normal ? 0 : 1,
            ColumnTiles = TileGeometry.Count(c.Columns, TileGeometry.Tile),
            Alpha = alpha,
            Beta = beta,
        };
        _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<T>, MatrixProductShape<T>>>(
            MatrixProductKernel.Product<T, TReal>,
            (launch, stream) => launch(
                stream, MatrixProductKernel.Grid64(shape.M, shape.N), left.Buffer!.View, right.Buffer!.View, target.Buffer!.View, shape));
    }

    /// <inheritdoc/>
    protected override void InnerProductsCore(DeviceMatrix<T> a, DeviceMatrix<T> b, Span<double> c)
    {
        IlgpuMatrix<T> left = Own(a), right = Own(b);
        int p = a.Columns, q = b.Columns;
        int tilesP = TileGeometry.Count(p, TileGeometry.Tile), tilesQ = TileGeometry.Count(q, TileGeometry.Tile), tiles = checked(tilesP * tilesQ);
        bool symmetric = left.Coincides(right);
        long elements = (long)p * q;
        int mostBlocks = (int)Math.Clamp(PartialBytes / (elements * Interop.SizeOf<TSum>()), 1, (1 << 22) / tiles);
        long rowsPerBlock = ShortBlock;
        if (SumsInDouble)
        {
            int wanted = Math.Min(mostBlocks, (WantedGroups + tiles - 1) / tiles);
            long even = (a.Rows + wanted - 1L) / wanted;
            rowsPerBlock = Math.Max(ShortBlock, (even + TileGeometry.Depth - 1) / TileGeometry.Depth * TileGeometry.Depth);
        }
        int blocks = (int)((a.Rows + rowsPerBlock - 1) / rowsPerBlock);
        using DeviceBuffer<TSum> partial = MemoryTile.Allocate(Math.Min(blocks, mostBlocks), count => _session.Allocate<TSum>(count * elements), out int batch);
        c.Clear();
        for (int first = 0; first < blocks; first += batch)
        {
            int count = Math.Min(batch, blocks - first);
            var shape = new InnerProductShape
            {
                OffsetA = left.Offset,
                OffsetB = right.Offset,
                LeadingA = left.LeadingDimension,
                LeadingB = right.LeadingDimension,
                Rows = a.Rows,
                FirstRow = first * rowsPerBlock,
                RowsPerBlock = rowsPerBlock,
                P = p,
                Q = q,
                TilesP = tilesP,
                TilesQ = tilesQ,
                Symmetric = symmetric ? 1 : 0,
            };
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<TSum>, InnerProductShape>>(
                InnerProductKernel.Partial<T, TSum, TSumReal, TWidening>,
                (launch, stream) => launch(
                    stream, new KernelConfig(tiles * count, TileGeometry.Threads), left.Buffer!.View, right.Buffer!.View, partial.View, shape));
            // Either way block after block: the sum does not depend on how many fit into memory at a time.
            if (SumsInDouble && count == blocks && count > 1)
            {
                _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<TSum>, int, long>>(
                    InnerProductKernel.SumBlocks<TSum>,
                    (launch, stream) => launch(stream, TileGeometry.ForItems(elements), partial.View, count, elements));
                count = 1;
            }
            AddBlocks(partial, count, c);
        }
        if (symmetric)
            MirrorLowerTriangle(c, p);
    }

    /// <inheritdoc/>
    protected override void ColumnMomentsCore(DeviceMatrix<T> x, DeviceMatrix<T>? weights, Span<double> mean, Span<double> variance)
    {
        IlgpuMatrix<T> own = Own(x);
        (DeviceBuffer<T> weightBuffer, long weightOffset, long weightStride) = ColumnOr(weights, 1);
        int columns = x.Columns;
        long rowsPerBlock = SumsInDouble ? Math.Max(ShortBlock, (x.Rows + ShortBlock - 1L) / ShortBlock) : ShortBlock;
        int blocks = (int)((x.Rows + rowsPerBlock - 1) / rowsPerBlock);
        var shape = new ColumnMomentShape
        {
            OffsetX = own.Offset,
            LeadingX = own.LeadingDimension,
            OffsetWeight = weightOffset,
            LeadingWeight = weightStride,
            Rows = x.Rows,
            RowsPerBlock = rowsPerBlock,
            Columns = columns,
            ColumnTiles = TileGeometry.Count(columns, ColumnMomentKernel.ColumnsPerGroup),
        };
        using DeviceBuffer<TSum> shift = _session.Allocate<TSum>(columns);
        using DeviceBuffer<TSum> partial = _session.Allocate<TSum>(3L * columns * blocks);
        var middle = new TSum[columns];
        var sums = new double[3 * columns];
        // About 0 first, then about the mean that gave; what the rounding of that mean leaves is taken off at the end.
        for (int pass = 0; pass < 2; pass++)
        {
            _session.Upload<TSum>(middle, shift);
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<T>, ArrayView<T>, ArrayView<TSum>, ArrayView<TSum>, ColumnMomentShape>>(
                ColumnMomentKernel.Partial<T, TSum, TSumReal, TWidening>,
                (launch, stream) => launch(
                    stream, new KernelConfig(shape.ColumnTiles * blocks, TileGeometry.Threads), own.Buffer!.View, weightBuffer.View, shift.View, partial.View, shape));
            Array.Clear(sums);
            AddBlocks(partial, blocks, sums);
            for (int j = 0; j < columns; j++)
            {
                double total = sums[j], difference = sums[columns + j] / total;
                mean[j] = double.CreateTruncating(middle[j]) + difference;
                variance[j] = Math.Max(sums[2 * columns + j] / total - difference * difference, 0);
                middle[j] = TSum.CreateTruncating(mean[j]);
            }
        }
    }

    // sum += each of the first blocks of a buffer in turn.
    private void AddBlocks(DeviceBuffer<TSum> partial, int blocks, Span<double> sum)
    {
        int chunk = Math.Max(1, (1 << 20) / sum.Length);
        var values = new TSum[Math.Min(chunk, blocks) * (long)sum.Length];
        for (int first = 0; first < blocks; first += chunk)
        {
            int count = Math.Min(chunk, blocks - first);
            Span<TSum> taken = values.AsSpan(0, count * sum.Length);
            _session.Download(partial, (long)first * sum.Length, taken);
            for (int block = 0; block < count; block++)
            {
                ReadOnlySpan<TSum> terms = taken.Slice(block * sum.Length, sum.Length);
                for (int i = 0; i < terms.Length; i++)
                    sum[i] += double.CreateTruncating(terms[i]);
            }
        }
    }

    private static void MirrorLowerTriangle(Span<double> c, int n)
    {
        for (int i = 0; i < n; i++)
        {
            for (int j = i + 1; j < n; j++)
                c[i * n + j] = c[j * n + i];
        }
    }
}
