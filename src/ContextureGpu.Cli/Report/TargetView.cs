using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>What colours the rows of a table in a plot: the classes of a target, its values, or nothing.</summary>
internal sealed class TargetView
{
    /// <summary>Points in one view where nothing else is asked for; more rows are thinned (<see cref="Thinning"/>).</summary>
    private const int MostPoints = 8000;

    private readonly string? _name;
    private readonly int[]? _classes;
    private readonly IReadOnlyList<string> _classNames = [];
    private readonly double[]? _values;

    private TargetView(string? name) => _name = name;

    private TargetView(string name, ClassLabels labels)
    {
        (_name, _classes, _classNames) = (name, labels.Index.ToArray(), labels.Classes);
    }

    private TargetView(string name, double[] values) => (_name, _values) = (name, values);

    /// <summary>Rows of one colour.</summary>
    public static TargetView Plain { get; } = new(null);

    /// <summary>
    /// The classes of a column where there are no more of them than colours; else its values where it has numbers; else nothing. A value that is missing leaves its row out.
    /// </summary>
    /// <param name="table">The table.</param>
    /// <param name="column">The target, or null.</param>
    public static TargetView Of(DataTable table, string? column)
    {
        if (column is null)
            return Plain;
        try
        {
            ClassLabels labels = ClassLabels.From(table, column);
            if (labels.Classes.Count <= Palette.Series)
                return new TargetView(column, labels);
        }
        catch (InputException)
        {
            // A quantity, or a label is missing.
        }
        int position = table.ColumnIndex(column);
        return table.IsNumeric(position) ? new TargetView(column, table.Numbers(position).ToArray()) : Plain;
    }

    /// <summary>Rows by their first two features, in these colours.</summary>
    /// <param name="features">Row-major (rows, dimension).</param>
    /// <param name="rows">As many as the table has.</param>
    /// <param name="dimension">At least 1.</param>
    /// <param name="subject">Whose features they are, for the caption; empty where there is one context only.</param>
    /// <param name="mostPoints">Points drawn at most.</param>
    public ReportFigure Scatter(ReadOnlySpan<double> features, int rows, int dimension, string subject = "", int mostPoints = MostPoints)
    {
        int[] shown = Thinning.Rows(rows, mostPoints);
        var points = new (double X, double Y)[shown.Length];
        for (int p = 0; p < shown.Length; p++)
        {
            ReadOnlySpan<double> row = features.Slice(shown[p] * dimension, dimension);
            points[p] = (row[0], dimension > 1 ? row[1] : 0);
        }
        PlotSeries[] series = this switch
        {
            { _classes: { } classes } => [.. _classNames.Select((name, c) => new PlotPoints(name, [.. points.Where((_, p) => classes[shown[p]] == c)]))],
            { _values: { } values } => [new PlotValues(_name!, points, [.. shown.Select(row => values[row])])],
            _ => [new PlotPoints("rows", points)],
        };
        string thinned = shown.Length < rows ? string.Create(CultureInfo.InvariantCulture, $" {shown.Length} of {rows} rows are shown.") : "";
        string coloured = _classes is null && _values is null ? "" : $", coloured by {_name}";
        return new ReportFigure(
            new Plot($"rows by their first two features{coloured}", new PlotAxis("feature 1"), new PlotAxis("feature 2"), series), $"{subject}{thinned}".Trim());
    }
}
