namespace ContextureGpu;

/// <summary>
/// A sum of contexts still being written: <c>a + b</c> or <c>0.3 * a + 0.7 * b</c>, to which more terms can be added, all of them with a weight
/// or none. It becomes a <see cref="Context"/>, a convex combination, where it is used as one; from then on its terms are a group, as between
/// parentheses in the text: <c>Context g = a + b; g + c</c> weighs them 1/4, 1/4 and 1/2, while <c>a + b + c</c> gives each a third.
/// </summary>
public sealed class ContextSum
{
    private readonly (double? Weight, Context Part)[] _terms;

    private ContextSum((double? Weight, Context Part)[] terms)
    {
        bool weighted = terms[0].Weight is not null;
        foreach ((double? weight, Context part) in terms)
        {
            if (weight is not null != weighted)
                throw new InputException("a sum has weights on some of its terms only; give every term a weight, or none");
            CombinationContext.Check(weight ?? 1, part);
        }
        _terms = terms;
    }

    /// <summary>The convex combination of the terms, their weights divided by their sum.</summary>
    /// <exception cref="InputException">The weights are too far apart to be normalised, or the expression is too long.</exception>
    public Context ToContext() => CombinationContext.Of([.. _terms.Select(term => (term.Weight ?? 1, term.Part))]);

    /// <summary>The canonical text of the combination.</summary>
    public override string ToString() => ToContext().ToString();

    /// <summary>The convex combination of the terms, as <see cref="ToContext"/>.</summary>
    public static implicit operator Context(ContextSum sum)
    {
        ArgumentNullException.ThrowIfNull(sum);
        return sum.ToContext();
    }

    /// <summary>One more term, without a weight as those before it.</summary>
    public static ContextSum operator +(ContextSum left, Context right) => new([.. Terms(left), Term(right)]);

    /// <summary>One more term in front, without a weight as those after it.</summary>
    public static ContextSum operator +(Context left, ContextSum right) => new([Term(left), .. Terms(right)]);

    /// <summary>One more term, with a weight as those before it.</summary>
    public static ContextSum operator +(ContextSum left, WeightedContext right) => new([.. Terms(left), Term(right)]);

    /// <summary>One more term in front, with a weight as those after it.</summary>
    public static ContextSum operator +(WeightedContext left, ContextSum right) => new([Term(left), .. Terms(right)]);

    /// <summary>The terms of both.</summary>
    public static ContextSum operator +(ContextSum left, ContextSum right) => new([.. Terms(left), .. Terms(right)]);

    /// <summary>The sum as one term of another, with its weight.</summary>
    public static WeightedContext operator *(double weight, ContextSum part) => new(weight, part);

    /// <summary>Convolution: first <paramref name="left"/>, then <paramref name="right"/>.</summary>
    public static Context operator *(ContextSum left, ContextSum right) => Context.Convolve(left, right);

    /// <summary>Concatenation, the dimension shared evenly.</summary>
    public static Context operator |(ContextSum left, ContextSum right) => Context.Concatenate((Context)left, (Context)right);

    internal static ContextSum Of(Context left, Context right) => new([Term(left), Term(right)]);

    internal static ContextSum Of(WeightedContext left, WeightedContext right) => new([Term(left), Term(right)]);

    private static (double?, Context)[] Terms(ContextSum sum)
    {
        ArgumentNullException.ThrowIfNull(sum);
        return sum._terms;
    }

    private static (double?, Context) Term(Context part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return (null, part);
    }

    private static (double?, Context) Term(WeightedContext term)
    {
        ArgumentNullException.ThrowIfNull(term);
        return (term.Weight, term.Part);
    }
}
