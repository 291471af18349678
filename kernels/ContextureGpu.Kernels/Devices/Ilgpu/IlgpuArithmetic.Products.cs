using System.Diagnostics;
using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Products on tensor cores, and the measurements that choose a kernel.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening> : IProductBench
{
    // A product of 4.3 GFLOP with 256 large tiles, and how often it is timed after once for the compiler.
    private const int BenchSize = 2048, BenchInner = 512, BenchRuns = 3;

    /// <inheritdoc/>
    double IProductBench.Measure(ProductKernel kernel)
    {
        using DeviceMatrix<T> a = Allocate(BenchSize, BenchInner), b = Allocate(BenchInner, BenchSize), c = Allocate(BenchSize, BenchSize);
        Fill(a, T.One);
        Fill(b, T.One);
        double best = double.PositiveInfinity;
        for (int run = -1; run < BenchRuns; run++)
        {
            long start = Stopwatch.GetTimestamp();
            Multiply(kernel, T.One, a, Orientation.Normal, b, Orientation.Normal, T.Zero, c, BenchInner);
            Device.Synchronize();
            if (run >= 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return 2e-9 * BenchSize * BenchSize * BenchInner / Math.Max(best, 1e-7);
    }

    /// <inheritdoc/>
    string? IProductBench.Fault(ProductKernel kernel) => ProductTrial<T>.Fault(
        this, isTf32: kernel == ProductKernel.TensorTiles && Tuner?.TensorCores == TensorCoreUse.Fast,
        (alpha, a, first, b, second, beta, c) => Multiply(kernel, alpha, a, first, b, second, beta, c, ProductTrial<T>.Inner));

    // Large and tensor tiles: whole tiles of C, whole steps of the inner dimension.
    private void Multiply(
        ProductKernel kernel, T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c, int steps)
    {
        switch (kernel)
        {
            case ProductKernel.SmallTiles:
                MultiplyPlain(alpha, a, orientationA, b, orientationB, beta, c);
                break;
            case ProductKernel.LargeTiles:
                MultiplyLarge(alpha, a, orientationA, b, orientationB, beta, c, steps);
                break;
            case ProductKernel.CuBlas:
                MultiplyByLibrary(alpha, a, orientationA, b, orientationB, beta, c);
                break;
            default:
                MultiplyTensor(alpha, a, orientationA, b, orientationB, beta, c, steps);
                break;
        }
    }

    /// <summary>The product of a library, if there is one.</summary>
    public ColumnMajorProduct? Library { get; init; }

    // C^T = op(B)^T op(A)^T.
    private void MultiplyByLibrary(T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c)
    {
        IlgpuMatrix<T> left = Own(a), right = Own(b), target = Own(c);
        int inner = orientationA == Orientation.Normal ? a.Columns : a.Rows;
        (float factor, float old) = (float.CreateTruncating(alpha), float.CreateTruncating(beta));
        _session.Queue("a product by the library", () => Library!(
            orientationB == Orientation.Transposed, orientationA == Orientation.Transposed, c.Columns, c.Rows, inner, factor,
            From(right), right.LeadingDimension, From(left), left.LeadingDimension, old, From(target), target.LeadingDimension));

        static ArrayView<float> From(IlgpuMatrix<T> matrix)
        {
            ArrayView<float> whole = Singles(matrix.Buffer!.View);
            return whole.SubView(matrix.Offset, whole.Length - matrix.Offset);
        }
    }

    private void MultiplyTensor(T alpha, DeviceMatrix<T> a, Orientation orientationA, DeviceMatrix<T> b, Orientation orientationB, T beta, DeviceMatrix<T> c, int steps)
    {
        IlgpuMatrix<T> left = Own(a), right = Own(b), target = Own(c);
        LargeProductShape shape = LargeShape(left, right, target, steps, alpha, beta);
        bool fast = Tuner?.TensorCores == TensorCoreUse.Fast;
        // op(A) lies along K as it is, op(B) when it is transposed.
        switch (orientationA, orientationB)
        {
            case (Orientation.Normal, Orientation.Normal):
                LaunchEither<TensorAlongInner, TensorAlongOuter>();
                break;
            case (Orientation.Normal, _):
                LaunchEither<TensorAlongInner, TensorAlongInner>();
                break;
            case (_, Orientation.Normal):
                LaunchEither<TensorAlongOuter, TensorAlongOuter>();
                break;
            default:
                LaunchEither<TensorAlongOuter, TensorAlongInner>();
                break;
        }

        void LaunchEither<TLeft, TRight>()
            where TLeft : struct, ITensorOperand
            where TRight : struct, ITensorOperand
        {
            if (fast)
                Launch<TLeft, TRight, OneTerm>();
            else
                Launch<TLeft, TRight, ThreeTerms>();
        }

        void Launch<TLeft, TRight, TTerms>()
            where TLeft : struct, ITensorOperand
            where TRight : struct, ITensorOperand
            where TTerms : struct, ITensorTerms =>
            _session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<Four<float>>, ArrayView<Four<float>>, ArrayView<Pair>, LargeProductShape>>(
                TensorProductKernel.Product<TLeft, TRight, TTerms>,
                (launch, stream) => launch(
                    stream, LargeProductKernel.GridOf(c.Rows / TensorProductKernel.Tile, c.Columns / TensorProductKernel.Tile),
                    left.Buffer!.View.Cast<Four<float>>(), right.Buffer!.View.Cast<Four<float>>(), target.Buffer!.View.Cast<Pair>(), shape));
    }
}
