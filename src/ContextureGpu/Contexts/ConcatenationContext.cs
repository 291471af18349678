namespace ContextureGpu;

/// <summary>The features of several contexts side by side. Concatenations of concatenations are one list.</summary>
internal sealed class ConcatenationContext : Context
{
    internal const string AcceptedDimension = "an integer of at least 1";
    internal const string RefusedInside = "a concatenation cannot be part of a product or a sum: it sets features side by side and is no law of its own";

    private ConcatenationContext(IReadOnlyList<(Context Part, int? Dimension)> parts)
        : base(string.Join(" | ", parts.Select(Text)), parts.Max(part => part.Part.Depth + (NeedsParentheses(part) ? 1 : 0)))
    {
        Parts = parts;
    }

    /// <summary>At least two parts, none of them a concatenation; a dimension, where there is one, is at least 1.</summary>
    public IReadOnlyList<(Context Part, int? Dimension)> Parts { get; }

    /// <summary>The concatenation of the parts, or the only one.</summary>
    public static Context Of(IReadOnlyList<(Context Part, int? Dimension)> parts)
    {
        if (parts.Count == 0)
            throw new InputException("a concatenation has no part; it must have at least one");
        var flat = new List<(Context, int?)>(parts.Count);
        foreach ((Context part, int? dimension) in parts)
        {
            ArgumentNullException.ThrowIfNull(part, nameof(parts));
            if (dimension is int given && !AcceptsDimension(given))
                throw new InputException($"the dimension of {ContextText.Shown(part.ToString())} is {ContextText.Number(given)}; it must be "
                    + AcceptedDimension);
            flat.AddRange(part is ConcatenationContext inner ? inner.WithDimension(dimension) : [(part, dimension)]);
        }
        if (parts.Count > 1)
            return new ConcatenationContext(flat.AsReadOnly());
        return parts[0].Dimension is null
            ? parts[0].Part
            : throw new InputException($"{ContextText.Shown(parts[0].Part.ToString())} stands alone with a dimension, "
                + "which belongs to a part of a concatenation");
    }

    /// <summary>Whether a number can be the dimension of a part.</summary>
    public static bool AcceptsDimension(int dimension) => dimension >= 1;

    /// <summary>
    /// How many features each part has when there are <paramref name="dimension"/> in all: a part with a dimension has that many, the others share
    /// the rest evenly, the first of them one more each while there is a remainder.
    /// </summary>
    /// <exception cref="InputException">The dimensions given do not sum to <paramref name="dimension"/>, or a part would have no feature.</exception>
    public IReadOnlyList<int> Split(int dimension)
    {
        long given = Parts.Sum(part => (long)(part.Dimension ?? 0));
        int open = Parts.Count(part => part.Dimension is null);
        if (open == 0 && given != dimension)
            throw new InputException($"the dimensions of the parts of {ContextText.Shown(ToString())} sum to {given}; "
                + $"the dimension asked for is {dimension} and must be the same");
        if (open > 0 && dimension - given < open)
            throw new InputException($"{ContextText.Shown(ToString())} needs a dimension of at least {given + open}, one for every part "
                + $"without its own; the dimension asked for is {dimension}");
        (long share, long remainder) = open == 0 ? (0, 0) : Math.DivRem(dimension - given, open);
        return [.. Parts.Select(part => part.Dimension ?? (int)(share + (remainder-- > 0 ? 1 : 0)))];
    }

    private IEnumerable<(Context, int?)> WithDimension(int? dimension) =>
        dimension is int sum ? Parts.Zip(Split(sum), (part, own) => (part.Part, (int?)own)) : Parts;

    private static bool NeedsParentheses((Context Part, int? Dimension) part) =>
        part is { Dimension: not null, Part: CombinationContext or ConvolutionContext };

    private static string Text((Context Part, int? Dimension) part)
    {
        string text = NeedsParentheses(part) ? $"({part.Part})" : part.Part.ToString();
        return part.Dimension is int dimension ? $"{text}[{ContextText.Number(dimension)}]" : text;
    }
}
