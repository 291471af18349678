using ILGPU;
using ILGPU.Runtime;

namespace ContextureGpu.Kernels.Ilgpu;

/// <content>Sampling.</content>
internal sealed partial class IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening>
{
    /// <inheritdoc/>
    public override GroupSampler<T> CreateSampler(JointLaw law, GroupKind kind, int groups, int members, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(law);
        var sampler = new Sampler(this, law, kind, groups, members, seed);
        try
        {
            sampler.Load(law);
            return sampler;
        }
        catch
        {
            sampler.Dispose();
            throw;
        }
    }

    /// <summary>A law and the members drawn from it in buffers of an accelerator.</summary>
    private sealed class Sampler(
        IlgpuArithmetic<T, TReal, TSum, TSumReal, TWidening> on, JointLaw law, GroupKind kind, int groups, int members, ulong seed) : GroupSampler<T>(law, kind, groups, members)
    {
        private readonly Philox _random = new(seed, Stream);
        private readonly int _rows = law.Rows;
        private readonly List<IDisposable> _owned = [];
        private DeviceBuffer<long> _rowSums = null!, _sums = null!, _backSums = null!;
        private DeviceBuffer<int> _starts = null!, _values = null!, _backStarts = null!, _backRows = null!, _numbers = null!;

        /// <summary>Copies the law to the device.</summary>
        public void Load(JointLaw law)
        {
            _rowSums = Owned(on.Upload<long>(law.RowSums));
            _starts = Owned(on.Upload<int>(law.ValueStarts));
            _values = Owned(on.Upload<int>(law.ValueIndices));
            _sums = Owned(on.Upload<long>(law.ValueSums));
            (int[] starts, int[] rows, long[] sums) = Kind == GroupKind.Rows ? law.Back : ([], [], []);
            _backStarts = Owned(on.Upload<int>(starts));
            _backRows = Owned(on.Upload<int>(rows));
            _backSums = Owned(on.Upload<long>(sums));
            _numbers = Owned(on._session.Allocate<int>((long)Groups * Members));
        }

        protected override void DrawCore(long first)
        {
            var shape = new GroupShape { Random = _random, First = first, Groups = Groups, Members = Members, Rows = _rows, Kind = (int)Kind };
            on._session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<long>, ArrayView<int>, ArrayView<int>, ArrayView<long>, ArrayView<int>, ArrayView<int>, ArrayView<long>, ArrayView<int>, GroupShape>>(
                GroupKernels.Draw,
                (launch, stream) => launch(
                    stream, TileGeometry.ForItems(shape.Groups * shape.Members), _rowSums.View, _starts.View, _values.View, _sums.View, _backStarts.View, _backRows.View, _backSums.View,
                    _numbers.View, shape));
        }

        protected override void GatherCore(DeviceMatrix<T> points, int first, T scale, DeviceMatrix<T> output)
        {
            IlgpuMatrix<T> from = on.Own(points), to = on.Own(output);
            ElementwiseShape<T> shape = ShapeOf(from, to);
            shape.Alpha = scale;
            on._session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<T>, ArrayView<T>, ElementwiseShape<T>, long>>(
                GroupKernels.Gather<T>,
                (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), _numbers.View, from.Buffer!.View, to.Buffer!.View, shape, first));
        }

        protected override void IndicateCore(int first, T scale, DeviceMatrix<T> output)
        {
            IlgpuMatrix<T> to = on.Own(output);
            ElementwiseShape<T> shape = ShapeOf(to, to);
            (shape.Alpha, shape.Beta) = (scale, T.Zero);
            on._session.Launch<Action<AcceleratorStream, KernelConfig, ArrayView<int>, ArrayView<T>, ElementwiseShape<T>, long>>(
                GroupKernels.Indicate<T>,
                (launch, stream) => launch(stream, TileGeometry.ForItems(shape.Elements), _numbers.View, to.Buffer!.View, shape, first));
        }

        protected override void ReadCore(Span<int> numbers) => on._session.Download(_numbers, 0, numbers);

        protected override void Dispose(bool disposing)
        {
            if (!disposing)
                return;
            foreach (IDisposable buffer in _owned)
                buffer.Dispose();
            _owned.Clear();
        }

        private DeviceBuffer<TElement> Owned<TElement>(DeviceBuffer<TElement> buffer)
            where TElement : unmanaged
        {
            _owned.Add(buffer);
            return buffer;
        }
    }
}
