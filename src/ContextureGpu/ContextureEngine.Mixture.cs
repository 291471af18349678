namespace ContextureGpu;

/// <content>Advises on mixtures of contexts.</content>
public sealed partial class ContextureEngine
{
    /// <summary>Shares of the strong contexts that are tried in a convex combination.</summary>
    private static readonly double[] StrongShares = [0.1, 0.25, 0.5, 0.75, 0.9];

    /// <summary>Judges contexts and proposes a mixture of them by the rule of the theory: all weak, concatenate; all strong, convolve; both, combine.</summary>
    /// <param name="x">Inputs; row i is <c>x[i, *]</c>.</param>
    /// <param name="contexts">At least two, none of them a concatenation.</param>
    /// <param name="options">How they are judged; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The inputs, the options or the contexts do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">No result that is finite was reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public MixtureAdvice AdviseMixture(
        double[,] x, IReadOnlyList<Context> contexts, EvaluationOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        ContextSample sample = Sample(Flat(x), x.GetLength(0));
        return Advise(contexts, context => Evaluate(sample, context, [], options, progress, cancellationToken));
    }

    /// <inheritdoc cref="AdviseMixture(double[,], IReadOnlyList{Context}, EvaluationOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    /// <param name="table">The table; targets among its columns are left out by <see cref="EvaluationOptions.Preprocessing"/>.</param>
    /// <param name="contexts">At least two, none of them a concatenation.</param>
    /// <param name="options">How they are judged; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public MixtureAdvice AdviseMixture(
        DataTable table, IReadOnlyList<Context> contexts, EvaluationOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        // Columns that one of them reads labels from are inputs of none, so that all are judged on the same inputs.
        options ??= new EvaluationOptions();
        string[] labels = [.. contexts.Where(c => c is not null).SelectMany(ContextTable.LabelColumns).Distinct(StringComparer.Ordinal)];
        EvaluationOptions common = options with { Preprocessing = options.Preprocessing with { Exclude = [.. options.Preprocessing.Exclude, .. labels] } };
        return Advise(contexts, context => Evaluate(table, context, [], common, progress, cancellationToken));
    }

    private static MixtureAdvice Advise(IReadOnlyList<Context> contexts, Func<Context, ContextReport> judge)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        if (contexts.Count < 2)
            throw new InputException($"there is {contexts.Count} context to mix; at least two are needed");
        if (contexts.FirstOrDefault(c => c is ConcatenationContext) is { } list)
            throw new InputException($"'{list}' is a concatenation already; give its parts");
        ContextReport[] reports = [.. contexts.Select(judge)];
        ContextReport[] weak = Of(AssociationVerdict.TooWeak), strong = Of(AssociationVerdict.TooStrong), moderate = Of(AssociationVerdict.Moderate);
        if (moderate.Length > 0)
        {
            ContextReport best = moderate.MinBy(r => r.Tau.Value)!;
            return new MixtureAdvice(reports, MixingOperation.None, best.Context, best, [], $"{best.Context} is moderate as it is{(moderate.Length > 1 ? ", with the smallest tau of those that are" : "")}");
        }
        if (strong.Length == 0)
            return Proposal(MixingOperation.Concatenation, Context.Concatenate([.. contexts]), $"all {reports.Length} are too weak: side by side they are stronger");
        if (weak.Length == 0)
        {
            // Only the last of a chain may lead to something else than rows.
            ContextReport[] last = [.. reports.Where(r => r.Space != BoundContext.SampleSpace)];
            if (last.Length <= 1)
                return Proposal(
                    MixingOperation.Convolution, Context.Convolve([.. reports.Except(last).Concat(last).Select(r => r.Context)]),
                    $"all {reports.Length} are too strong: one after the other they are weaker");
            throw new InputException(
                $"all {reports.Length} contexts are too strong, but '{last[0].Context}' and '{last[1].Context}' lead to no rows, so neither can be followed by another; weaken each by a context that leads to rows");
        }
        ContextReport[] candidates = [.. StrongShares.Select(share => judge(Context.Combine([.. reports.Select(r => (Weight(r, share), r.Context))])))];
        ContextReport chosen = candidates.OrderBy(r => r.Association.Verdict == AssociationVerdict.Moderate ? 0 : 1).ThenBy(Distance).ThenBy(r => r.Tau.Value).First();
        return new MixtureAdvice(
            reports, MixingOperation.ConvexCombination, chosen.Context, chosen, [.. candidates.Where(r => r != chosen)],
            $"{weak.Length} of {reports.Length} are too weak and {strong.Length} too strong: a convex combination lies between, these weights nearest the middle of the {candidates.Length} tried");

        ContextReport[] Of(AssociationVerdict verdict) => [.. reports.Where(r => r.Association.Verdict == verdict)];

        MixtureAdvice Proposal(MixingOperation operation, Context proposed, string reason) => new(reports, operation, proposed, judge(proposed), [], reason);

        double Weight(ContextReport report, double share) => report.Association.Verdict == AssociationVerdict.TooStrong ? share / strong.Length : Math.Round(1 - share, 12) / weak.Length;

        // From the middle, on a logarithmic scale, of the numbers of features between which the association is moderate.
        static double Distance(ContextReport report) =>
            Math.Abs(Math.Log(report.Association.Decay.FeaturesToTenth) - Math.Log(Math.Sqrt(Association.FewestFeatures * report.SingularValues.Count)));
    }
}
