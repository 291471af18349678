namespace ContextureGpu;

/// <summary>Rows as tokens: for each column of the data a number that is the same exactly where all inputs of the column are.</summary>
internal sealed class TokenTable
{
    private readonly Dictionary<(int, double), int>[] _steps;
    private readonly int[] _starts;

    /// <summary>Numbers the values in the sample, in the order in which they come.</summary>
    public TokenTable(ContextSample sample)
    {
        _starts = sample.ColumnStarts;
        _steps = new Dictionary<(int, double), int>[sample.Dimension];
        for (int f = 0; f < _steps.Length; f++)
            _steps[f] = [];
        Columns = new int[_starts.Length - 1][];
        Levels = new int[Columns.Length];
        for (int c = 0; c < Columns.Length; c++)
            (Columns[c], Levels[c]) = Number(sample, c, grow: true);
    }

    /// <summary>Token of each row of the sample, by column.</summary>
    public int[][] Columns { get; }

    /// <summary>Different tokens of each column.</summary>
    public int[] Levels { get; }

    /// <summary>Tokens of other rows, by column; -1 where the sample does not have the value.</summary>
    public int[][] Of(ContextSample rows) => [.. Enumerable.Range(0, Columns.Length).Select(c => Number(rows, c, grow: false).Tokens)];

    // A token is a path through the inputs of its column: (number so far, next value) -> number.
    private (int[] Tokens, int Levels) Number(ContextSample rows, int column, bool grow)
    {
        int[] tokens = new int[rows.Rows];
        int levels = 1;
        for (int f = _starts[column]; f < _starts[column + 1]; f++)
        {
            Dictionary<(int, double), int> step = _steps[f];
            for (int i = 0; i < tokens.Length; i++)
            {
                if (tokens[i] < 0)
                    continue;
                (int, double) key = (tokens[i], rows.Values[(i * rows.Dimension) + f] + 0.0);   // -0 is 0
                if (step.TryGetValue(key, out int next))
                    tokens[i] = next;
                else if (grow)
                    step.Add(key, tokens[i] = step.Count);
                else
                    tokens[i] = -1;
            }
            levels = step.Count;
        }
        return (tokens, levels);
    }
}
