using System.Globalization;

namespace ContextureGpu;

/// <summary>A numeric column: <c>(x - center) / scale</c>, with the mean in place of a missing value.</summary>
/// <param name="Column">The name of the column.</param>
/// <param name="Mean">The mean of the present values in fitting.</param>
/// <param name="Center">What is subtracted: the mean or 0.</param>
/// <param name="Scale">What is divided by: the standard deviation or 1; 0 for a constant column, which becomes zeros.</param>
internal sealed record NumericEncoding(string Column, double Mean, double Center, double Scale) : ColumnEncoding(Column)
{
    public override int Width => 1;

    public override IEnumerable<string> InputNames => [Column];

    public static NumericEncoding Fit(DataTable table, int column, ColumnScaling scaling, List<string> warnings)
    {
        string name = table.ColumnNames[column];
        ColumnStatistics statistics = ColumnStatistics.Of(table.Numbers(column));
        int missing = table.Rows - statistics.Present;
        if (missing > 0)
            warnings.Add(string.Create(CultureInfo.InvariantCulture,
                $"column {Naming.Quote(name)}: {missing} of {table.Rows} values are missing and were taken to be the mean of the others, {statistics.Mean:g6}"));
        if (scaling == ColumnScaling.None)
            return new NumericEncoding(name, statistics.Mean, 0, 1);
        if (!statistics.IsConstant && statistics.Deviation > 0)
            return new NumericEncoding(name, statistics.Mean, statistics.Mean, statistics.Deviation);
        warnings.Add(string.Create(CultureInfo.InvariantCulture, $"column {Naming.Quote(name)} is constant ({statistics.Mean:g6} in every row) and became zeros"));
        return new NumericEncoding(name, statistics.Mean, statistics.Mean, 0);
    }

    public override void Apply(DataTable table, int column, double[] inputs, int stride, int offset, List<string> warnings)
    {
        if (!table.IsNumeric(column))
            RefuseWords(table, column);
        ReadOnlySpan<double> numbers = table.IsNumeric(column) ? table.Numbers(column) : default;
        int missing = 0;
        for (int i = 0; i < table.Rows; i++)
        {
            double x = numbers.IsEmpty ? double.NaN : numbers[i];
            missing += double.IsNaN(x) ? 1 : 0;
            double value = Value(double.IsNaN(x) ? Mean : x);
            if (!(Math.Abs(value) <= ContextSample.LargestInput))
                throw new InputException(string.Create(CultureInfo.InvariantCulture,
                    $"{table.Source}: row {i + 1}, column {Naming.Quote(Column)} holds {x:g6}, which is too large for a column with the standard deviation {Scale:g6}"));
            inputs[(long)i * stride + offset] = value;
        }
        if (missing > 0)
            warnings.Add(string.Create(CultureInfo.InvariantCulture,
                $"column {Naming.Quote(Column)}: {missing} of {table.Rows} values are missing and were taken to be the mean in fitting, {Mean:g6}"));
    }

    private double Value(double x)
    {
        if (Scale == 0)
            return 0;
        double distance = x - Center;
        return double.IsFinite(distance) ? distance / Scale : (x / 2 - Center / 2) / Scale * 2;
    }

    /// <summary>A text column is welcome only when nothing at all is in it.</summary>
    private void RefuseWords(DataTable table, int column)
    {
        IReadOnlyList<string?> texts = table.Texts(column);
        for (int i = 0; i < texts.Count; i++)
        {
            if (texts[i] is { } text && !ColumnBuilder.IsNumber(text, out _))
                throw new InputException($"{table.Source}: row {i + 1}, column {Naming.Quote(Column)} holds {Naming.Quote(text)} where a number is needed, as in fitting");
        }
        if (texts.Any(t => t is not null))
            throw new InputException($"{table.Source}: column {Naming.Quote(Column)} holds text where numbers are needed, as in fitting");
    }
}
