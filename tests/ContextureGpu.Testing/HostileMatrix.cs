using System.Numerics;
using ContextureGpu.Kernels;
using Xunit;

namespace ContextureGpu.Testing;

/// <summary>Where a test matrix lies.</summary>
public enum Placement
{
    /// <summary>In an allocation of its own.</summary>
    Alone,

    /// <summary>As a column range of a wider matrix, so that rows are apart and their starts unaligned.</summary>
    Embedded,
}

/// <summary>
/// A device matrix for tests. An output starts full of NaN between sentinels that must still be there afterwards; an input lies between NaN,
/// so that whatever is read beside it poisons the result, and must not change.
/// </summary>
public sealed class HostileMatrix<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Left = 3, Right = 5;
    private readonly Arithmetic<T> _arithmetic;
    private readonly DeviceMatrix<T> _whole;
    private readonly T[] _expected;
    private readonly bool _isInput;
    private readonly int _start;

    private HostileMatrix(Arithmetic<T> arithmetic, int rows, int columns, Placement placement, T[]? input)
    {
        _arithmetic = arithmetic;
        _isInput = input is not null;
        _start = placement == Placement.Embedded ? Left : 0;
        int width = placement == Placement.Embedded ? Left + columns + Right : columns;
        _whole = arithmetic.Allocate(rows, width);
        Matrix = placement == Placement.Embedded ? _whole.ColumnRange(Left, columns) : _whole;
        _expected = new T[rows * width];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < width; j++)
                _expected[i * width + j] = input is null ? T.CreateChecked(-1001 - (i * 31 + j) % 1024) : T.NaN;
            input?.AsSpan(i * columns, columns).CopyTo(_expected.AsSpan(i * width + _start, columns));
        }
        Write(input);
    }

    /// <summary>The matrix to compute with.</summary>
    public DeviceMatrix<T> Matrix { get; }

    /// <summary>An input with given row-major values.</summary>
    public static HostileMatrix<T> Input(Arithmetic<T> arithmetic, T[] values, int rows, int columns, Placement placement) =>
        new(arithmetic, rows, columns, placement, values);

    /// <summary>An output full of NaN.</summary>
    public static HostileMatrix<T> Output(Arithmetic<T> arithmetic, int rows, int columns, Placement placement) =>
        new(arithmetic, rows, columns, placement, null);

    /// <summary>Writes the matrix and everything around it anew; null writes NaN.</summary>
    public void Write(T[]? values)
    {
        (int rows, int columns, int width) = (Matrix.Rows, Matrix.Columns, _whole.Columns);
        var all = (T[])_expected.Clone();
        for (int i = 0; i < rows; i++)
        {
            Span<T> row = all.AsSpan(i * width + _start, columns);
            if (values is null)
                row.Fill(T.NaN);
            else
                values.AsSpan(i * columns, columns).CopyTo(row);
        }
        _arithmetic.Upload(all, _whole);
    }

    /// <summary>The row-major values of the matrix.</summary>
    public T[] Read()
    {
        T[] all = ReadWhole();
        var values = new T[Matrix.Rows * Matrix.Columns];
        for (int i = 0; i < Matrix.Rows; i++)
            all.AsSpan(i * _whole.Columns + _start, Matrix.Columns).CopyTo(values.AsSpan(i * Matrix.Columns));
        return values;
    }

    /// <summary>Fails if anything beside the matrix was written or, for an input, the matrix itself.</summary>
    public void AssertIntact()
    {
        T[] all = ReadWhole();
        int width = _whole.Columns;
        for (int e = 0; e < all.Length; e++)
        {
            int column = e % width - _start;
            bool inside = column >= 0 && column < Matrix.Columns;
            if ((_isInput || !inside) && !all[e].Equals(_expected[e]))
                Assert.Fail($"row {e / width}, column {column} of {(_isInput ? "an input" : "an output")} ({Matrix.Rows}, {Matrix.Columns}) was overwritten with {all[e]}; it was {_expected[e]}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Matrix.Dispose();
        _whole.Dispose();
    }

    private T[] ReadWhole()
    {
        var all = new HostileBuffer<T>(_expected.Length);
        _arithmetic.Download(_whole, all.Span);
        all.AssertIntact();
        return all.Span.ToArray();
    }
}
