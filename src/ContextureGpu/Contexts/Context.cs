using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <summary>
/// A context: the law of a context variable given an input, written as an expression and not yet tied to any data.
/// Simple contexts (<see cref="Knn"/>, <see cref="Rbf"/>, <see cref="RbfMedian"/>, <see cref="Labels"/>, <see cref="Graph"/>) are mixed by
/// convolution <c>*</c>, convex combination <c>+</c> and concatenation <c>|</c> (Zhai, "Contextures", 2025).
/// Values are immutable and compare by content; <see cref="ToString"/> is canonical and <see cref="Parse(string)"/> reads it back.
/// </summary>
public abstract class Context : IEquatable<Context>
{
    /// <summary>The longest text, in characters, of an expression.</summary>
    internal const int MaximumTextLength = 64 * 1024;

    /// <summary>The deepest nesting of parentheses in an expression.</summary>
    internal const int MaximumDepth = 200;

    // Two contexts are equal exactly when their canonical texts are: the text leaves nothing out.
    private readonly string _text;

    /// <summary>A context with its canonical text and the depth of the parentheses in it.</summary>
    private protected Context(string text, int depth = 0)
    {
        if (text.Length > MaximumTextLength)
            throw new InputException($"the text of this context has {text.Length} characters; at most {MaximumTextLength} are accepted");
        if (depth > MaximumDepth)
            throw new InputException($"this context nests sums and products {depth} deep; at most {MaximumDepth} are accepted");
        _text = text;
        Depth = depth;
    }

    /// <summary>The depth of the parentheses in the canonical text.</summary>
    internal int Depth { get; }

