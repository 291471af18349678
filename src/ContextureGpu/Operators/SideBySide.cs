using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// <c>[q_1 T_1 | q_2 T_2 | ..]</c>: operators from different spaces to one. With weights that sum to 1 it is the tagged union of contexts:
/// first the context is drawn, then its A, and the tag stays visible.
/// </summary>
internal sealed class SideBySide<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (double Weight, LinearOperator<T> Operator)[] _parts;
    private readonly Workspace<T> _term;

    public SideBySide(IReadOnlyList<(double Weight, LinearOperator<T> Operator)> parts)
        : base(
            parts[0].Operator.Arithmetic, parts[0].Operator.Rows, parts.Sum(p => p.Operator.Columns),
            parts.Select(p => p.Operator.Structure).Aggregate((a, b) => a & b) & ~OperatorStructure.SelfAdjoint)
    {
        if (parts.Any(p => p.Operator.Rows != Rows))
            throw new ArgumentException($"all parts must have {Rows} rows", nameof(parts));
        (_parts, _term) = ([.. parts], new Workspace<T>(Arithmetic));
    }

    public override int LeastBlock => _parts.Max(p => p.Operator.LeastBlock);

    public override double Work => _parts.Sum(p => p.Operator.Work);

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        DeviceMatrix<T> term = _term.Get(Rows, x.Columns);
        int start = 0;
        for (int i = 0; i < _parts.Length; i++)
        {
            (double weight, LinearOperator<T> part) = _parts[i];
            part.Apply(x.RowRange(start, part.Columns), term);
            Arithmetic.Combine(T.CreateTruncating(weight), term, i == 0 ? T.Zero : T.One, y);
            start += part.Columns;
        }
    }

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        int start = 0;
        foreach ((double weight, LinearOperator<T> part) in _parts)
        {
            DeviceMatrix<T> stripe = y.RowRange(start, part.Columns);
            part.ApplyAdjoint(x, stripe);
            Arithmetic.Combine(T.CreateTruncating(weight), stripe, T.Zero, stripe);
            start += part.Columns;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _term.Dispose();
        foreach ((_, LinearOperator<T> part) in _parts)
            part.Dispose();
    }
}
