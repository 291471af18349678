using System.Numerics;
using ContextureGpu.Kernels;

namespace ContextureGpu.Operators;

/// <summary>
/// A linear map from functions on A (columns) to functions on X (rows), with two verbs. Nothing above it knows how it is stored,
/// nothing below it knows what a context is. Functions come in blocks: a matrix with one function a column.
/// <para>An operator owns what it is made of: disposing a composition disposes its parts.</para>
/// </summary>
/// <typeparam name="T"><see cref="float"/> or <see cref="double"/>.</typeparam>
internal abstract class LinearOperator<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    protected LinearOperator(Arithmetic<T> arithmetic, int rows, int columns, OperatorStructure structure)
    {
        if (structure.HasFlag(OperatorStructure.SelfAdjoint) && rows != columns)
            throw new ArgumentException($"a ({rows}, {columns}) operator cannot be self-adjoint", nameof(structure));
        (Arithmetic, Rows, Columns, Structure) = (arithmetic, rows, columns, structure);
    }

    /// <summary>The arithmetic of the device it lives on.</summary>
    public Arithmetic<T> Arithmetic { get; }

    /// <summary>Size of the space it maps to.</summary>
    public int Rows { get; }

    /// <summary>Size of the space it maps from.</summary>
    public int Columns { get; }

    /// <summary>What is known of it.</summary>
    public OperatorStructure Structure { get; }

    /// <summary>
    /// Functions that a block should have at least. 1 if an application costs as much as its functions; more where the entries are recomputed each time, which costs the same
    /// for one function as for many.
    /// </summary>
    public virtual int LeastBlock => 1;

    /// <summary>Multiply-adds that applying it to one function takes, about: whoever can do with fewer applications weighs them against his own work.</summary>
    public virtual double Work => (double)Rows * Columns;

    /// <summary><c>Y = T X</c>; X is (<see cref="Columns"/>, b), Y is (<see cref="Rows"/>, b), overwritten, not overlapping X.</summary>
    public void Apply(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        Check(x, Columns, y, Rows);
        if (x.Columns > 0)
            ApplyCore(x, y);
    }

    /// <summary><c>Y = T* X</c>; X is (<see cref="Rows"/>, b), Y is (<see cref="Columns"/>, b), overwritten, not overlapping X.</summary>
    public void ApplyAdjoint(DeviceMatrix<T> x, DeviceMatrix<T> y)
    {
        Check(x, Rows, y, Columns);
        if (x.Columns > 0)
            ApplyAdjointCore(x, y);
    }

    /// <summary>
    /// <c>Y = T T* X</c> by way of <c>Z = T* X</c>: X and Y are (<see cref="Rows"/>, b), Z is (<see cref="Columns"/>, b); none overlaps another. What Z holds afterwards
    /// is not said.
    /// </summary>
    public void ApplySquare(DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> between)
    {
        Check(x, Rows, between, Columns);
        Check(x, Rows, y, Rows);
        if (x.Columns > 0)
            ApplySquareCore(x, y, between);
    }

    protected virtual void ApplySquareCore(DeviceMatrix<T> x, DeviceMatrix<T> y, DeviceMatrix<T> between)
    {
        ApplyAdjointCore(x, between);
        ApplyCore(between, y);
    }

    protected abstract void ApplyCore(DeviceMatrix<T> x, DeviceMatrix<T> y);

    protected abstract void ApplyAdjointCore(DeviceMatrix<T> x, DeviceMatrix<T> y);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Disposes what the operator is made of.</summary>
    protected abstract void Dispose(bool disposing);

    private void Check(DeviceMatrix<T> x, int xRows, DeviceMatrix<T> y, int yRows)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rows != xRows || y.Rows != yRows || x.Columns != y.Columns)
            throw new ArgumentException($"{GetType().Name} is ({Rows}, {Columns}): X must be ({xRows}, b) and Y ({yRows}, b); they are ({x.Rows}, {x.Columns}) and ({y.Rows}, {y.Columns})");
    }
}
