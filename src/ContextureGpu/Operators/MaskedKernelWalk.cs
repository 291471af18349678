using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// <c>P = (1 / K) sum_k P_k</c>: the random walk of a radial kernel that sees only a random set of features, averaged over K sets. P_k is the <see cref="KernelWalk{T}"/> on the features that
/// set k leaves visible; where it leaves none, every point is as near as any other and the walk is uniform.
/// <para>Nothing of size rows times columns is stored: K logarithmic sums for each row, and the visible features of one set at a time.</para>
/// </summary>
internal sealed class MaskedKernelWalk<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly RadialKernel _kernel;
    private readonly DeviceMatrix<T> _x, _y, _logSums;
    private readonly Workspace<T> _maskedX, _maskedY, _term;
    private readonly int[][] _visible;

    /// <summary>Takes ownership of x, (n, d), and y, (m, d), m at least 1; they may be the same matrix.</summary>
    /// <param name="arithmetic">The device's operations.</param>
    /// <param name="kernel">The kernel.</param>
    /// <param name="x">Where the walk starts.</param>
    /// <param name="y">Where it leads.</param>
    /// <param name="visible">The visible features of each of at least one set.</param>
    /// <exception cref="ArgumentException">There is no set, or a feature does not exist.</exception>
    public MaskedKernelWalk(Arithmetic<T> arithmetic, RadialKernel kernel, DeviceMatrix<T> x, DeviceMatrix<T> y, IReadOnlyList<int[]> visible)
        : base(arithmetic, x.Rows, y.Rows, OperatorStructure.MassPreserving)
    {
        if (visible.Count == 0)
            throw new ArgumentException("at least one set of visible features is needed", nameof(visible));
        if (visible.SelectMany(set => set).Any(f => f < 0 || f >= x.Columns))
            throw new ArgumentException($"the points have {x.Columns} features; a set names another", nameof(visible));
        (_kernel, _x, _y, _visible) = (kernel, x, y, [.. visible]);
        (_maskedX, _maskedY, _term) = (new Workspace<T>(arithmetic), new Workspace<T>(arithmetic), new Workspace<T>(arithmetic));
        _logSums = arithmetic.Allocate(x.Rows, _visible.Length);
        for (int k = 0; k < _visible.Length; k++)
        {
            (DeviceMatrix<T> from, DeviceMatrix<T> to) = Mask(k);
            arithmetic.KernelLogSum(kernel, from, to, null, _logSums.ColumnRange(k, 1));
        }
    }

    public override int LeastBlock => KernelWalk<T>.EconomicBlock;

    public override double Work => (double)Rows * Columns * _visible.Length;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Average(y, (from, to, logSum, term) => Arithmetic.KernelProduct(_kernel, from, logSum, to, null, x, term));

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y) =>
        Average(y, (from, to, logSum, term) => Arithmetic.KernelProduct(_kernel, to, null, from, logSum, x, term));

    // The mean over the sets of what apply(masked x, masked y, log-sums, term) leaves in the term.
    private void Average(DeviceMatrix<T> mean, Action<DeviceMatrix<T>, DeviceMatrix<T>, DeviceMatrix<T>, DeviceMatrix<T>> apply)
    {
        DeviceMatrix<T> term = _term.Get(mean.Rows, mean.Columns);
        T share = T.One / T.CreateChecked(_visible.Length);
        for (int k = 0; k < _visible.Length; k++)
        {
            (DeviceMatrix<T> from, DeviceMatrix<T> to) = Mask(k);
            apply(from, to, _logSums.ColumnRange(k, 1), term);
            Arithmetic.Combine(share, term, k == 0 ? T.Zero : T.One, mean);
        }
    }

    // The visible features, picked by a product with ones and zeros, which is exact.
    private (DeviceMatrix<T> X, DeviceMatrix<T> Y) Mask(int draw)
    {
        int[] visible = _visible[draw];
        var selection = new double[_x.Columns * visible.Length];
        for (int f = 0; f < visible.Length; f++)
            selection[(visible[f] * visible.Length) + f] = 1;
        DeviceMatrix<T> x = _maskedX.Get(_x.Rows, visible.Length);
        Arithmetic.MultiplySmall(_x, selection, T.Zero, x);
        if (ReferenceEquals(_x, _y))
            return (x, x);
        DeviceMatrix<T> y = _maskedY.Get(_y.Rows, visible.Length);
        Arithmetic.MultiplySmall(_y, selection, T.Zero, y);
        return (x, y);
    }

    protected override void Dispose(bool disposing)
    {
        _maskedX.Dispose();
        _maskedY.Dispose();
        _term.Dispose();
        _logSums.Dispose();
        _x.Dispose();
        _y.Dispose();
    }
}
