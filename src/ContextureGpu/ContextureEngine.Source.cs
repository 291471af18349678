namespace ContextureGpu;

/// <content>Opens contexts to be drawn from.</content>
public sealed partial class ContextureEngine
{
    /// <summary>A context on a sample, to draw values of A from.</summary>
    /// <param name="x">Inputs; row i is <c>x[i, *]</c>.</param>
    /// <param name="context">The context, no concatenation and not given by a dual kernel.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The inputs and the context do not fit together, or the context has no law of A given x; the message says how.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ContextSource OpenSource(double[,] x, Context context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return OpenSource(Sample(Flat(x), x.GetLength(0)), context, cancellationToken);
    }

    /// <inheritdoc cref="OpenSource(double[,], Context, CancellationToken)"/>
    /// <param name="x">Inputs, row-major (rows, columns).</param>
    /// <param name="rows">Number of rows, at least 1.</param>
    /// <param name="context">The context, no concatenation and not given by a dual kernel.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public ContextSource OpenSource(ReadOnlySpan<double> x, int rows, Context context, CancellationToken cancellationToken = default) =>
        OpenSource(Sample(x, rows), context, cancellationToken);

    /// <inheritdoc cref="OpenSource(double[,], Context, CancellationToken)"/>
    /// <param name="table">The table; columns that the context reads labels from are no inputs.</param>
    /// <param name="context">The context, no concatenation and not given by a dual kernel.</param>
    /// <param name="preprocessing">How columns become inputs, and which are left out; null for the defaults. Values are drawn as inputs.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public ContextSource OpenSource(DataTable table, Context context, PreprocessingOptions? preprocessing = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(context);
        preprocessing ??= new PreprocessingOptions();
        preprocessing = preprocessing with { Exclude = [.. preprocessing.Exclude, .. ContextTable.LabelColumns(context)] };
        (ContextSample sample, _) = ContextTable.Read(table, context, Preprocessing.Fit(table, preprocessing), null, out _);
        return OpenSource(sample, context, cancellationToken);
    }

    internal ContextSource OpenSource(ContextSample sample, Context context, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(context);
        if (context is ConcatenationContext)
            throw new InputException($"'{context}' is a concatenation, which has a law of A for each part; open its parts");
        if (ContextTree.Leaves(context).Any(FeatureBinding.IsDual))
            throw new InputException($"'{context}' is given by a dual kernel, which has no law of A given x to draw from");
        sample.CheckRange();
        ContextTable.ReadFiles(sample, context);
        Context resolved = ContextBinding.Resolve(context, sample);
        // Draws need no device: a law that is searched for on one is there once something was drawn from it.
        return OnDevice(
            device =>
            {
                BoundContext bound = ContextBinding.Bind(resolved, sample, device, cancellationToken);
                var random = new UniformDraws(0, 0);
                bound.DrawOne(0, ref random);
                return new ContextSource(context, bound, FreshValues.Of(resolved, sample, device, cancellationToken));
            },
            []);
    }
}
