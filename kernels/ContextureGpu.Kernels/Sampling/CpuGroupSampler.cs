using System.Numerics;
using System.Numerics.Tensors;

namespace ContextureGpu.Kernels.Cpu;

/// <summary>Groups in host memory.</summary>
internal sealed class CpuGroupSampler<T> : GroupSampler<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>What finding a member costs, in operations: three numbers of ten rounds, three searches.</summary>
    private const int DrawWork = 256;

    private readonly CpuArithmetic<T> _on;
    private readonly Workers _workers;
    private readonly JointLaw _law;
    private readonly Philox _random;
    private readonly int[] _numbers;
    private readonly long _bytes;
    private bool _disposed;

    public CpuGroupSampler(CpuArithmetic<T> on, Workers workers, JointLaw law, GroupKind kind, int groups, int members, ulong seed)
        : base(law, kind, groups, members)
    {
        (_on, _workers, _law, _random) = (on, workers, law, new Philox(seed, Stream));
        _numbers = new int[groups * members];
        _bytes = law.Bytes(kind) + (sizeof(int) * (long)_numbers.Length);
        on.Device.Memory.Add(_bytes);
    }

    protected override void DrawCore(long first) => _workers.Rows(_numbers.Length, 64, (long)DrawWork * _numbers.Length, (start, end) =>
    {
        for (int e = start; e < end; e++)
            _numbers[e] = _law.Member(Kind, _random, first + (e % Groups), e / Groups, Members);
    });

    protected override void GatherCore(DeviceMatrix<T> points, int first, T scale, DeviceMatrix<T> output)
    {
        CpuMatrix<T> from = _on.Own(points), to = _on.Own(output);
        _workers.Rows(to.Rows, 64, (long)to.Rows * to.Columns, (start, end) =>
        {
            for (int i = start; i < end; i++)
                TensorPrimitives.Multiply(from.Row(_numbers[first + i]), scale, to.Row(i));
        });
    }

    protected override void IndicateCore(int first, T scale, DeviceMatrix<T> output)
    {
        CpuMatrix<T> to = _on.Own(output);
        for (int i = 0; i < to.Rows; i++)
        {
            Span<T> row = to.Row(i);
            row.Clear();
            row[_numbers[first + i]] = scale;
        }
    }

    protected override void ReadCore(Span<int> numbers) => _numbers.CopyTo(numbers);

    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed)
            return;
        _disposed = true;
        _on.Device.Memory.Remove(_bytes);
    }
}
