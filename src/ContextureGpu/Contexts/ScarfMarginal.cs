namespace ContextureGpu;

/// <summary>Where the values come from that replace those of a column.</summary>
public enum ScarfMarginal
{
    /// <summary>From random rows of the sample.</summary>
    Empirical,

    /// <summary>
    /// Numbers from the interval between the smallest and the largest, uniformly; of categories all equiprobable. A number that no row has shows that it was replaced, so on numbers the
    /// spectrum is that of masked columns.
    /// </summary>
    Uniform,

    /// <summary>Numbers from the normal distribution with the mean and variance of the column, with what was said of uniform ones; categories as in the sample.</summary>
    Gaussian,
}
