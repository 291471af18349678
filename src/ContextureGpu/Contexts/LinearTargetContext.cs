namespace ContextureGpu;

/// <summary>
/// The dual kernel of <c>labels(column=y, kernel=linear)</c>, <c>k_X(x, x') = 1 + z z'</c> with z the standardised number of the row: its only singular function is z, with s = 1.
/// </summary>
internal sealed class LinearTargetContext : Context
{
    internal const string Linear = "linear";

    public LinearTargetContext(string column)
        : base(Text(column))
    {
        Column = column;
    }

    /// <summary>The name of the column that holds the numbers.</summary>
    public string Column { get; }

    private static string Text(string column)
    {
        ArgumentNullException.ThrowIfNull(column);
        return $"labels(column={ContextText.Name(column)}, kernel={Linear})";
    }
}
