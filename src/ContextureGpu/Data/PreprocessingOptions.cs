namespace ContextureGpu;

/// <summary>What is done to the numbers of a column.</summary>
public enum ColumnScaling
{
    /// <summary>They stay as they are.</summary>
    None,

    /// <summary>The mean is subtracted and the rest divided by the population standard deviation.</summary>
    Standardize,
}

/// <summary>How a table becomes inputs.</summary>
public sealed record PreprocessingOptions
{
    /// <summary>What is done to numeric columns; text columns become indicators of 0 and 1 either way.</summary>
    public ColumnScaling Scale { get; init; } = ColumnScaling.Standardize;

    /// <summary>Names of columns that are no inputs, such as targets and identifiers.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];
}
