namespace ContextureGpu.Encoders;

/// <summary>What a network is given: rows of the sample, or the values of A: as rows where they are any, of the sample or of a second modality, otherwise each as its indicator.</summary>
/// <param name="Values">Row-major (<paramref name="Rows"/>, <paramref name="Dimension"/>).</param>
/// <param name="Rows">Number of points.</param>
/// <param name="Dimension">Inputs of a point.</param>
internal sealed record NetworkInputs(double[] Values, int Rows, int Dimension)
{
    /// <summary>The most values of A that are given as indicators.</summary>
    public const int MostIndicators = 4096;

    /// <summary>The points that the functions of a training live on.</summary>
    /// <param name="bound">The context.</param>
    /// <param name="sample">The sample.</param>
    /// <param name="onInputs">Whether they are functions of x rather than of A.</param>
    /// <exception cref="InputException">The sample has no inputs, or A has too many values that are no rows.</exception>
    public static NetworkInputs Of(BoundContext bound, ContextSample sample, bool onInputs)
    {
        if (onInputs || bound.Space == BoundContext.SampleSpace)
        {
            return sample.Dimension == 0
                ? throw new InputException("the rows have no inputs; a network needs at least one")
                : new NetworkInputs(sample.Values, sample.Rows, sample.Dimension);
        }
        int m = bound.Atoms;
        if (bound.AtomInputs is { } points)
            return new NetworkInputs(points, m, points.Length / m);
        if (bound.AtomRows is { Dimension: > 0 } rows)
            return new NetworkInputs(rows.Values, m, rows.Dimension);
        if (m > MostIndicators)
            throw new InputException($"A has {m} values that are no rows of the sample ({bound.Space}); a network is given at most {MostIndicators} of them. The objectives supervised and kise train a network on x instead");
        var indicators = new double[m * m];
        for (int a = 0; a < m; a++)
            indicators[(a * m) + a] = 1;
        return new NetworkInputs(indicators, m, m);
    }

    /// <summary>Whether the values of A are rows with the inputs of the sample, so that a network on them can be given new rows as well.</summary>
    public static bool AreRows(BoundContext bound) => bound.Space == BoundContext.SampleSpace || bound.AtomInputs is not null;
}
