using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// Removes from each column its component along the indicators of groups: with <c>G_ic = sqrt(m_i / m(group c))</c> for i in group c, whose columns
/// are orthonormal, <c>X - G (G^T X)</c>. With one group this removes the constant function.
/// </summary>
internal sealed class GroupProjector<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Up to here G is stored dense, so that its long inner products use the device's reduction; above, as a sparse matrix.</summary>
    private const int DenseLimit = 16;

    private readonly Arithmetic<T> _arithmetic;
    private readonly DeviceMatrix<T>? _dense;
    private readonly SparseMatrix<T>? _sparse;
    private readonly int _groups;

    /// <param name="arithmetic">Where the blocks live.</param>
    /// <param name="mass">Mass of each point, not negative; points without mass belong to no group.</param>
    /// <param name="group">Group of each point, 0 .. <paramref name="groups"/> - 1; every group has mass.</param>
    /// <param name="groups">Number of groups, at least 1.</param>
    public GroupProjector(Arithmetic<T> arithmetic, ReadOnlySpan<double> mass, ReadOnlySpan<int> group, int groups)
    {
        (_arithmetic, _groups) = (arithmetic, groups);
        var total = new double[groups];
        for (int i = 0; i < mass.Length; i++)
            total[group[i]] += mass[i];
        if (groups <= DenseLimit)
        {
            var values = new T[(long)mass.Length * groups];
            for (int i = 0; i < mass.Length; i++)
                values[((long)i * groups) + group[i]] = T.CreateTruncating(Math.Sqrt(mass[i] / total[group[i]]));
            _dense = arithmetic.Allocate(mass.Length, groups);
            arithmetic.Upload(values, _dense);
            return;
        }
        var values64 = new double[mass.Length];
        for (int i = 0; i < mass.Length; i++)
            values64[i] = Math.Sqrt(mass[i] / total[group[i]]);
        _sparse = arithmetic.CreateSparse(new CompressedRows(
            mass.Length, groups, [.. Enumerable.Range(0, mass.Length + 1)], group.ToArray(), values64));
    }

    /// <summary>Projects the columns of <paramref name="x"/> in place.</summary>
    public void RemoveFrom(DeviceMatrix<T> x)
    {
        if (x.Columns == 0)
            return;
        if (_dense is not null)
        {
            var coefficients = new double[_groups * x.Columns];
            _arithmetic.InnerProducts(_dense, x, coefficients);
            for (int i = 0; i < coefficients.Length; i++)
                coefficients[i] = -coefficients[i];
            _arithmetic.MultiplySmall(_dense, coefficients, T.One, x);
            return;
        }
        using DeviceMatrix<T> along = _arithmetic.Allocate(_groups, x.Columns);
        using DeviceMatrix<T> shift = _arithmetic.Allocate(x.Rows, x.Columns);
        _arithmetic.SparseProduct(_sparse!, Orientation.Transposed, x, along);
        _arithmetic.SparseProduct(_sparse!, Orientation.Normal, along, shift);
        _arithmetic.Combine(-T.One, shift, T.One, x);
    }

    public void Dispose()
    {
        _dense?.Dispose();
        _sparse?.Dispose();
    }
}
