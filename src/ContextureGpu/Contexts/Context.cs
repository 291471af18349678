using System.Globalization;

namespace ContextureGpu;

/// <summary>
/// What representations are learned from: the law of a context variable A given an input x. An immutable value; contexts that say the same are equal.
/// <c>*</c> is convolution (first left, then right), <c>+</c> convex combination, <c>|</c> concatenation; <see cref="Parse(string)"/> reads the same algebra as text.
/// Definitions: Zhai, "Contextures" (2025); ICML 2025, PMLR 267.
/// </summary>
public abstract class Context : IEquatable<Context>
{
    private protected Context()
    {
    }

    /// <summary>A is one of the k nearest rows of the sample, equiprobable, the row itself among the candidates; ties go to the smaller row number.</summary>
    /// <param name="k">Neighbours, at least 1.</param>
    /// <exception cref="InputException">k is below 1.</exception>
    public static Context Knn(int k) => new KnnContext(k, IncludeSelf: true);

    /// <summary>As <see cref="Knn"/>, without the row itself.</summary>
    /// <param name="k">Neighbours, at least 1.</param>
    /// <exception cref="InputException">k is below 1.</exception>
    public static Context KnnWithoutSelf(int k) => new KnnContext(k, IncludeSelf: false);

    /// <summary>A is a row a of the sample with probability proportional to <c>exp(-gamma ||x - a||^2)</c>.</summary>
    /// <param name="gamma">Inverse squared width, positive and finite.</param>
    /// <exception cref="InputException">gamma is not.</exception>
    public static Context Rbf(double gamma) => new RbfContext(gamma);

    /// <summary>As <see cref="Rbf"/>, with gamma one over the median of the squared distances between rows of the sample.</summary>
    public static Context RbfMedian() => new RbfContext(null);

    /// <summary>A is the class of the row, read from a column.</summary>
    /// <param name="column">Name of the column.</param>
    /// <param name="noise">Probability with which the class is replaced by one of the others, equiprobable; in [0, 1).</param>
    /// <exception cref="InputException">The name is empty or the noise out of range.</exception>
    public static Context Labels(string column, double noise = 0) => new LabelsContext(column, noise);

    /// <summary>A is the other end of an edge of the row, with probability proportional to its weight.</summary>
    /// <param name="file">CSV of undirected edges: two columns of row numbers from 0, and optionally one of weights.</param>
    /// <exception cref="InputException">The name is empty.</exception>
    public static Context Graph(string file) => new GraphContext(file);

    /// <summary>Convex combination with the given weights, which are divided by their sum.</summary>
    /// <exception cref="InputException">There are fewer than two parts, or a weight is not positive and finite.</exception>
    public static Context Combine(params IReadOnlyList<(double Weight, Context Part)> parts) => new CombinationContext(parts);

    /// <summary>Convolution: first <paramref name="first"/>, then <paramref name="second"/>.</summary>
    public static Context operator *(Context first, Context second) => new ConvolutionContext([first, second]);

    /// <summary>Convex combination with equal weights for all terms of the sum: <c>a + b + c</c> weighs each by a third.</summary>
    public static Context operator +(Context first, Context second) => CombinationContext.AddEqual(first, second);

    /// <summary>Concatenation: the features of each, side by side.</summary>
    public static Context operator |(Context first, Context second) => new ConcatenationContext([(first, null), (second, null)]);

    /// <summary>Reads a context expression such as <c>0.3 knn(k=5) + 0.7 labels(column=class)</c>.</summary>
    /// <exception cref="ContextSyntaxException">The text is no context expression; the message points at the column.</exception>
    public static Context Parse(string text) => Parse(text, out _);

    /// <summary>As <see cref="Parse(string)"/>, and says what was changed: weights that did not sum to 1.</summary>
    /// <exception cref="ContextSyntaxException">The text is no context expression; the message points at the column.</exception>
    public static Context Parse(string text, out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parser = new ContextParser(text);
        Context context = parser.Parse();
        warnings = parser.Warnings;
        return context;
    }

    /// <summary>The canonical text; <see cref="Parse(string)"/> returns an equal context.</summary>
    public sealed override string ToString() => Text;

    /// <summary>Whether both say the same: their canonical texts agree.</summary>
    public bool Equals(Context? other) => other is not null && Text == other.Text;

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as Context);

    /// <inheritdoc/>
    public sealed override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    /// <summary>The canonical text.</summary>
    private protected abstract string Text { get; }

    /// <summary>How strongly the expression binds: 3 a name or a product's factor, 2 a product, 1 a sum, 0 a list.</summary>
    private protected virtual int Binding => 3;

    /// <summary>The text, in parentheses where it binds less than its surroundings ask for.</summary>
    internal string TextWithin(int binding) => Binding < binding ? $"({Text})" : Text;

    /// <summary>The shortest text that reads back as the same number.</summary>
    internal static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}

/// <summary>A context expression could not be read. The message shows the text with a mark under the place.</summary>
public sealed class ContextSyntaxException : InputException
{
    internal ContextSyntaxException(string text, int position, string problem)
        : base(Describe(text, position, problem)) => Column = position + 1;

    /// <summary>Where, counted from 1.</summary>
    public int Column { get; }

    private static string Describe(string text, int position, string problem)
    {
        // Control characters would move the mark, and a long text would hide it.
        string shown = new([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        int start = Math.Max(0, position - 60), end = Math.Min(shown.Length, position + 60);
        return $"context, column {position + 1}: {problem}\n  {shown[start..end]}\n  {new string(' ', position - start)}^";
    }
}
