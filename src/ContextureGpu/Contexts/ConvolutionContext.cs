namespace ContextureGpu;

/// <summary>One context after the other, the first one first. Convolution is associative, so products of products are one list.</summary>
internal sealed class ConvolutionContext : Context
{
    private ConvolutionContext(IReadOnlyList<Context> factors)
        : base(string.Join(" * ", factors.Select(Text)), factors.Max(factor => factor.Depth + (factor is CombinationContext ? 1 : 0)))
    {
        Factors = factors;
    }

    /// <summary>At least two factors, none of them a convolution or a concatenation.</summary>
    public IReadOnlyList<Context> Factors { get; }

    /// <summary>The product of the factors, or the only one.</summary>
    public static Context Of(IReadOnlyList<Context> factors)
    {
        if (factors.Count == 0)
            throw new InputException("a convolution has no factor; it must have at least one");
        var flat = new List<Context>(factors.Count);
        foreach (Context factor in factors)
        {
            ArgumentNullException.ThrowIfNull(factor, nameof(factors));
            flat.AddRange(factor is ConvolutionContext inner ? inner.Factors : [factor]);
        }
        if (flat.Count == 1)
            return flat[0];
        return flat.Any(factor => factor is ConcatenationContext)
            ? throw new InputException(ConcatenationContext.RefusedInside)
            : new ConvolutionContext(flat.AsReadOnly());
    }

    private static string Text(Context factor) => factor is CombinationContext ? $"({factor})" : factor.ToString();
}
