using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Products with kernel matrices in float32.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening>
{
    // Rows of Y in a part: so many terms are added plainly.
    private const int LongestPart = 1024;
    private const int ShortestPart = 128;

    // The outputs of the parts take at most so much memory at a time, if one tile of rows does not take more.
    private const long PartsBytes = 256L << 20;

    private static bool IsSingle => typeof(T) == typeof(float);

    private void FusedProduct(RadialKernel kernel, DeviceMatrix<T> x, DeviceBuffer<T> a, DeviceMatrix<T> y, DeviceBuffer<T> b, DeviceMatrix<T> v, DeviceMatrix<T> output, KernelProductShape<T> shape)
    {
        switch (kernel.Kind)
        {
            case RadialKernelKind.Laplacian:
                FusedProduct<Magnitude, SumWeight<float, ShortExponential>>(x, a, y, b, v, output, shape);
                break;
            case RadialKernelKind.Exponential:
                FusedProduct<SquaredDifference<float, SingleReal>, RootWeight<float, ShortExponential>>(x, a, y, b, v, output, shape);
                break;
            default:
                FusedProduct<SquaredDifference<float, SingleReal>, SumWeight<float, ShortExponential>>(x, a, y, b, v, output, shape);
                break;
        }
    }

    private void FusedProduct<TTerm, TWeight>(
        DeviceMatrix<T> x, DeviceBuffer<T> a, DeviceMatrix<T> y, DeviceBuffer<T> b, DeviceMatrix<T> v, DeviceMatrix<T> output, KernelProductShape<T> shape)
        where TTerm : struct, IFeatureTerm<float>
        where TWeight : struct, IPairWeight<float>
    {
        if (x.Columns <= PointSlab.Depth)
        {
            FusedProduct(
                FusedKernelProductKernel.Product<TTerm, TWeight, OneSlab>,
                x, a, y, b, v, output, shape);
        }
        else
        {
            FusedProduct(
                FusedKernelProductKernel.Product<TTerm, TWeight, ManySlabs>,
                x, a, y, b, v, output, shape);
        }
    }

    private void FusedProduct(
        Action<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, FusedKernelProductShape> kernel,
        DeviceMatrix<T> x, DeviceBuffer<T> a, DeviceMatrix<T> y, DeviceBuffer<T> b, DeviceMatrix<T> v, DeviceMatrix<T> output, KernelProductShape<T> shape)
    {
        const int Rows = FusedKernelProductKernel.Rows, Columns = FusedKernelProductKernel.Columns;
        IlgpuMatrix<T> block = Own(v), target = Own(output);
        int n = x.Rows, m = y.Rows, p = v.Columns, columnTiles = TileGeometry.Count(p, FusedKernelProductKernel.BlockColumns);

        // Parts as long as they may be, unless that leaves the device idle.
        long tiles = (long)TileGeometry.Count(n, Rows) * columnTiles, wanted = (WantedGroups + tiles - 1) / tiles;
        long rowsPerPart = Math.Clamp((m + wanted - 1) / wanted, ShortestPart, LongestPart);
        rowsPerPart = (rowsPerPart + Columns - 1) / Columns * Columns;
        int parts = (int)((m + rowsPerPart - 1) / rowsPerPart);
        long rowBytes = (long)parts * p * sizeof(float), mostGroups = int.MaxValue / FusedKernelProductKernel.Threads / ((long)parts * columnTiles);
        int slab = (int)Math.Min(n, Math.Max(1, Math.Min(PartsBytes / rowBytes / Rows, mostGroups)) * Rows);

        shape.Points = Points(x, y);
        (shape.OffsetV, shape.LeadingV, shape.P, shape.ColumnTiles) = (block.Offset, block.LeadingDimension, p, columnTiles);
        var fused = new FusedKernelProductShape
        {
            Product = (KernelProductShape<float>)(object)shape,
            Parts = parts,
            RowsPerPart = (int)rowsPerPart,
            AlignedX = Aligned(x),
            AlignedY = Aligned(y),
            AlignedV = Aligned(v),
        };
        ArrayView<float> pointsX = Singles(ViewOf(x)), pointsY = Singles(ViewOf(y)), offsetsX = Singles(a.View), offsetsY = Singles(b.View), right = Singles(block.Buffer!.View), result = Singles(target.Buffer!.View);
        using DeviceBuffer<float>? partial = parts == 1 ? null : _session.Allocate<float>((long)parts * slab * p);
        for (int first = 0; first < n; first += slab)
        {
            int rows = Math.Min(slab, n - first);
            long to = target.Offset + ((long)first * target.LeadingDimension);
            fused.FirstRow = first;
            fused.PartStride = (long)rows * p;
            (fused.Product.OffsetOutput, fused.Product.LeadingOutput) = partial is null ? (to, target.LeadingDimension) : (0, p);
            FusedKernelProductShape current = fused;
            current.Product.Points.N = first + rows;
            var grid = new KernelConfig(TileGeometry.Count(rows, Rows) * parts * columnTiles, FusedKernelProductKernel.Threads);
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, FusedKernelProductShape>>(
                kernel,
                (launch, stream) => launch(stream, grid, pointsX, offsetsX, pointsY, offsetsY, right, partial?.View ?? result, current));
            if (partial is not null)
            {
                long elements = (long)rows * p;
                _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<float>, ArrayView<float>, int, long, long, long, long>>(
                    FusedKernelProductKernel.Sum,
                    (launch, stream) => launch(stream, TileGeometry.ForItems(elements), partial.View, result, parts, elements, p, to, target.LeadingDimension));
            }
        }
    }

    // Whether rows start on 16 bytes and have a multiple of four elements, in float32: buffers start on 256.
    private int Aligned(DeviceMatrix<T> matrix) => IsAligned(matrix) && (matrix.Columns & 3) == 0 ? 1 : 0;

    // The view of a float32 matrix, for kernels written for that type.
    private static ArrayView<float> Singles(ArrayView<T> view) => view.Cast<float>();
}
