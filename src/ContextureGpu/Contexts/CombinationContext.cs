namespace ContextureGpu;

/// <summary>
/// A convex combination: one of the parts, drawn with the probabilities given. A combination of combinations is multiplied out.
/// </summary>
internal sealed class CombinationContext : Context
{
    internal const string AcceptedWeight = "a positive finite number";

    // Sums this close to 1 stay as they are, so that weights written out and read back do not change.
    private const double SumTolerance = 1e-12;

    private CombinationContext((double Weight, Context Part)[] terms)
        : base(Text(terms), terms.Max(term => term.Part.Depth))
    {
        Terms = terms.AsReadOnly();
    }

    /// <summary>At least two terms; the weights are positive with sum 1, and no part is a combination or a concatenation.</summary>
    public IReadOnlyList<(double Weight, Context Part)> Terms { get; }

    /// <summary>The combination of the terms with their weights divided by the sum, or the only part.</summary>
    public static Context Of(IReadOnlyList<(double Weight, Context Part)> terms)
    {
        if (terms.Count == 0)
            throw new InputException("a convex combination has no term; it must have at least one");
        foreach ((double weight, Context part) in terms)
        {
            ArgumentNullException.ThrowIfNull(part, nameof(terms));
            Check(weight, part);
        }
        if (terms.Count == 1)
            return terms[0].Part;
        return new CombinationContext(Normalized([.. Normalized([.. terms]).SelectMany(MultipliedOut)]));
    }

    /// <summary>Refuses a weight or a part that no combination can have.</summary>
    public static void Check(double weight, Context part)
    {
        if (!AcceptsWeight(weight))
            throw new InputException($"a weight is {ContextText.Number(weight)}; it must be {AcceptedWeight}");
        if (part is ConcatenationContext)
            throw new InputException(ConcatenationContext.RefusedInside);
    }

    /// <summary>Whether a number can be a weight.</summary>
    public static bool AcceptsWeight(double weight) => weight > 0 && double.IsFinite(weight);

    /// <summary>Whether weights with this sum are taken as they are.</summary>
    public static bool IsOne(double sum) => Math.Abs(sum - 1) <= SumTolerance;

    private static IEnumerable<(double, Context)> MultipliedOut((double Weight, Context Part) term) =>
        term.Part is CombinationContext inner ? inner.Terms.Select(t => (term.Weight * t.Weight, t.Part)) : [term];

    private static (double Weight, Context Part)[] Normalized((double Weight, Context Part)[] terms)
    {
        double sum = terms.Sum(term => term.Weight);
        if (!IsOne(sum))
            terms = [.. terms.Select(term => (term.Weight / sum, term.Part))];
        if (!terms.All(term => AcceptsWeight(term.Weight)))
            throw new InputException("the weights of a convex combination are too large or too far apart to be divided by their sum");
        return AllEqual(terms) ? [.. terms.Select(term => (1.0 / terms.Length, term.Part))] : terms;
    }

    private static bool AllEqual((double Weight, Context Part)[] terms) => terms.All(term => term.Weight == terms[0].Weight);

    private static string Text((double Weight, Context Part)[] terms) => string.Join(" + ", AllEqual(terms)
        ? terms.Select(term => term.Part.ToString())
        : terms.Select(term => $"{ContextText.Number(term.Weight)} {term.Part}"));
}
