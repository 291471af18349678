using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Testing;

/// <summary>Groups of the reference device: weights are taken off a share of their sum until none is left, in float64.</summary>
internal sealed class ReferenceGroupSampler<T> : GroupSampler<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly ReferenceArithmetic<T> _on;
    private readonly CompressedRows _law;
    private readonly double[] _weights;
    private readonly Philox _random;
    private readonly int[] _numbers;
    private readonly long _bytes;
    private bool _disposed;

    internal ReferenceGroupSampler(ReferenceArithmetic<T> on, JointLaw law, GroupKind kind, int groups, int members, ulong seed, Func<long> reserve)
        : base(law, kind, groups, members)
    {
        (_on, _law, _weights, _random, _bytes) = (on, law.Conditional, law.Weights, new Philox(seed, Stream), reserve());
        _numbers = new int[groups * members];
    }

    /// <summary>What is wrong with it, if it is among the things that can be.</summary>
    internal Defect? Defect { get; set; }

    protected override void DrawCore(long first)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (int g = 0; g < Groups; g++)
        {
            long at = (Members + 1) * (first + g);
            int row = Choose(_weights, at);
            double[] values = new double[_law.Columns];
            for (int e = _law.RowStarts[row]; e < _law.RowStarts[row + 1]; e++)
                values[_law.ColumnIndices[e]] = Defect == Testing.Defect.IgnoresProbabilities ? 1 : _law.Values[e];
            int value = Choose(values, at + 1);
            _numbers[g] = Kind == GroupKind.Values ? value : row;
            for (int m = 1; m < Members; m++)
            {
                long own = at + 1 + (Defect == Testing.Defect.RepeatsFirstMember ? 0 : m);
                _numbers[(m * Groups) + g] = Kind switch
                {
                    GroupKind.Values => Choose(values, own),
                    GroupKind.Rows => Choose(RowsOf(value), own),
                    _ => value,
                };
            }
        }
    }

    protected override void GatherCore(DeviceMatrix<T> points, int first, T scale, DeviceMatrix<T> output)
    {
        ReferenceMatrix<T> from = _on.Own(points), to = _on.Own(output);
        for (int i = 0; i < to.Rows; i++)
        {
            for (int j = 0; j < to.Columns; j++)
                to[i, j] = (Defect == Testing.Defect.GathersUnscaled ? T.One : scale) * from[_numbers[first + i], j];
        }
    }

    protected override void IndicateCore(int first, T scale, DeviceMatrix<T> output)
    {
        ReferenceMatrix<T> to = _on.Own(output);
        for (int i = 0; i < to.Rows; i++)
        {
            for (int j = 0; j < to.Columns && Defect != Testing.Defect.KeepsOldIndicators; j++)
                to[i, j] = T.Zero;
            to[i, _numbers[first + i]] = scale;
        }
    }

    protected override void ReadCore(Span<int> numbers) => _numbers.CopyTo(numbers);

    protected override void Dispose(bool disposing)
    {
        if (_disposed)
            return;
        _disposed = true;
        _on.Device.Memory.Remove(_bytes);
    }

    private double[] RowsOf(int value)
    {
        var weights = new double[_law.Rows];
        for (int i = 0; i < _law.Rows; i++)
        {
            for (int e = _law.RowStarts[i]; e < _law.RowStarts[i + 1]; e++)
            {
                if (_law.ColumnIndices[e] == value)
                    weights[i] = Defect == Testing.Defect.ForgetsReverseWeights && _law.Values[e] * _weights[i] > 0 ? 1 : _law.Values[e] * _weights[i];
            }
        }
        return weights;
    }

    private int Choose(double[] weights, long at)
    {
        double left = _random.Uniform(at) * weights.Sum();
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] == 0)
                continue;
            last = i;
            left -= weights[i];
            if (left < 0)
                return i;
        }
        return last;
    }
}
