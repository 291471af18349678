using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary><c>sum_i q_i T_i</c>: a convex combination of contexts on one space when the weights sum to 1.</summary>
internal sealed class WeightedSum<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (double Weight, LinearOperator<T> Operator)[] _terms;
    private readonly Workspace<T> _term;

    public WeightedSum(IReadOnlyList<(double Weight, LinearOperator<T> Operator)> terms)
        : base(
            terms[0].Operator.Arithmetic, terms[0].Operator.Rows, terms[0].Operator.Columns,
            terms.Select(t => t.Operator.Structure).Aggregate((a, b) => a & b))
    {
        if (terms.Any(t => t.Operator.Rows != Rows || t.Operator.Columns != Columns))
            throw new ArgumentException($"all terms must be ({Rows}, {Columns})", nameof(terms));
        (_terms, _term) = ([.. terms], new Workspace<T>(Arithmetic));
    }

    public override int LeastBlock => _terms.Max(t => t.Operator.LeastBlock);

    public override double Work => _terms.Sum(t => t.Operator.Work);

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => Accumulate(x, y, (t, a, b) => t.Apply(a, b));

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) => Accumulate(x, y, (t, a, b) => t.ApplyAdjoint(a, b));

    private void Accumulate(DeviceMatrix<T> x, DeviceMatrix<T> y, Action<LinearOperator<T>, DeviceMatrix<T>, DeviceMatrix<T>> apply)
    {
        DeviceMatrix<T> term = _term.Get(y.Rows, y.Columns);
        for (int i = 0; i < _terms.Length; i++)
        {
            apply(_terms[i].Operator, x, term);
            Arithmetic.Combine(T.CreateTruncating(_terms[i].Weight), term, i == 0 ? T.Zero : T.One, y);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _term.Dispose();
        foreach ((_, LinearOperator<T> term) in _terms)
            term.Dispose();
    }
}