    /// <summary>One of the nearest neighbours of x in the sample, equiprobable.</summary>
    /// <param name="k">The number of neighbours, at least 1.</param>
    /// <param name="self">Whether a point of the sample is the first of its own neighbours.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="search">How neighbours within the sample are found; those of new rows are always found exactly.</param>
    /// <param name="seed">Key of the draws of an approximate search; 0 for an exact one.</param>
    /// <param name="graph">Which neighbours count; a graph that is not directed takes the exact search.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context Knn(
        int k, KnnSelf self = KnnSelf.Included, NeighborMetric metric = NeighborMetric.Euclidean, KnnSearch search = KnnSearch.Exact, ulong seed = 0,
        KnnGraph graph = KnnGraph.Directed) => new KnnContext(
        k,
        self switch
        {
            KnnSelf.Included => true,
            KnnSelf.Excluded => false,
            _ => throw new InputException($"self is {self}; it must be {KnnSelf.Included} or {KnnSelf.Excluded}"),
        },
        metric, search, seed, graph);

    /// <summary>A point a of the sample, drawn with probability proportional to exp(-gamma ||x - a||^2).</summary>
    /// <param name="gamma">The inverse squared length scale, positive and finite.</param>
    /// <exception cref="InputException"><paramref name="gamma"/> is out of its range.</exception>
    public static Context Rbf(double gamma) => new RbfContext(gamma);

    /// <summary>As <see cref="Rbf"/>, with gamma taken from the median distance between points of the sample.</summary>
    public static Context RbfMedian() => new RbfContext(null);

    /// <summary>
    /// As <see cref="Rbf"/>, <see cref="Laplacian"/> or <see cref="Exponential"/>, with gamma one over the median, over the rows of the sample, of what the kernel takes (squared distance,
    /// sum of absolute differences, distance) to the k-th nearest other row: one scale for all rows, that of their neighbourhoods.
    /// </summary>
    /// <param name="k">Number of the neighbour, at least 1.</param>
    /// <param name="kind">The kernel.</param>
    /// <exception cref="InputException"><paramref name="k"/> is out of its range.</exception>
    public static Context NeighborScaled(int k = RbfContext.DefaultNeighbor, RadialKernelKind kind = RadialKernelKind.Gaussian) => RbfContext.Scaled(k, kind);

    /// <summary>
    /// A point a of the sample, drawn with probability proportional to exp(-||x - a||^2 / (sigma_x sigma_a)), sigma the distance of either to its k-th nearest other row of the sample: every
    /// neighbourhood has its own scale (Zelnik-Manor and Perona, NIPS 2004). Of the other kernels likewise, exp(-delta / sqrt(tau_x tau_a)) with tau what delta is to that row.
    /// </summary>
    /// <param name="k">Number of the neighbour, at least 1 and above the number of rows that equal any one.</param>
    /// <param name="kind">The kernel.</param>
    /// <exception cref="InputException"><paramref name="k"/> is out of its range, or there is no such kernel.</exception>
    public static Context LocallyScaled(int k = RbfContext.DefaultNeighbor, RadialKernelKind kind = RadialKernelKind.Gaussian) => new LocallyScaledContext(k, kind);

    /// <summary>A point a of the sample, drawn with probability proportional to exp(-gamma sum_f |x_f - a_f|).</summary>
    /// <param name="gamma">The inverse length scale, positive and finite; null for one over the median of the sums in the sample.</param>
    /// <exception cref="InputException"><paramref name="gamma"/> is out of its range.</exception>
    public static Context Laplacian(double? gamma) => new RbfContext(gamma, RadialKernelKind.Laplacian);

    /// <summary>A point a of the sample, drawn with probability proportional to exp(-gamma ||x - a||).</summary>
    /// <param name="gamma">The inverse length scale, positive and finite; null for one over the median distance in the sample.</param>
    /// <exception cref="InputException"><paramref name="gamma"/> is out of its range.</exception>
    public static Context Exponential(double? gamma) => new RbfContext(gamma, RadialKernelKind.Exponential);

    /// <summary>A point a of the sample, drawn with probability proportional to exp(gamma cos(x, a)); no row may be zero.</summary>
    /// <param name="gamma">The concentration, positive and finite.</param>
    /// <exception cref="InputException"><paramref name="gamma"/> is out of its range.</exception>
    public static Context Cosine(double gamma) => new CosineContext(gamma);

    /// <summary>The class of x.</summary>
    /// <param name="column">The name of the column that holds the classes.</param>
    /// <param name="noise">Symmetric label noise in [0, 1): with this probability the class is replaced by another one, drawn uniformly.</param>
    /// <exception cref="InputException"><paramref name="noise"/> is out of its range.</exception>
    public static Context Labels(string column, double noise = 0) => new LabelsContext(column, noise);

    /// <summary>A row of the sample whose number y' is near that of x: with probability proportional to exp(-(y - y')^2 / (2 h^2)).</summary>
    /// <param name="column">The name of the column that holds the numbers.</param>
    /// <param name="smoothing">h in standard deviations of the column, positive and finite.</param>
    /// <exception cref="InputException"><paramref name="smoothing"/> is out of its range.</exception>
    public static Context Target(string column, double smoothing) => new TargetContext(column, smoothing);

    /// <summary>One of several classes, with the probabilities that stand in a column for each; the numbers of a row are divided by their sum.</summary>
    /// <param name="columns">The names of at least two columns.</param>
    /// <exception cref="InputException">There are fewer, or two are the same.</exception>
    public static Context SoftLabels(params string[] columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        return columns.FirstOrDefault(c => c.Contains(',', StringComparison.Ordinal)) is { } bad
            ? throw new InputException($"the name '{bad}' of a column has a comma in it, which labels(columns=...) cannot express; rename it")
            : new SoftLabelsContext(string.Join(',', columns));
    }

    /// <summary>One step of the random walk on a weighted graph over the sample, every edge walked both ways.</summary>
    /// <param name="file">The file that holds the edges, not empty; it is not opened here.</param>
    /// <exception cref="InputException"><paramref name="file"/> is empty.</exception>
    public static Context Graph(string file) => new GraphContext(file);

    /// <summary>
    /// One step along the edges of a directed graph. The weights of all edges are one joint law: P_X is proportional to what leaves a row, P_A to what enters one.
    /// </summary>
    /// <inheritdoc cref="Graph"/>
    public static Context DirectedGraph(string file) => new GraphContext(file, isDirected: true);

    /// <summary>First to the row's partner in a second modality, then a context there.</summary>
    /// <param name="file">The features file of the second modality, a row for each row of the data; it is not opened here.</param>
    /// <param name="then">A context on the rows of that file.</param>
    /// <exception cref="InputException"><paramref name="file"/> is empty, or <paramref name="then"/> is a concatenation.</exception>
    public static Context Pairs(string file, Context then) => new PairsContext(file, then);

    /// <summary>x with Gaussian noise, <c>a = x + sigma z</c>; the values that were drawn stand for all, with their exact posterior over the sample.</summary>
    /// <param name="sigma">Standard deviation, positive and finite.</param>
    /// <param name="draws">Values of A, at least 1; null for as many as there are rows.</param>
    /// <param name="seed">Key of the draws.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context GaussianNoise(double sigma, int? draws = null, ulong seed = 0) => new NoiseContext(sigma, null, new ContextDraws(draws, seed));

    /// <summary>The diffusion schedule, <c>a = sqrt(1 - t) x + sqrt(t) z</c>.</summary>
    /// <param name="time">t, above 0 and below 1.</param>
    /// <param name="draws">As for <see cref="GaussianNoise"/>.</param>
    /// <param name="seed">As for <see cref="GaussianNoise"/>.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context Diffusion(double time, int? draws = null, ulong seed = 0) => new NoiseContext(null, time, new ContextDraws(draws, seed));

    /// <summary>x with some columns replaced by values of their marginals, each for itself (SCARF, Bahri et al. 2022).</summary>
    /// <param name="rate">Probability that a column is replaced, above 0 and below 1.</param>
    /// <param name="draws">As for <see cref="GaussianNoise"/>.</param>
    /// <param name="seed">As for <see cref="GaussianNoise"/>.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    /// <param name="marginal">Where the values come from.</param>
    public static Context Scarf(double rate, int? draws = null, ulong seed = 0, ScarfMarginal marginal = ScarfMarginal.Empirical) =>
        new ScarfContext(rate, new ContextDraws(draws, seed), marginal);

    /// <summary>x with some columns taken from one other random row of the sample; the pixels of a box, where the inputs are an image (CutMix, Yun et al. 2019).</summary>
    /// <param name="rate">Probability that a column is taken from the other row, or the share of the image that the box has; above 0 and below 1.</param>
    /// <param name="width">Pixels of a row of the image, at least 1; null for columns that have no place.</param>
    /// <param name="draws">As for <see cref="GaussianNoise"/>.</param>
    /// <param name="seed">As for <see cref="GaussianNoise"/>.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context CutMix(double rate, int? width = null, int? draws = null, ulong seed = 0) => new CutMixContext(rate, width, new ContextDraws(draws, seed));

    /// <summary>What remains to be seen of an image behind a square, and where the square is; all its places inside the image are equiprobable (DeVries and Taylor 2017).</summary>
    /// <param name="width">Pixels of a row of the image, at least 1.</param>
    /// <param name="size">Side of the square, at least 1.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context Cutout(int width, int size) => new CutoutContext(width, size);

    /// <summary>The columns of x that a random mask leaves visible, and the mask (BERT; cutout).</summary>
    /// <param name="rate">Probability that a column is masked, above 0 and below 1.</param>
    /// <param name="draws">Masks, at least 1; null for all of them with their probabilities, for at most 14 columns.</param>
    /// <param name="seed">Key of the masks.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context Tokens(double rate, int? draws = TokensContext.DefaultDraws, ulong seed = 0) => new TokensContext(rate, draws, seed);

    /// <summary>Another context on the columns that a random mask leaves visible, averaged over masks.</summary>
    /// <param name="rate">Probability that a column is hidden, above 0 and below 1.</param>
    /// <param name="then">The context that follows, not a concatenation.</param>
    /// <param name="draws">Masks, at least 1.</param>
    /// <param name="seed">Key of the masks.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context Mask(double rate, Context then, int draws = MaskContext.DefaultDraws, ulong seed = 0) => new MaskContext(rate, draws, then, seed);

    /// <summary>Random views of small grey images: shifted, mirrored, with Gaussian noise.</summary>
    /// <param name="width">Pixels of a row of the image, at least 1; the inputs are the image row by row.</param>
    /// <param name="noise">Standard deviation of the noise, positive and finite.</param>
    /// <param name="shift">Most pixels of a shift in each direction.</param>
    /// <param name="mirror">Whether half of the views are mirrored.</param>
    /// <param name="draws">As for <see cref="GaussianNoise"/>.</param>
    /// <param name="seed">As for <see cref="GaussianNoise"/>.</param>
    /// <exception cref="InputException">An argument is out of its range.</exception>
    public static Context Views(int width, double noise, int shift = 0, ImageMirror mirror = ImageMirror.Never, int? draws = null, ulong seed = 0) =>
        new ViewsContext(width, shift, mirror == ImageMirror.Horizontal, noise, new ContextDraws(draws, seed));

    /// <summary>
    /// The dual kernel <c>1 + &lt;phi(x), phi(x')&gt;</c> of a teacher's features, centred and scaled to the largest singular value 1. It has no law of A given x, so nothing can follow it.
    /// </summary>
    /// <param name="file">The features file, a row for each row of the data; it is not opened here.</param>
    /// <param name="whiten">
    /// Above 0 and below 1: every principal direction whose standard deviation is at least so many times the largest gets s = 1, the others are left out. Null for features as they are.
    /// </param>
    /// <exception cref="InputException"><paramref name="file"/> is empty, or <paramref name="whiten"/> is out of its range.</exception>
    public static Context Teacher(string file, double? whiten = null) => new TeacherContext(file, whiten);

    /// <summary>The dual kernel <c>1 + c k(x, x')</c> of a positive semidefinite matrix k, centred and scaled to the largest singular value 1. Nothing can follow it.</summary>
    /// <param name="file">A .npy file with a row and a column for each row of the data; it is not opened here.</param>
    /// <exception cref="InputException"><paramref name="file"/> is empty.</exception>
    public static Context Kernel(string file) => KernelContext.OfFile(file);

    /// <summary>As <see cref="Kernel(string)"/>, by code.</summary>
    /// <param name="kernel">The kernel, positive semidefinite once it is centred.</param>
    /// <exception cref="InputException">Its name is empty.</exception>
    public static Context Kernel(ContextKernel kernel)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        return KernelContext.Named(kernel.Name, kernel);
    }

    /// <summary>The linear dual kernel of a number, <c>1 + z z'</c> with z the standardised number: its only singular function. Nothing can follow it.</summary>
    /// <param name="column">The name of the column that holds the numbers.</param>
    public static Context LinearTarget(string column) => new LinearTargetContext(column);

    /// <summary>A law of one's own.</summary>
    /// <param name="law">The law.</param>
    /// <exception cref="InputException">Its name is empty.</exception>
    public static Context Custom(ContextLaw law)
    {
        ArgumentNullException.ThrowIfNull(law);
        return new CustomContext(law.Name, law);
    }

    /// <summary>Convolution: the contexts one after the other, the first one first. One context alone is returned as it is.</summary>
    /// <exception cref="InputException">There is no factor, or one is a concatenation.</exception>
    public static Context Convolve(params Context[] factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        return ConvolutionContext.Of(factors);
    }

    /// <summary>
    /// Convex combination: part i with probability proportional to weight i; the weights are positive and are divided by their sum.
    /// A part that is itself a combination is multiplied out. One context alone is returned as it is.
    /// </summary>
    /// <exception cref="InputException">There is no term, a weight is not a positive number, or a part is a concatenation.</exception>
    public static Context Combine(params (double Weight, Context Part)[] terms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return CombinationContext.Of(terms);
    }

    /// <summary>Concatenation: the features of every part side by side, the dimension shared evenly. One context alone is returned as it is.</summary>
    /// <exception cref="InputException">There is no part.</exception>
    public static Context Concatenate(params Context[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return ConcatenationContext.Of([.. parts.Select(part => (part, (int?)null))]);
    }

    /// <summary>
    /// Concatenation: the features of every part side by side. A part with a dimension (at least 1) has that many features; the others share
    /// the rest evenly. A part that is itself a concatenation takes its place part by part, its dimension shared out among them.
    /// </summary>
    /// <exception cref="InputException">There is no part, a dimension is below 1, or one context stands alone with a dimension.</exception>
    public static Context Concatenate(params (Context Part, int? Dimension)[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return ConcatenationContext.Of(parts);
    }

    /// <summary>Reads an expression, for example <c>0.3 knn(k=5) * rbf(gamma=1) + 0.7 labels(column=class)</c>.</summary>
    /// <exception cref="ContextSyntaxException">The text is no expression; the exception has the column and what was expected there.</exception>
    public static Context Parse(string text) => Parse(text, out _);

    /// <summary>Reads an expression and tells what was changed in reading it: weights that did not sum to 1 are divided by their sum.</summary>
    /// <exception cref="ContextSyntaxException">The text is no expression; the exception has the column and what was expected there.</exception>
    public static Context Parse(string text, out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ContextParser.Parse(text, out warnings);
    }

    /// <summary>Convolution: first <paramref name="left"/>, then <paramref name="right"/>.</summary>
    public static Context operator *(Context left, Context right) => Convolve(left, right);

    /// <summary>The first two terms of a sum in which all terms weigh equally: <c>a + b + c</c> gives each a third.</summary>
    public static ContextSum operator +(Context left, Context right) => ContextSum.Of(left, right);

    /// <summary>A term of a sum with its weight, positive and finite.</summary>
    public static WeightedContext operator *(double weight, Context part) => new(weight, part);

    /// <summary>Concatenation, the dimension shared evenly.</summary>
    public static Context operator |(Context left, Context right) => Concatenate(left, right);

    /// <summary>Whether the two are the same expression.</summary>
    public static bool operator ==(Context? left, Context? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the two are different expressions.</summary>
    public static bool operator !=(Context? left, Context? right) => !(left == right);

    /// <inheritdoc/>
    public bool Equals(Context? other) => other is not null && string.Equals(_text, other._text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as Context);

    /// <inheritdoc/>
    public sealed override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The canonical text: <see cref="Parse(string)"/> gives an equal context from it.</summary>
    public sealed override string ToString() => _text;
}
