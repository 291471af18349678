namespace ContextureGpu;

/// <summary>A text column: one indicator for each level, 1 where the cell is that level and 0 elsewhere; all 0 for a level not seen in fitting.</summary>
/// <param name="Column">The name of the column.</param>
/// <param name="Levels">The levels, in ordinal order; "(missing)" is among them when cells were missing in fitting.</param>
internal sealed record CategoryEncoding(string Column, string[] Levels) : ColumnEncoding(Column)
{
    /// <summary>The level of a missing cell.</summary>
    public const string Missing = "(missing)";

    private const int ManyLevels = 50, Examples = 3;

    public override int Width => Levels.Length;

    public override IEnumerable<string> InputNames => Levels.Select(level => $"{Column}={level}");

    public static CategoryEncoding Fit(DataTable table, int column, List<string> warnings)
    {
        string name = table.ColumnNames[column];
        string[] levels = [.. table.Texts(column).Select(t => t ?? Missing).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (levels.Length == 1)
            warnings.Add($"column {Naming.Quote(name)} is {Naming.Quote(levels[0])} in every row and tells nothing");
        if (levels.Length > ManyLevels && levels.Length > table.Rows / 2)
            warnings.Add($"column {Naming.Quote(name)} has {levels.Length} levels in {table.Rows} rows, an input for each; if it is an identifier, leave it out");
        return new CategoryEncoding(name, levels);
    }

    public override void Apply(DataTable table, int column, double[] inputs, int stride, int offset, List<string> warnings)
    {
        var position = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int k = 0; k < Levels.Length; k++)
            position.Add(Levels[k], k);
        if (table.IsNumeric(column))
            AddNumbers(position);

        IReadOnlyList<string?> texts = table.Texts(column);
        (int unseen, List<string> examples) = (0, []);
        for (int i = 0; i < texts.Count; i++)
        {
            string level = texts[i] ?? Missing;
            if (position.TryGetValue(level, out int k))
            {
                inputs[(long)i * stride + offset + k] = 1;
                continue;
            }
            unseen++;
            if (examples.Count < Examples && !examples.Contains(level))
                examples.Add(level);
        }
        if (unseen > 0)
            warnings.Add($"column {Naming.Quote(Column)}: {unseen} of {table.Rows} cells hold levels not seen in fitting, such as {Naming.List(examples)}; their inputs are all zero");
    }

    /// <summary>
    /// Levels such as 01 in a file where nothing else is in the column: the table took them for numbers and they read 1. Such a level is
    /// found by its number, unless two levels are the same number.
    /// </summary>
    private void AddNumbers(Dictionary<string, int> position)
    {
        var numbers = Levels.Select((level, k) => (IsNumber: ColumnBuilder.IsNumber(level, out double value), Value: value, Position: k)).Where(l => l.IsNumber);
        foreach (var same in numbers.GroupBy(l => l.Value).Where(g => g.Count() == 1))
            position.TryAdd(same.Key.ToString("R", System.Globalization.CultureInfo.InvariantCulture), same.Single().Position);
    }
}
