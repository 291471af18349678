namespace ContextureGpu;

/// <summary>The law of <c>labels(columns="cat,dog")</c>: one of the classes, with the probability that stands in its column; the numbers of a row are divided by their sum.</summary>
internal sealed class SoftLabelsContext : Context
{
    internal const string AcceptedColumns = "at least two different names of columns, separated by commas";

    public SoftLabelsContext(string columns)
        : base(Text(columns))
    {
        Columns = columns.Split(',', StringSplitOptions.TrimEntries);
        if (!AcceptsColumns(columns))
            throw new InputException($"columns is '{ContextText.Shown(columns)}'; it must be {AcceptedColumns}");
    }

    /// <summary>The names of the columns, one a class.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The names as the expression has them.</summary>
    public string Names => string.Join(",", Columns);

    internal static bool AcceptsColumns(string columns)
    {
        string[] names = columns.Split(',', StringSplitOptions.TrimEntries);
        return names.Length >= 2 && names.All(n => n.Length > 0) && names.Distinct(StringComparer.Ordinal).Count() == names.Length;
    }

    private static string Text(string columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return $"labels(columns={ContextText.Name(string.Join(",", columns.Split(',', StringSplitOptions.TrimEntries)))})";
    }
}
