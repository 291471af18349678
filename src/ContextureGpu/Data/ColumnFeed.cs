namespace ContextureGpu;

/// <summary>Takes rows of cells from the parser and gives them to the columns, a batch at a time, beside the parser: one batch is filled while the other is taken.</summary>
internal sealed class ColumnFeed(ColumnBuilder[] columns)
{
    private CellBatch _filling = new(columns.Length), _taken = new(columns.Length);
    private Task<bool> _taking = Task.FromResult(false);
    private bool _unquoted;

    /// <summary>Begins a row; <see cref="Add"/> follows once for each column.</summary>
    public void BeginRow(int line)
    {
        if (_filling.IsFull)
            HandOn();
        _filling.BeginRow(line);
    }

    /// <summary>Adds the next cell of the row.</summary>
    public void Add(ReadOnlySpan<char> cell, bool quoted) => _filling.Add(cell, quoted);

    /// <summary>Waits until the columns have taken everything.</summary>
    /// <returns>Whether any cell that is not missing stood without quotes.</returns>
    public bool Finish()
    {
        Wait();
        return _unquoted | _filling.Distribute(columns);
    }

    private void HandOn()
    {
        Wait();
        (_filling, _taken) = (_taken, _filling);
        CellBatch batch = _taken;
        _taking = Task.Run(() => batch.Distribute(columns));
        _filling.Clear();
    }

    private void Wait() => _unquoted |= _taking.GetAwaiter().GetResult();
}
