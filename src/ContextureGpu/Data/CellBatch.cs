using System.Collections;

namespace ContextureGpu;

/// <summary>
/// The cells of some rows, copied out of the parser's buffer, so that the columns can take them while the parser goes on. Columns do not depend on each other; within one the
/// cells are taken in the order of the rows.
/// </summary>
internal sealed class CellBatch(int columns)
{
    /// <summary>Characters at which a batch is full.</summary>
    private const int Characters = 1 << 18;

    // Cells below which more threads cost more than they bring.
    private const int WorthSharing = 1 << 12;

    private readonly List<int> _ends = [];
    private readonly List<int> _lines = [];
    private readonly BitArray _isQuoted = new(0);
    private char[] _text = new char[1 << 10];
    private int _used;

    /// <summary>Whether it should be handed on.</summary>
    public bool IsFull => _used >= Characters || _ends.Count >= Characters;

    /// <summary>Begins a row.</summary>
    public void BeginRow(int line) => _lines.Add(line);

    /// <summary>Adds the next cell of the row.</summary>
    public void Add(ReadOnlySpan<char> cell, bool quoted)
    {
        if (_text.Length - _used < cell.Length)
            Array.Resize(ref _text, Math.Max(_used + cell.Length, 2 * _text.Length));
        cell.CopyTo(_text.AsSpan(_used));
        _used += cell.Length;
        if (quoted)
        {
            if (_isQuoted.Length <= _ends.Count)
                _isQuoted.Length = Math.Max(_ends.Count + 1, 2 * _isQuoted.Length);
            _isQuoted[_ends.Count] = true;
        }
        _ends.Add(_used);
    }

    /// <summary>Gives every column its cells.</summary>
    /// <returns>Whether a cell that is not missing stood without quotes.</returns>
    public bool Distribute(ColumnBuilder[] builders)
    {
        var unquoted = new bool[columns];
        if (_ends.Count < WorthSharing)
        {
            for (int j = 0; j < columns; j++)
                unquoted[j] = Distribute(builders[j], j);
        }
        else
        {
            Parallel.For(0, columns, j => unquoted[j] = Distribute(builders[j], j));
        }
        return unquoted.Contains(true);
    }

    /// <summary>Forgets the rows.</summary>
    public void Clear()
    {
        _ends.Clear();
        _lines.Clear();
        _isQuoted.SetAll(false);
        _used = 0;
    }

    private bool Distribute(ColumnBuilder builder, int column)
    {
        bool unquoted = false;
        for (int row = 0; row < _lines.Count; row++)
        {
            int cell = (row * columns) + column, start = cell == 0 ? 0 : _ends[cell - 1];
            bool quoted = cell < _isQuoted.Length && _isQuoted[cell];
            bool missing = builder.Add(_text.AsSpan(start, _ends[cell] - start), quoted, _lines[row]);
            unquoted |= !quoted && !missing;
        }
        return unquoted;
    }
}
