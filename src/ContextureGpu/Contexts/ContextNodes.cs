namespace ContextureGpu;

internal sealed class KnnContext : Context
{
    public KnnContext(int K, bool IncludeSelf)
    {
        if (K < 1)
            throw new InputException($"knn: k is {K}; it must be at least 1");
        (this.K, this.IncludeSelf) = (K, IncludeSelf);
    }

    public int K { get; }

    public bool IncludeSelf { get; }

    private protected override string Text => FormattableString.Invariant($"knn(k={K}{(IncludeSelf ? "" : ", self=false")})");
}

internal sealed class RbfContext : Context
{
    public RbfContext(double? gamma)
    {
        if (gamma is { } value && !(value > 0 && double.IsFinite(value)))
            throw new InputException($"rbf: gamma is {Number(value)}; it must be positive and finite, or median");
        Gamma = gamma;
    }

    /// <summary>Null for the median heuristic.</summary>
    public double? Gamma { get; }

    private protected override string Text => $"rbf(gamma={(Gamma is { } value ? Number(value) : "median")})";
}

internal sealed class LabelsContext : Context
{
    public LabelsContext(string column, double noise)
    {
        if (string.IsNullOrEmpty(column))
            throw new InputException("labels: the column has no name");
        if (!(noise is >= 0 and < 1))
            throw new InputException($"labels: noise is {Number(noise)}; it must lie in [0, 1)");
        (Column, Noise) = (column, noise);
    }

    public string Column { get; }

    public double Noise { get; }

    private protected override string Text => $"labels(column={ContextParser.Quote(Column)}{(Noise == 0 ? "" : $", noise={Number(Noise)}")})";
}

internal sealed class GraphContext : Context
{
    public GraphContext(string file)
    {
        if (string.IsNullOrEmpty(file))
            throw new InputException("graph: the file has no name");
        File = file;
    }

    public string File { get; }

    private protected override string Text => $"graph(file={ContextParser.Quote(File)})";
}

/// <summary>One after the other; products within products are the same product.</summary>
internal sealed class ConvolutionContext : Context
{
    public ConvolutionContext(IEnumerable<Context> factors)
    {
        Factors = [.. factors.SelectMany(f => f is ConvolutionContext inner ? inner.Factors : [f])];
        if (Factors.Any(f => f is ConcatenationContext))
            throw new InputException("a concatenation ('|') cannot be a factor of a convolution ('*'): it has no single law of A");
    }

    public IReadOnlyList<Context> Factors { get; }

    private protected override int Binding => 2;

    private protected override string Text => string.Join(" * ", Factors.Select(f => f.TextWithin(3)));
}

/// <summary>One of the parts at random; sums within sums are multiplied out.</summary>
internal sealed class CombinationContext : Context
{
    /// <summary>Weights that sum to 1 as closely as this are left as they are, so that a canonical text reads back unchanged.</summary>
    public const double SumTolerance = 1e-12;

    private readonly bool _isEqual;

    public CombinationContext(IReadOnlyList<(double Weight, Context Part)> parts)
    {
        if (parts.Count < 2)
            throw new InputException("a convex combination needs at least two parts");
        if (parts.Any(p => p.Part is ConcatenationContext))
            throw new InputException("a concatenation ('|') cannot be a part of a convex combination ('+'): it has no single law of A");
        foreach ((double weight, _) in parts)
        {
            if (!(weight > 0 && double.IsFinite(weight)))
                throw new InputException($"the weight {Number(weight)} must be positive and finite");
        }
        double sum = parts.Sum(p => p.Weight);
        if (!double.IsFinite(sum))
            throw new InputException("the weights are too large to be added");
        bool asGiven = Math.Abs(sum - 1) <= SumTolerance;
        Parts = [.. parts.SelectMany(p =>
            p.Part is CombinationContext inner
                ? inner.Parts.Select(q => ((asGiven ? p.Weight : p.Weight / sum) * q.Weight, q.Part))
                : [(asGiven ? p.Weight : p.Weight / sum, p.Part)])];
        if (Parts.Any(p => !(p.Weight > 0)))
            throw new InputException("a weight is too small beside the others");
        _isEqual = Parts.All(p => p.Weight == 1.0 / Parts.Count);
    }

    /// <summary>Parts and their probabilities.</summary>
    public IReadOnlyList<(double Weight, Context Part)> Parts { get; }

    private protected override int Binding => 1;

    private protected override string Text => string.Join(" + ", Parts.Select(p => _isEqual ? p.Part.TextWithin(2) : $"{Number(p.Weight)} {p.Part.TextWithin(2)}"));

    public static CombinationContext AddEqual(Context first, Context second)
    {
        IEnumerable<Context> terms = first is CombinationContext { _isEqual: true } sum ? sum.Parts.Select(p => p.Part) : [first];
        Context[] all = [.. terms, second];
        return new CombinationContext([.. all.Select(t => (1.0 / all.Length, t))]);
    }
}

/// <summary>The features of each part, side by side.</summary>
internal sealed class ConcatenationContext : Context
{
    public ConcatenationContext(IEnumerable<(Context Part, int? Dimension)> parts)
    {
        Parts = [.. parts.SelectMany(p => p.Part is ConcatenationContext inner && p.Dimension is null ? inner.Parts : [p])];
        foreach ((Context part, int? dimension) in Parts)
        {
            if (dimension is < 1)
                throw new InputException($"{part}[{dimension}]: a part needs at least one feature");
            if (part is ConcatenationContext)
                throw new InputException($"({part})[{dimension}]: give each part of a concatenation its own dimension");
        }
    }

    /// <summary>Parts and how many features each gives; null shares what is left evenly.</summary>
    public IReadOnlyList<(Context Part, int? Dimension)> Parts { get; }

    private protected override int Binding => 0;

    private protected override string Text => string.Join(" | ", Parts.Select(p => p.Part.TextWithin(1) + (p.Dimension is { } d ? FormattableString.Invariant($"[{d}]") : "")));

    /// <summary>Features of each part when there are <paramref name="dimension"/> in all: those without a number share the rest evenly, the first of them get what is left over.</summary>
    /// <exception cref="InputException">The numbers do not fit.</exception>
    public int[] Split(int dimension)
    {
        long given = Parts.Sum(p => (long)(p.Dimension ?? 0));
        int open = Parts.Count(p => p.Dimension is null);
        if (open == 0 && given != dimension)
            throw new InputException($"the parts of '{this}' have {given} features in all, but the dimension is {dimension}");
        if (dimension - given < open)
            throw new InputException($"a dimension of {dimension} leaves {Math.Max(0, dimension - given)} features for {open} parts of '{this}'; each needs at least one");
        (long share, long extra) = open == 0 ? (0, 0) : Math.DivRem(dimension - given, open);
        return [.. Parts.Select(p => p.Dimension ?? (int)(share + (extra-- > 0 ? 1 : 0)))];
    }
}
