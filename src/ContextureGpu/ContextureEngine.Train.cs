using System.Diagnostics;
using System.Numerics;
using ContextureGpu.Encoders;
using ContextureGpu.Kernels;

namespace ContextureGpu;

/// <content>Trains encoders.</content>
public sealed partial class ContextureEngine
{
    /// <summary>Trains an encoder of a context on a sample.</summary>
    /// <param name="x">Inputs; row i is <c>x[i, *]</c>.</param>
    /// <param name="context">The context; no concatenation.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Stops the training between two steps; a checkpoint that was asked for is written first.</param>
    /// <exception cref="InputException">The inputs, the options or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">The training diverged; the message says what would help.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public EncoderModel Train(
        double[,] x, Context context, EncoderOptions? options = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Train(x.Cast<double>().ToArray(), x.GetLength(0), context, options, progress, cancellationToken);
    }

    /// <inheritdoc cref="Train(double[,], Context, EncoderOptions?, IProgress{TrainingProgress}?, CancellationToken)"/>
    public EncoderModel Train(
        float[,] x, Context context, EncoderOptions? options = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Train(x.Cast<float>().Select(v => (double)v).ToArray(), x.GetLength(0), context, options, progress, cancellationToken);
    }

    /// <inheritdoc cref="Train(double[,], Context, EncoderOptions?, IProgress{TrainingProgress}?, CancellationToken)"/>
    /// <param name="x">Inputs, row-major (rows, columns).</param>
    /// <param name="rows">Number of rows, at least 2.</param>
    /// <param name="context">The context; no concatenation.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Stops the training between two steps; a checkpoint that was asked for is written first.</param>
    public EncoderModel Train(
        ReadOnlySpan<double> x, int rows, Context context, EncoderOptions? options = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (rows < 1 || x.Length % rows != 0)
            throw new InputException($"{x.Length} inputs cannot be shared out over {rows} rows");
        return Train(new ContextSample(x.ToArray(), rows, x.Length / rows), context, options, progress, cancellationToken);
    }

    /// <summary>Trains an encoder of a context on the rows of a table. Columns that the context reads labels from are no inputs.</summary>
    /// <param name="table">The table.</param>
    /// <param name="context">The context; no concatenation.</param>
    /// <param name="preprocessing">How columns become inputs, and which are left out; null for the defaults.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Stops the training between two steps; a checkpoint that was asked for is written first.</param>
    /// <exception cref="InputException">The table, the options or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">The training diverged; the message says what would help.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public EncoderModel Train(
        DataTable table, Context context, PreprocessingOptions? preprocessing = null, EncoderOptions? options = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(context);
        preprocessing ??= new PreprocessingOptions();
        preprocessing = preprocessing with { Exclude = [.. preprocessing.Exclude, .. ContextTable.LabelColumns(context)] };
        Preprocessing encoding = Preprocessing.Fit(table, preprocessing);
        (ContextSample sample, var classes) = ContextTable.Read(table, context, encoding, null, out IReadOnlyList<string> warnings);
        return Train(sample, context, options, progress, cancellationToken).WithTable(encoding, classes, [.. encoding.Warnings, .. warnings]);
    }

    internal EncoderModel Train(ContextSample sample, Context context, EncoderOptions? options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(context);
        options ??= new EncoderOptions();
        options.Check();
        if (sample.Rows < 2)
            throw new InputException($"there is {sample.Rows} row; a training needs at least 2");
        options.CheckFor(sample.Rows);
        if (context is ConcatenationContext)
            throw new InputException($"'{context}' is a concatenation, which has no single law; train an encoder for each part");
        if (options.Precision == ElementPrecision.Double && !Device.SupportsDouble)
            throw new InputException($"{Device.Selector} ({Device.Name}) does not compute in double precision; choose single, or another device");
        CheckSize(sample.Rows, options.EffectiveOutputs);
        CheckSize(options.EffectiveOutputs, options.EffectiveOutputs);
        if (options.Checkpoint is { } path)
            AtomicFile.Probe(path);
        if (ContextTree.Leaves(context).Any(FeatureBinding.IsDual))
            throw new InputException($"'{context}' is given by a dual kernel, which is no law of A given x; an encoder is trained on laws: fit a spectrum instead");
        ContextTable.ReadFiles(sample, context);
        Context resolved = ContextBinding.Resolve(context, sample);
        try
        {
            return options.Precision == ElementPrecision.Double
                ? Train<double>(sample, context, resolved, options, progress, cancellationToken)
                : Train<float>(sample, context, resolved, options, progress, cancellationToken);
        }
        catch (DeviceFailureException failure)
        {
            throw new DeviceException(failure.Message, failure);
        }
        catch (OutOfMemoryException refusal)
        {
            throw new InputException($"{Device.Selector} has too little memory for this: {refusal.Message}; a narrower network, fewer outputs or fewer rows would fit", refusal);
        }
    }

    private EncoderModel Train<T>(
        ContextSample sample, Context context, Context resolved, EncoderOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var warnings = new List<string>();
        TrainingCheckpoint<T>? checkpoint = null;
        return _devices.Run(
            device =>
            {
                // After the loss of a device: from the checkpoint, if there is one by now, else from the start.
                EncoderOptions asked = checkpoint?.HoldsState == true ? options with { Resume = true } : options;
                return Train(sample, context, resolved, asked, device, warnings, ref checkpoint, progress, cancellationToken);
            },
            warnings);
    }

    private EncoderModel Train<T>(
        ContextSample sample, Context context, Context resolved, EncoderOptions options, ComputeDevice device, List<string> warnings, ref TrainingCheckpoint<T>? checkpoint,
        IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        BoundContext bound = ContextBinding.Bind(resolved, sample, device, cancellationToken);
        bool onRows = TrainingPlan<T>.TakesRows(options.Objective) || NetworkInputs.AreRows(bound);
        if (options.Exported && !onRows)
            throw EncoderGraph.Refusal(context);
        using var training = new EncoderTraining<T>(bound, sample, options, device, _host);
        checkpoint = options.Checkpoint is null
            ? null
            : new TrainingCheckpoint<T>(options.Checkpoint, device.Arithmetic<T>(), TrainingCheckpoint<T>.SignatureOf(sample, context, options));
        long start = Stopwatch.GetTimestamp();
        training.Run(checkpoint, progress, cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TrainedEncoder trained = training.Finish();

        int rank = trained.Spectrum.Rank, outputs = options.EffectiveOutputs;
        if (rank < options.Dimension)
            warnings.Add($"the outputs span {trained.OutputRank} dimensions, of which {rank} vary with x; the other {options.Dimension - rank} of {options.Dimension} features are zero");
        else if (trained.OutputRank < outputs)
            warnings.Add($"the {outputs} outputs span {trained.OutputRank} dimensions");
        warnings.AddRange(WarningsOf(device));
        var facts = new FitFacts(
            SpectralSolver.Auto, trained.Steps, true, trained.Orthogonality, options.Precision, Device, _devices.Reason, warnings)
        {
            NeighborRecall = bound.Recall,
        };
        var model = new ModelState(context, sample, [new ModelPart(resolved, trained.Spectrum)], facts, null, new Dictionary<string, IReadOnlyList<string>>());
        return new EncoderModel(new EncoderState(
            trained.Shape, trained.Parameters, trained.Map, trained.Mean, trained.OutputRank, trained.Losses, seconds, options.Objective, onRows, model));
    }
}
