namespace ContextureGpu;

/// <summary>Walks through an expression.</summary>
internal static class ContextTree
{
    /// <summary>The simple contexts of an expression, from left to right; those behind a mask too, but not those on a second modality.</summary>
    public static IEnumerable<Context> Leaves(Context context) => context switch
    {
        ConvolutionContext chain => chain.Factors.SelectMany(Leaves),
        CombinationContext sum => sum.Terms.SelectMany(t => Leaves(t.Part)),
        ConcatenationContext list => list.Parts.SelectMany(p => Leaves(p.Part)),
        MaskContext mask => Leaves(mask.Then),
        _ => [context],
    };

    /// <summary>The expression with every simple context on the data, masked or not, replaced by what <paramref name="leaf"/> makes of it.</summary>
    public static Context Replace(Context context, Func<Context, Context> leaf) => context switch
    {
        ConvolutionContext chain => Context.Convolve([.. chain.Factors.Select(f => Replace(f, leaf))]),
        CombinationContext sum => Context.Combine([.. sum.Terms.Select(p => (p.Weight, Replace(p.Part, leaf)))]),
        ConcatenationContext list => Context.Concatenate([.. list.Parts.Select(p => (Replace(p.Part, leaf), p.Dimension))]),
        MaskContext mask => new MaskContext(mask.Rate, mask.Draws, Replace(mask.Then, leaf), mask.Seed),
        _ => leaf(context),
    };
}
