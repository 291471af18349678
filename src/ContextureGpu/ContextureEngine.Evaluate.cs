using System.Diagnostics;
using System.Numerics.Tensors;
using ContextureGpu.Encoders;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <content>Judges contexts.</content>
public sealed partial class ContextureEngine
{
    /// <summary>Rows that a probe sees at most; more are thinned at random.</summary>
    private const int MostProbeRows = 20_000;

    /// <summary>Judges a context on a sample: spectrum, association, tau, and for each target its compatibility and the error of probes.</summary>
    /// <param name="x">Inputs; row i is <c>x[i, *]</c>.</param>
    /// <param name="context">The context.</param>
    /// <param name="targets">Tasks on the same rows; none is allowed.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The inputs, the targets, the options, the memory or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">No result that is finite was reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ContextReport Evaluate(
        double[,] x, Context context, IReadOnlyList<EvaluationTarget> targets, EvaluationOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Evaluate(Sample(Flat(x), x.GetLength(0)), context, targets, options, progress, cancellationToken);
    }

    /// <inheritdoc cref="Evaluate(double[,], Context, IReadOnlyList{EvaluationTarget}, EvaluationOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public ContextReport Evaluate(
        float[,] x, Context context, IReadOnlyList<EvaluationTarget> targets, EvaluationOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Evaluate(Sample(Flat(x), x.GetLength(0)), context, targets, options, progress, cancellationToken);
    }

    /// <summary>Judges a context on the rows of a table. Targets and columns that the context reads labels from are no inputs.</summary>
    /// <param name="table">The table; its columns become inputs as <see cref="EvaluationOptions.Preprocessing"/> says.</param>
    /// <param name="context">The context.</param>
    /// <param name="targets">Tasks on the same rows, named for their columns where they are columns of the table; none is allowed.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The table, the targets, the options, the memory or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">No result that is finite was reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ContextReport Evaluate(
        DataTable table, Context context, IReadOnlyList<EvaluationTarget> targets, EvaluationOptions? options = null, IProgress<FitProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(targets);
        options ??= new EvaluationOptions();
        IEnumerable<string> columns = targets.Select(t => t.Name).Where(table.ColumnNames.Contains);
        PreprocessingOptions preprocessing = options.Preprocessing with { Exclude = [.. options.Preprocessing.Exclude, .. columns, .. ContextTable.LabelColumns(context)] };
        Preprocessing encoding = Preprocessing.Fit(table, preprocessing);
        (ContextSample sample, _) = ContextTable.Read(table, context, encoding, null, out _);   // what it has to say of this table the fit of the encoding has said
        ContextReport report = Evaluate(sample, context, targets, options, progress, cancellationToken);
        IEnumerable<string> leaks = ContextTable.LabelColumns(context).Intersect(columns, StringComparer.Ordinal)
            .Select(name => $"the context reads column {Naming.Quote(name)}, which is a target: its probe has seen the answers of all rows");
        return report with { Warnings = [.. encoding.Warnings, .. leaks, .. report.Warnings] };
    }

    /// <summary>Probes features: a linear probe (ridge or multinomial logistic regression) and one by nearest neighbours.</summary>
    /// <param name="features">Features.</param>
    /// <param name="target">The task on the same rows.</param>
    /// <param name="options">Split and seed; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The rows differ, a feature is not finite, there is none, or the training rows have one value or class only.</exception>
    /// <exception cref="NumericalException">The features are too large or too dependent.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public FeatureProbe ProbeFeatures(FeatureSpan features, EvaluationTarget target, EvaluationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(target);
        options ??= new EvaluationOptions();
        options.Check();
        CheckTargets([target], features.Rows);
        if (features.Columns == 0)
            throw new InputException("there is no feature; a probe needs at least one");
        int d = features.Columns;
        double[] values = features.Values.ToArray();
        int bad = Array.FindIndex(values, v => !double.IsFinite(v));
        if (bad >= 0)
            throw new InputException($"row {bad / d}, column {bad % d} (counted from 0) of the features is {values[bad]}; every value must be finite");
        int large = Array.FindIndex(values, v => Math.Abs(v) > EvaluationTarget.LargestMagnitude);
        if (large >= 0)
            throw new InputException($"row {large / d}, column {large % d} (counted from 0) of the features is {values[large]:g3}; a probe takes values of at most {EvaluationTarget.LargestMagnitude:g3} in magnitude");
        ProbeData data = ProbeData.Of(Taken, d, target, options.Split.Rows(features.Rows, options.Seed));
        return new FeatureProbe(Probe.BestLinear(data, _host, cancellationToken), OnDevice(device => NeighborProbe.Fit(data, device, cancellationToken), []), data.Baseline());

        double[] Taken(int[] rows)
        {
            var taken = new double[checked(rows.Length * d)];
            for (int i = 0; i < rows.Length; i++)
                values.AsSpan(rows[i] * d, d).CopyTo(taken.AsSpan(i * d));
            return taken;
        }
    }

    /// <summary>How much of a context an encoder has learned: ratio trace, trace gap and worst-case error.</summary>
    /// <param name="features">The encoder's features on the rows that the model was fitted on, in their order.</param>
    /// <param name="model">The context; what its dimension leaves unknown of the spectrum widens the interval of the worst case.</param>
    /// <param name="epsilon">Compatible tasks have <c>rho &gt;= 1 - epsilon</c>; above 0 and below 1.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The rows differ, a feature is not finite or all are constant, or the model was fitted by landmarks.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public EncoderReport EvaluateEncoder(FeatureSpan features, SpectralModel model, double epsilon = 0.1, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(model);
        if (!(epsilon is > 0 and < 1))
            throw new InputException($"epsilon is {epsilon}; it must lie between 0 and 1");
        if (features.Rows != model.Rows)
            throw new InputException($"the features have {features.Rows} rows and the model {model.Rows}; both must describe the same rows");
        if (model.Sample.Rows != model.Rows)
            throw new InputException("the model was fitted by landmarks and knows the law of the context on these only; fit it with another solver");
        WhitenedFeatures whitened = WhitenedFeatures.From(features, "the features", 1e-6, _host);
        (List<BoundContext> bindings, JudgedSpectrum spectrum, double[] basis, int rank, double trace) = OnDevice(
            device =>
            {
                List<BoundContext> bound = [.. model.Parts.Select(p => ContextBinding.Bind(p.Context, model.Sample, device, cancellationToken))];
                double[] weights = WeightsOf(bound, model.Rows);
                JudgedSpectrum judged = JudgedSpectrum.Of(model, weights, _host);
                double[] functions = Orthonormal(whitened, weights, out int count);
                using DualKernel kernel = KernelOf(bound, judged);
                return (bound, judged, functions, count, Trace(kernel, functions, count, cancellationToken));
            },
            []);
        int known = spectrum.SingularValues.Count(s => s > 0);
        double[] squares = [.. spectrum.SingularValues.Take(known).Select(s => s * s)];
        bool isComplete = known < spectrum.SingularValues.Length || known >= model.Rows - 1 || bindings.Count > 1 || known >= bindings[0].Atoms - 1;
        double[] cosines = spectrum.InnerProducts(basis, rank)[..(known * rank)];
        WorstCase? worst = WorstCase.OfBasis(squares, cosines, rank, isComplete ? 0 : squares[^1], model.Rows - 1, epsilon, _host);
        return new EncoderReport(rank, trace, squares.Take(rank).Sum(), worst);
    }

    // The sum of ||T* f||^2 over orthonormal functions, row-major (rows, count).
    private static double Trace(DualKernel kernel, double[] functions, int count, CancellationToken cancellationToken)
    {
        const int Width = 64;
        int rows = functions.Length / Math.Max(1, count);
        double trace = 0;
        for (int start = 0; start < count; start += Width)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int b = Math.Min(Width, count - start);
            var block = new double[rows * b];
            for (int i = 0; i < rows; i++)
                functions.AsSpan((i * count) + start, b).CopyTo(block.AsSpan(i * b));
            trace += kernel.AdjointNorms(block, b).Sum(norm => norm * norm);
        }
        return trace;
    }

    internal ContextReport Evaluate(
        ContextSample sample, Context context, IReadOnlyList<EvaluationTarget> targets, EvaluationOptions? options, IProgress<FitProgress>? progress,
        CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(targets);
        options ??= new EvaluationOptions();
        options.Check();
        CheckTargets(targets, sample.Rows);
        if (sample.Rows < 2)
            throw new InputException($"there is {sample.Rows} row; an evaluation needs at least 2");
        if (options.SubsetRows is { } part && part < sample.Rows)
            return EvaluateSubset(sample, context, targets, options, part, progress, cancellationToken);

        var clock = Stopwatch.StartNew();
        var seconds = new List<(string, double)>();
        var warnings = new List<string>();
        int d0 = Math.Min(options.MaxDimension, sample.Rows - 1);
        (int[] Train, int[] Validation, int[] Test)? split = targets.Count == 0 ? null : ProbeSplit(sample.Rows, options, warnings);
        Context law = context;
        if (context is ConcatenationContext list)
        {
            d0 = Math.Max(d0, list.Parts.Count - 1);
            if (list.Parts.Any(p => p.Dimension is not null))
                warnings.Add("the dimensions of the parts of the concatenation are left aside: the parts are compared at the same depth");
            law = Context.Concatenate([.. list.Parts.Select(p => (p.Part, (int?)null))]);
            warnings.Add("a concatenation has no single law: its spectrum is that of its parts in one order, its kernel the sum of what they have found");
        }
        var bindings = new List<BoundContext>();
        SpectralModel model = Fit(
            sample, law, options.Spectral with { Dimension = d0 + 1, Seed = options.Seed }, new PhasesBeforeDone(progress), bindings, cancellationToken);
        Lap("fit");

        progress?.Report(new FitProgress(FitPhase.Judging, 0, 1, 0, null));
        double[] weights = WeightsOf(bindings, sample.Rows);
        JudgedSpectrum spectrum = JudgedSpectrum.Of(model, weights, _host);
        double[] s = Array.ConvertAll(spectrum.SingularValues, v => Math.Clamp(v, 0, 1)), top = s.Length > d0 ? s[..d0] : s;
        d0 = Math.Min(d0, Math.Max(1, s.Length));
        if (top.Length == 0)
            top = [0];
        ContextMetric tau = ContextMetric.Of(s, d0, options.Beta);
        (Association association, List<TargetCompatibility> compatibility) = OnDevice(
            device =>
            {
                using DualKernel kernel = KernelOf(bindings, spectrum);
                return (AssociationMeasurement.Measure(kernel, top, sample, AssociationMeasurement.Anchors, options.Seed, device, cancellationToken), Compatibilities(targets, kernel, spectrum, top.Length));
            },
            warnings);
        double[] worst = [.. Enumerable.Range(1, d0).Select(d => WorstCase.OfSpectralEncoder(s, d, options.Epsilon)).OfType<double>()];
        Lap("judge");

        var probes = new List<ProbeCurve>();
        if (split is { } rows)
        {
            probes = Probes(spectrum, Math.Min(d0, Math.Max(1, top.Count(v => v > 0))), targets, rows, warnings, progress, cancellationToken);
            Lap("probe");
        }
        progress?.Report(new FitProgress(FitPhase.Done, 0, 1, 1, null));
        return new ContextReport
        {
            Context = context,
            Rows = sample.Rows,
            InputDimension = sample.Dimension,
            SingularValues = top,
            Tau = tau,
            Association = association,
            Compatibility = compatibility,
            Probes = probes,
            WorstCaseByDimension = worst,
            Epsilon = options.Epsilon,
            Model = model,
            Warnings = [.. warnings, .. model.Facts.Warnings],
            Seconds = seconds,
            Space = bindings.Count == 1 ? bindings[0].Space : null,
        };

        void Lap(string phase)
        {
            seconds.Add((phase, clock.Elapsed.TotalSeconds));
            clock.Restart();
        }
    }

    /// <summary>What of a context tau and probes say, without the judgement of its association: the part of an evaluation that comparisons of many contexts need.</summary>
    /// <param name="sample">Inputs.</param>
    /// <param name="context">A context with one law.</param>
    /// <param name="targets">Tasks on the same rows, at least one.</param>
    /// <param name="options">How; the rows are not thinned.</param>
    /// <param name="splits">Splits of the rows, at least 1; each has the seed after that of the one before.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>tau, and for each split a probe of each target.</returns>
    internal (ContextMetric Tau, IReadOnlyList<IReadOnlyList<ProbeCurve>> Probes) Rank(
        ContextSample sample, Context context, IReadOnlyList<EvaluationTarget> targets, EvaluationOptions options, int splits, CancellationToken cancellationToken)
    {
        CheckTargets(targets, sample.Rows);
        int d0 = Math.Min(options.MaxDimension, sample.Rows - 1);
        var bindings = new List<BoundContext>();
        SpectralModel model = Fit(sample, context, options.Spectral with { Dimension = d0 + 1, Seed = options.Seed }, null, bindings, cancellationToken);
        JudgedSpectrum spectrum = JudgedSpectrum.Of(model, WeightsOf(bindings, sample.Rows), _host);
        double[] s = Array.ConvertAll(spectrum.SingularValues, v => Math.Clamp(v, 0, 1));
        d0 = Math.Min(d0, s.Length);
        int features = Math.Min(d0, Math.Max(1, s.Count(v => v > 0)));
        var probes = new IReadOnlyList<ProbeCurve>[splits];
        for (int p = 0; p < splits; p++)
            probes[p] = Probes(spectrum, features, targets, ProbeSplit(sample.Rows, options with { Seed = options.Seed + (ulong)p }, []), [], null, cancellationToken);
        return (ContextMetric.Of(s, d0, options.Beta), probes);
    }

    private List<ProbeCurve> Probes(
        JudgedSpectrum spectrum, int features, IReadOnlyList<EvaluationTarget> targets, (int[] Train, int[] Validation, int[] Test) rows, List<string> warnings,
        IProgress<FitProgress>? progress, CancellationToken cancellationToken)
    {
        var probes = new List<ProbeCurve>();
        for (int t = 0; t < targets.Count; t++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int place = t;
            progress?.Report(new FitProgress(FitPhase.Probing, t, targets.Count, 0, null));
            ProbeData data = ProbeData.Of(r => FirstFeatures(spectrum, r, features), features, targets[t], rows);
            if (data.UnseenClasses() is { Count: > 0 } unseen)
                warnings.Add($"target {Naming.Quote(targets[t].Name)}: no training row has {Naming.List(unseen)}, so no probe can predict it");
            IProgress<double>? share = progress is null ? null : new Share(f => progress.Report(new FitProgress(FitPhase.Probing, place, targets.Count, f, null)));
            probes.Add(OnDevice(device => Probe.Curve(data, _host, device, share, cancellationToken), warnings));
            if (probes[^1].Linear.GradientNorm > Probe.Certified)
                warnings.Add($"target {Naming.Quote(targets[t].Name)}: the logistic regression stopped at a gradient of {probes[^1].Linear.GradientNorm:g2}");
        }
        return probes;
    }

    // The context on some of the rows, and on halves of them.
    private ContextReport EvaluateSubset(
        ContextSample sample, Context context, IReadOnlyList<EvaluationTarget> targets, EvaluationOptions options, int count, IProgress<FitProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (ContextTree.Leaves(context).OfType<GraphContext>().FirstOrDefault() is { } graph)
            throw new InputException($"{graph}: edges join rows by their numbers, so it cannot be judged on a part of them");
        int[] rows = AssociationMeasurement.Rows(sample.Rows, count, options.Seed);
        ContextSample part = sample.Subset(rows);
        var warnings = new List<string>();
        ContextReport report = Evaluate(
            part, Thinned(context, (double)count / sample.Rows, warnings), [.. targets.Select(t => t.Subset(rows))], options with { SubsetRows = null }, progress, cancellationToken);

        int d0 = report.Tau.ByDimension.Count, half = count / 2;
        Context thinner = Thinned(report.Model.Context, (double)half / count, null);
        double[] tau = new double[Halves], weights = EqualWeights.Of(half);
        for (int r = 0; r < Halves; r++)
        {
            int[] chosen = AssociationMeasurement.Rows(count, half, options.Seed + 1 + (ulong)r);
            SpectralModel model = Fit(
                part.Subset(chosen), thinner, options.Spectral with { Dimension = Math.Min(d0 + 1, half - 1), Seed = options.Seed }, new PhasesBeforeDone(progress), null, cancellationToken);
            tau[r] = ContextMetric.Of([.. JudgedSpectrum.Of(model, weights, _host).SingularValues.Select(s => Math.Clamp(s, 0, 1))], d0, options.Beta).Value;
        }
        var estimate = SubsetEstimate.From(report.Tau.Value, tau, count, sample.Rows);
        if (!double.IsFinite(estimate.TauLow) || !double.IsFinite(estimate.TauHigh))
            warnings.Add($"tau has no finite value on {count} of {sample.Rows} rows, or on halves of them, so nothing is known of its error; take more rows");
        else if (estimate.IsWide)
            warnings.Add($"tau from {count} of {sample.Rows} rows lies between {estimate.TauLow:g4} and {estimate.TauHigh:g4}: too wide to rank contexts by; take more rows");
        else if (report.Tau.Abstains)
            warnings.Add($"tau from {count} of {sample.Rows} rows is too near beta + 1 to say anything, and so is its interval");
        return report with { Context = context, Estimate = estimate, Warnings = [.. warnings, .. report.Warnings] };
    }

    /// <summary>Halves of a part that its context is fitted on again.</summary>
    private const int Halves = SubsetEstimate.Halves;

    /// <summary>With fewer neighbours in a subset than this, and half as many in its halves, a context of neighbours has another character there: its interval misses tau too often.</summary>
    private const int LeastNeighbors = 10;

    // With as many neighbours as lie within the same distance when only a share of the rows is there.
    private static Context Thinned(Context context, double share, List<string>? warnings) => ContextTree.Replace(context, leaf =>
    {
        if (leaf is not KnnContext knn)
            return leaf;
        int k = Math.Max(1, (int)Math.Round(knn.K * share));
        if (k < LeastNeighbors)
            warnings?.Add($"{knn}: a share of {share:p1} of the rows leaves {k} of {knn.K} neighbours; too few to say much, take more rows");
        return new KnnContext(k, knn.IncludeSelf, knn.Metric);
    });

    private static (int[] Train, int[] Validation, int[] Test) ProbeSplit(int rows, EvaluationOptions options, List<string> warnings)
    {
        if (rows <= MostProbeRows)
            return options.Split.Rows(rows, options.Seed);
        int[] some = AssociationMeasurement.Rows(rows, MostProbeRows, options.Seed);
        warnings.Add($"the probes saw {MostProbeRows} rows, drawn at random from {rows}");
        (int[] train, int[] validation, int[] test) = options.Split.Rows(MostProbeRows, options.Seed);
        return (Array.ConvertAll(train, i => some[i]), Array.ConvertAll(validation, i => some[i]), Array.ConvertAll(test, i => some[i]));
    }

    private DualKernel KernelOf(List<BoundContext> bindings, JudgedSpectrum spectrum)
    {
        if (bindings.Count != 1)
            return new SpectralKernel(spectrum) { Weights = spectrum.Weights };
        return Device.SupportsDouble
            ? new OperatorKernel<double>(bindings[0].Normalised(_devices.Current.Arithmetic<double>(), spectrum.Weights, out _)) { Weights = spectrum.Weights }
            : new OperatorKernel<float>(bindings[0].Normalised(_devices.Current.Arithmetic<float>(), spectrum.Weights, out _)) { Weights = spectrum.Weights };
    }

    private static double[] WeightsOf(List<BoundContext> bindings, int rows)
    {
        if (bindings.Count > 0 && bindings[0].InputWeights is { } own && bindings.All(b => b.InputWeights is { } other && other.AsSpan().SequenceEqual(own)))
            return own;
        var equal = new double[rows];
        Array.Fill(equal, 1.0 / rows);
        return equal;
    }

    private static List<TargetCompatibility> Compatibilities(IReadOnlyList<EvaluationTarget> targets, DualKernel kernel, JudgedSpectrum spectrum, int dimension)
    {
        var tasks = targets.SelectMany(t => t.IsClass ? t.Classes.Select((name, c) => (Target: t, Class: (string?)name, Index: c)) : [(t, null, -1)]).ToArray();
        if (tasks.Length == 0)
            return [];
        int n = kernel.Rows, count = tasks.Length;
        double[] f = new double[checked(n * count)], norms = new double[count];
        for (int t = 0; t < count; t++)
        {
            double mean = 0, square = 0;
            for (int i = 0; i < n; i++)
                mean += kernel.Weights[i] * (f[(i * count) + t] = tasks[t].Class is null ? tasks[t].Target.Values[i] : tasks[t].Target.ClassOf[i] == tasks[t].Index ? 1 : 0);
            for (int i = 0; i < n; i++)
            {
                double centred = f[(i * count) + t] -= mean;
                square += kernel.Weights[i] * centred * centred;
            }
            norms[t] = Math.Sqrt(square);
            for (int i = 0; i < n; i++)
                f[(i * count) + t] /= norms[t];
        }
        double[] rho = kernel.AdjointNorms(f, count), u = spectrum.InnerProducts(f, count);
        int d = Math.Min(dimension, spectrum.SingularValues.Length);
        return [.. tasks.Select((task, t) => new TargetCompatibility(
            task.Target.Name, task.Class, Math.Min(1, rho[t]), [.. Enumerable.Range(0, d).Select(i => Math.Clamp(u[(i * count) + t], -1, 1))]))];
    }

    private static double[] FirstFeatures(JudgedSpectrum spectrum, int[] rows, int d)
    {
        int all = spectrum.SingularValues.Length;
        double[] features = new double[checked(rows.Length * d)], row = new double[all];
        for (int i = 0; i < rows.Length; i++)
        {
            spectrum.Functions.CopyTo(rows[i] * all, row);
            row.AsSpan(0, d).CopyTo(features.AsSpan(i * d));
        }
        return features;
    }

    // Orthonormal in the geometry of the weights and centred under them.
    private double[] Orthonormal(WhitenedFeatures whitened, double[] weights, out int rank)
    {
        (int n, int r) = (whitened.Rows, rank = whitened.Rank);
        double[] scaled = new double[n * r], mean = new double[r], gram = new double[r * r], basis = new double[n * r];
        for (int i = 0; i < n; i++)
            TensorPrimitives.MultiplyAdd(whitened.Basis.AsSpan(i * r, r), weights[i], mean, mean);
        for (int i = 0; i < n; i++)
        {
            Span<double> row = scaled.AsSpan(i * r, r);
            TensorPrimitives.Subtract(whitened.Basis.AsSpan(i * r, r), mean, row);
            TensorPrimitives.Multiply(row, Math.Sqrt(weights[i]), row);
        }
        _host.Multiply(scaled, Orientation.Transposed, scaled, Orientation.Normal, gram, r, r, n);
        double[] inverse = Cholesky.InverseFactor(gram, r, _host) ?? throw new NumericalException("the features lose their rank under the weights of the rows");
        _host.Multiply(scaled, Orientation.Normal, inverse, Orientation.Transposed, basis, n, r, r);
        for (int i = 0; i < n; i++)
            TensorPrimitives.Divide(basis.AsSpan(i * r, r), Math.Sqrt(weights[i]), basis.AsSpan(i * r, r));
        return basis;
    }

    private static void CheckTargets(IReadOnlyList<EvaluationTarget> targets, int rows)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (EvaluationTarget target in targets)
        {
            ArgumentNullException.ThrowIfNull(target, nameof(targets));
            if (target.Rows != rows)
                throw new InputException($"target {Naming.Quote(target.Name)} has {target.Rows} rows and the data {rows}; both must describe the same rows");
            if (!names.Add(target.Name))
                throw new InputException($"two targets are named {Naming.Quote(target.Name)}; names must differ");
        }
    }

    // An evaluation is not done when its fit is.
    private sealed class PhasesBeforeDone(IProgress<FitProgress>? target) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Phase != FitPhase.Done)
                target?.Report(value);
        }
    }

    // On the thread that does the work, unlike Progress<T>.
    private sealed class Share(Action<double> tell) : IProgress<double>
    {
        public void Report(double value) => tell(value);
    }
}
