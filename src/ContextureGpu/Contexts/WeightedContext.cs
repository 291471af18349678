namespace ContextureGpu;

/// <summary>A term of a sum with its weight, <c>0.3 * Context.Knn(5)</c>. It is no context by itself: a weight means nothing without other terms.</summary>
public sealed class WeightedContext
{
    internal WeightedContext(double weight, Context part)
    {
        ArgumentNullException.ThrowIfNull(part);
        CombinationContext.Check(weight, part);
        (Weight, Part) = (weight, part);
    }

    /// <summary>The weight, positive and finite, relative to those of the other terms.</summary>
    public double Weight { get; }

    /// <summary>The context that is weighed.</summary>
    public Context Part { get; }

    /// <summary>The first two terms of a weighted sum.</summary>
    public static ContextSum operator +(WeightedContext left, WeightedContext right) => ContextSum.Of(left, right);

    /// <summary>The weight is that of the whole product, as in the text <c>0.3 knn(k=5) * rbf(gamma=1)</c>.</summary>
    public static WeightedContext operator *(WeightedContext left, Context right)
    {
        ArgumentNullException.ThrowIfNull(left);
        return new(left.Weight, left.Part * right);
    }
}
