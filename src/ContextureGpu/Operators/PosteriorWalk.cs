using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// The posterior of drawn values, <c>P_im = sum_v k(x_iv, a_m) exp(-b_m - c_i)</c>, never stored: x_iv are the views of row i, b_m the log of the evidence of a_m, and c_i makes
/// the sum of row i one.
/// </summary>
internal sealed class PosteriorWalk<T> : LinearOperator<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly RadialKernel _kernel;
    private readonly DeviceMatrix<T> _views, _atoms, _evidence, _logSum;
    private readonly int _count;
    private readonly Workspace<T> _term;

    /// <summary>Takes ownership of the matrices.</summary>
    /// <param name="arithmetic">Where they live.</param>
    /// <param name="kernel">The density of A around a view, up to a factor.</param>
    /// <param name="views">(views x rows, d): view after view.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="atoms">(M, d).</param>
    /// <param name="evidence">b, (M, 1).</param>
    public PosteriorWalk(Arithmetic<T> arithmetic, RadialKernel kernel, DeviceMatrix<T> views, int rows, DeviceMatrix<T> atoms, DeviceMatrix<T> evidence)
        : base(arithmetic, rows, atoms.Rows, OperatorStructure.MassPreserving)
    {
        (_kernel, _views, _atoms, _evidence, _count) = (kernel, views, atoms, evidence, views.Rows / Math.Max(rows, 1));
        _term = new Workspace<T>(arithmetic);
        using DeviceMatrix<T> each = arithmetic.Allocate(views.Rows, 1);
        arithmetic.KernelLogSum(kernel, views, atoms, evidence, each);
        _logSum = arithmetic.UploadColumn<T>(Together(arithmetic.DownloadDouble(each), rows));
    }

    public override int LeastBlock => KernelWalk<T>.EconomicBlock;

    public override double Work => (double)Rows * Columns * _count;

    protected override void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        for (int v = 0; v < _count; v++)
        {
            DeviceMatrix<T> term = v == 0 ? y : _term.Get(Rows, x.Columns);
            Arithmetic.KernelProduct(_kernel, _views.RowRange(v * Rows, Rows), _logSum, _atoms, _evidence, x, term);
            if (v > 0)
                Arithmetic.Combine(T.One, term, T.One, y);
        }
    }

    protected override void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        for (int v = 0; v < _count; v++)
        {
            DeviceMatrix<T> term = v == 0 ? y : _term.Get(Columns, x.Columns);
            Arithmetic.KernelProduct(_kernel, _atoms, _evidence, _views.RowRange(v * Rows, Rows), _logSum, x, term);
            if (v > 0)
                Arithmetic.Combine(T.One, term, T.One, y);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _term.Dispose();
        _logSum.Dispose();
        _evidence.Dispose();
        _atoms.Dispose();
        _views.Dispose();
    }

    // log sum over the views of exp, row by row.
    private static double[] Together(double[] each, int rows)
    {
        var sums = new double[rows];
        for (int i = 0; i < rows; i++)
        {
            double largest = double.NegativeInfinity, sum = 0;
            for (int e = i; e < each.Length; e += rows)
                largest = Math.Max(largest, each[e]);
            for (int e = i; e < each.Length; e += rows)
                sum += Math.Exp(each[e] - largest);
            sums[i] = largest + Math.Log(sum);
        }
        return sums;
    }
}
