namespace ContextureGpu;

/// <summary>Columns that several threads fill, each some rows of all: numbers and words apart, as what a column holds is known at the end only.</summary>
internal sealed class PlainColumns(int columns) : IDisposable
{
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly double[][] _numbers = [.. Enumerable.Repeat(Array.Empty<double>(), columns)];
    private readonly string?[]?[] _words = new string?[columns][];
    private readonly bool[] _hasNumbers = new bool[columns];
    private int _capacity;

    /// <summary>Lets a thread fill rows; others may fill others meanwhile.</summary>
    /// <param name="rows">The rows there must be room for.</param>
    /// <param name="expected">The rows there will be in all, as far as can be told.</param>
    /// <param name="fill">Fills them.</param>
    public bool Fill(int rows, int expected, Func<bool> fill)
    {
        if (rows > Volatile.Read(ref _capacity))
            Grow(rows, expected);
        _lock.EnterReadLock();
        try
        {
            return fill();
        }
        finally
        {
            _lock.ExitReadLock();
        }
    }

    /// <summary>Sets a cell to a number, or to NaN where it is missing.</summary>
    public void Set(int row, int column, double value)
    {
        _numbers[column][row] = value;
        if (!_hasNumbers[column] && !double.IsNaN(value)) // written once: all threads read it
            _hasNumbers[column] = true;
    }

    /// <summary>Sets a cell to a word.</summary>
    public void Set(int row, int column, string word) => (Volatile.Read(ref _words[column]) ?? Words(column))[row] = word;

    /// <summary>A column; null if it holds both numbers and words.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="column">Its position.</param>
    /// <param name="rows">The number of rows.</param>
    public DataColumn? Column(string name, int column, int rows)
    {
        if (!_hasNumbers[column])
        {
            Array.Resize(ref _words[column], rows);
            return new DataColumn(name, _words[column]!);
        }
        return _words[column] is null ? new DataColumn(name, _numbers[column].AsMemory(0, rows)) : null;
    }

    public void Dispose() => _lock.Dispose();

    private string?[] Words(int column)
    {
        Interlocked.CompareExchange(ref _words[column], new string?[_capacity], null);
        return _words[column]!;
    }

    private void Grow(int rows, int expected)
    {
        _lock.EnterWriteLock();
        try
        {
            if (rows <= _capacity)
                return;
            int capacity = (int)Math.Min(Array.MaxLength, Math.Max(Math.Max(rows, expected), _capacity == 0 ? 0 : 2L * _capacity));
            for (int j = 0; j < columns; j++)
            {
                double[] numbers = GC.AllocateUninitializedArray<double>(capacity);
                _numbers[j].AsSpan(0, _capacity).CopyTo(numbers);
                _numbers[j] = numbers;
                if (_words[j] is not null)
                    Array.Resize(ref _words[j], capacity);
            }
            Volatile.Write(ref _capacity, capacity);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }
}
