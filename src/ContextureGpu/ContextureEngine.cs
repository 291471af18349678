using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;

namespace ContextureGpu;

/// <summary>How an engine works.</summary>
public sealed record EngineOptions
{
    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda[:i]</c>, <c>opencl[:i]</c> or <c>ilgpu-cpu</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>
    /// Other devices that share the work which grows with the square of the rows, kernel products and searches for neighbours: <c>cpu</c>, <c>cuda[:i]</c>, <c>opencl[:i]</c> or
    /// <c>ilgpu-cpu</c>, none by default. Worth it where a partner is not much slower: with partners of another kind results are the same to rounding only from one run to
    /// the next, since which device does a row depends on how fast they are.
    /// </summary>
    public IReadOnlyList<string> Partners { get; init; } = [];

    /// <summary>
    /// What tensor cores of CUDA devices may do in products of large float32 matrices; null for what the environment variable <c>CONTEXTURE_TENSOR_CORES</c> says, nothing by default.
    /// <see cref="TensorCoreUse.Fast"/> keeps 11 significant bits of each factor: enough to look at a spectrum, not for tolerances below 1e-3.
    /// </summary>
    public TensorCoreUse? TensorCores { get; init; }
}

/// <summary>Computes spectra of contexts on one device. Owns the device's memory; use it from one thread at a time.</summary>
public sealed partial class ContextureEngine : IDisposable
{
    /// <summary>Up to this many rows or values of A the dense solver is quicker than an iteration.</summary>
    private const int SmallProblem = 600;

    /// <summary>Up to here it is still the better choice when a third of the spectrum is wanted.</summary>
    private const int MediumProblem = 3000;

    private readonly DeviceSuccession _devices;
    private readonly HostLinearAlgebra _host;
    private readonly CpuDevice? _hostOwner;
    private readonly TensorCoreUse? _tensorCores;
    private bool _disposed;

    /// <summary>Takes over devices.</summary>
    /// <param name="devices">The devices.</param>
    /// <param name="tensorCores">What tensor cores were asked to do, if they were.</param>
    internal ContextureEngine(DeviceSuccession devices, TensorCoreUse? tensorCores = null)
    {
        (_devices, _tensorCores) = (devices, tensorCores);
        _hostOwner = devices.Current as CpuDevice is null ? CpuDevice.Open() : null;
        _host = ((devices.Current as CpuDevice) ?? _hostOwner)!.LinearAlgebra;
    }

    /// <summary>What it computes on. A device that <c>auto</c> chose and that is lost in the middle of the work is replaced, and the work says so in its warnings.</summary>
    public DeviceDescription Device => _devices.Current.Description;

    /// <summary>Opens a device.</summary>
    /// <param name="options">Which; null leaves the choice to the scheduler.</param>
    /// <exception cref="InputException">The options name no device.</exception>
    /// <exception cref="DeviceException">The device is missing or failed its test.</exception>
    public static ContextureEngine Create(EngineOptions? options = null)
    {
        options ??= new EngineOptions();
        return new ContextureEngine(DeviceScheduler.Open(options.Device, options.Partners, options.TensorCores), options.TensorCores);
    }

    /// <summary>The top singular functions of a context on a sample.</summary>
    /// <param name="x">Inputs; row i is <c>x[i, *]</c>.</param>
    /// <param name="context">The context.</param>
    /// <param name="options">What is asked for; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is, on the thread that does it; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The inputs, the options, the memory or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">No result that is finite was reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public SpectralModel Fit(double[,] x, Context context, SpectralOptions? options, IProgress<FitProgress>? progress, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Fit(Sample(Flat(x), x.GetLength(0)), context, options, progress, cancellationToken);
    }

    /// <inheritdoc cref="Fit(double[,], Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public SpectralModel Fit(double[,] x, Context context, SpectralOptions? options = null, CancellationToken cancellationToken = default) =>
        Fit(x, context, options, null, cancellationToken);

    /// <inheritdoc cref="Fit(double[,], Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public SpectralModel Fit(float[,] x, Context context, SpectralOptions? options, IProgress<FitProgress>? progress, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Fit(Sample(Flat(x), x.GetLength(0)), context, options, progress, cancellationToken);
    }

    /// <inheritdoc cref="Fit(double[,], Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public SpectralModel Fit(float[,] x, Context context, SpectralOptions? options = null, CancellationToken cancellationToken = default) =>
        Fit(x, context, options, null, cancellationToken);

    /// <inheritdoc cref="Fit(double[,], Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    /// <param name="x">Inputs, row-major (rows, columns).</param>
    /// <param name="rows">Number of rows, at least 2.</param>
    /// <param name="context">The context.</param>
    /// <param name="options">What is asked for; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is, on the thread that does it; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public SpectralModel Fit(
        ReadOnlySpan<double> x, int rows, Context context, SpectralOptions? options, IProgress<FitProgress>? progress, CancellationToken cancellationToken = default) =>
        Fit(Sample(x, rows), context, options, progress, cancellationToken);

    /// <inheritdoc cref="Fit(ReadOnlySpan{double}, int, Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public SpectralModel Fit(ReadOnlySpan<double> x, int rows, Context context, SpectralOptions? options = null, CancellationToken cancellationToken = default) =>
        Fit(Sample(x, rows), context, options, null, cancellationToken);

    /// <inheritdoc cref="Fit(ReadOnlySpan{double}, int, Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public SpectralModel Fit(
        ReadOnlyMemory<float> x, int rows, Context context, SpectralOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellationToken = default) =>
        Fit(Sample(x.Span, rows), context, options, progress, cancellationToken);

    /// <inheritdoc cref="Fit(double[,], Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    /// <param name="x">Inputs, (rows, columns); any strides.</param>
    /// <param name="context">The context.</param>
    /// <param name="options">What is asked for; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is, on the thread that does it; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public SpectralModel Fit(
        ReadOnlyTensorSpan<double> x, Context context, SpectralOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        (int rows, int columns) = Shape(x);
        var values = new double[(long)rows * columns];
        x.FlattenTo(values);
        return Fit(new ContextSample(values, rows, columns), context, options, progress, cancellationToken);
    }

    /// <inheritdoc cref="Fit(ReadOnlyTensorSpan{double}, Context, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public SpectralModel Fit(
        ReadOnlyTensorSpan<float> x, Context context, SpectralOptions? options = null, IProgress<FitProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        (int rows, int columns) = Shape(x);
        var values = new float[(long)rows * columns];
        x.FlattenTo(values);
        return Fit(Sample<float>(values, rows), context, options, progress, cancellationToken);
    }

    /// <summary>The top singular functions of a context on the rows of a table. Columns that the context reads labels from are no inputs.</summary>
    /// <param name="table">The table.</param>
    /// <param name="context">The context.</param>
    /// <param name="preprocessing">How columns become inputs, and which are left out; null for the defaults.</param>
    /// <param name="options">What is asked for; null for the defaults.</param>
    /// <param name="progress">Told what is done and how far it is, on the thread that does it; null for nobody.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The table, the options, the memory or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">No result that is finite was reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public SpectralModel Fit(
        DataTable table, Context context, PreprocessingOptions? preprocessing, SpectralOptions? options, IProgress<FitProgress>? progress,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(context);
        preprocessing ??= new PreprocessingOptions();
        preprocessing = preprocessing with { Exclude = [.. preprocessing.Exclude, .. ContextTable.LabelColumns(context)] };
        Preprocessing encoding = Preprocessing.Fit(table, preprocessing);
        (ContextSample sample, var classes) = ContextTable.Read(table, context, encoding, null, out _);   // what it has to say of this table the fit of the encoding has said
        SpectralModel model = Fit(sample, context, options, progress, cancellationToken);
        return model.WithTable(encoding, classes, encoding.Warnings);
    }

    /// <inheritdoc cref="Fit(DataTable, Context, PreprocessingOptions?, SpectralOptions?, IProgress{FitProgress}?, CancellationToken)"/>
    public SpectralModel Fit(
        DataTable table, Context context, PreprocessingOptions? preprocessing = null, SpectralOptions? options = null, CancellationToken cancellationToken = default) =>
        Fit(table, context, preprocessing, options, null, cancellationToken);

    internal SpectralModel Fit(ContextSample sample, Context context, SpectralOptions? options, CancellationToken cancellationToken) =>
        Fit(sample, context, options, null, cancellationToken);

    internal SpectralModel Fit(ContextSample sample, Context context, SpectralOptions? options, IProgress<FitProgress>? progress, CancellationToken cancellationToken) =>
        Fit(sample, context, options, progress, null, cancellationToken);

    // The bindings receive the law of each part on the sample, for later work on the same sample; the Nystroem solver binds none.
    private SpectralModel Fit(
        ContextSample sample, Context context, SpectralOptions? options, IProgress<FitProgress>? progress, List<BoundContext>? bindings, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(context);
        options ??= new SpectralOptions();
        options.Check();
        if (sample.Rows < 2)
            throw new InputException($"there is {sample.Rows} row; a spectrum needs at least 2");
        sample.CheckRange();
        if (options.Precision == ElementPrecision.Double && !Device.SupportsDouble)
            throw new InputException($"{Device.Selector} ({Device.Name}) does not compute in double precision; choose single, or another device");
        cancellationToken.ThrowIfCancellationRequested();

        CheckSize(sample.Rows, options.Dimension);
        ContextTable.ReadFiles(sample, context);
        Context resolved = ContextBinding.Resolve(context, sample);
        (Context Part, int Dimension)[] parts = resolved is ConcatenationContext list
            ? [.. list.Parts.Select(p => p.Part).Zip(list.Split(options.Dimension))]
            : [(resolved, options.Dimension)];
        // Landmarks are few, and their law stands for that of all rows.
        if (options.Solver == SpectralSolver.Nystrom)
            parts = Array.ConvertAll(parts, p => (ContextBinding.WithExactSearches(p.Part), p.Dimension));
        var relay = new FitProgressRelay(progress, options.EffectiveTolerance) { Parts = parts.Length };
        try
        {
            SpectralModel model = options.Precision == ElementPrecision.Double
                ? Fit<double>(sample, context, parts, options, relay, bindings, cancellationToken)
                : Fit<float>(sample, context, parts, options, relay, bindings, cancellationToken);
            relay.Report(FitPhase.Done, 1);
            return model;
        }
        catch (DeviceFailureException failure)
        {
            throw new DeviceException(failure.Message, failure);
        }
        catch (OutOfMemoryException refusal)
        {
            throw new InputException($"{Device.Selector} has too little memory for this: {refusal.Message}; a smaller dimension or fewer rows would fit", refusal);
        }
    }

    private SpectralModel Fit<T>(
        ContextSample sample, Context context, (Context Part, int Dimension)[] parts, SpectralOptions options, FitProgressRelay relay, List<BoundContext>? bindings,
        CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        long budget = options.MemoryBudget ?? MemoryBudget.Default();
        var solvers = new SpectralSolver[parts.Length];
        IReadOnlyDictionary<string, double>[] shares = [.. parts.Select(p => FitShape.SharesOf(p.Part, sample))];
        for (int i = 0; i < parts.Length; i++)
        {
            int atoms = (int)Math.Min(int.MaxValue, FitMemory.Atoms(parts[i].Part, Shape(i)));
            solvers[i] = Choose(options.Solver, sample.Rows, atoms, parts[i].Dimension, Device.SupportsDouble);
            CheckMemory(i);
        }
        var fitted = new List<ModelPart>();
        var warnings = new List<string>();
        double orthogonality = 0;
        NeighborRecall? recall = null;
        Landmarks? landmarks = options.Solver == SpectralSolver.Nystrom
            ? _devices.Run(_ => ChooseLandmarks<T>(sample, parts, options, relay, cancellationToken), warnings)
            : null;
        for (int i = 0; i < parts.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (Context part, int dimension) = parts[i];
            relay.Part = i;
            ContextSpectrum spectrum;
            double[]? weights = null;
            if (landmarks is not null)
            {
                spectrum = _devices.Run(
                    device =>
                    {
                        CheckMemory(i);
                        ContextSpectrum extended = NystromSolver.Fit<T>(part, sample, landmarks, dimension, options, device, _host, relay, cancellationToken);
                        relay.Report(FitPhase.Certifying, 0);
                        return NystromSolver.Certify<T>(
                            extended, part, sample, landmarks, NystromSolver.ExactRows, NystromSolver.EvaluationRows, options, device, cancellationToken);
                    },
                    warnings);
                if (sample.Rows > NystromSolver.ExactRows)
                    warnings.Add($"{part}: the residuals are estimates from {NystromSolver.EvaluationRows} rows that are no landmarks");
            }
            else
            {
                BoundContext? bound = null;
                KrylovCheckpoint<T>? checkpoint = _devices.HasNext ? new KrylovCheckpoint<T>() : null;
                spectrum = _devices.Run(
                    device =>
                    {
                        CheckMemory(i);
                        // Once there is something to go on from, the law is known on the host.
                        if (bound is null || checkpoint?.Position is null)
                        {
                            relay.Report(FitPhase.Binding, 0);
                            bound = ContextBinding.Bind(part, sample, device, cancellationToken);
                            CheckSize(bound.Atoms, dimension);
                        }
                        relay.Report(FitPhase.Solving, 0);
                        return solvers[i] == SpectralSolver.Exact
                            ? ContextSpectrum.Compute<double>(bound, dimension, solvers[i], options, device, _host, relay, cancellationToken)
                            : ContextSpectrum.Compute<T>(bound, dimension, solvers[i], options, device, _host, relay, cancellationToken, checkpoint: checkpoint);
                    },
                    warnings);
                bindings?.Add(bound!);
                warnings.AddRange(bound!.Warnings);
                weights = bound.InputWeights;
                relay.Report(FitPhase.Certifying, 0);
                recall = recall?.Value <= bound.Recall?.Value ? recall : bound.Recall ?? recall;
            }
            double loss = _devices.Run(
                device => spectrum.Features.IsSingle
                    ? LossOfOrthogonality<float>(device, spectrum, weights, cancellationToken)
                    : LossOfOrthogonality<double>(device, spectrum, weights, cancellationToken),
                warnings);
            orthogonality = Math.Max(orthogonality, loss);
            Warn(spectrum, part, dimension, options, warnings);
            fitted.Add(new ModelPart(part, spectrum));
        }
        warnings.AddRange(WarningsOf(_devices.Current));
        var facts = new FitFacts(
            solvers[0], fitted.Max(p => p.Spectrum.Iterations), fitted.All(p => p.Spectrum.Converged), orthogonality, options.Precision, Device, _devices.Reason, warnings)
        {
            NeighborRecall = recall,
        };
        return new SpectralModel(context, landmarks is null ? sample : sample.Subset(landmarks.Rows, landmarks.Mass), fitted, facts);

        FitShape Shape(int i) => FitShape.Of(sample, parts[i].Dimension) with { Storage = Device.PreferredStorage(), StoredShares = shares[i] };

        void CheckMemory(int i) => FitMemory.Check(parts[i].Part, Shape(i), solvers[i], Unsafe.SizeOf<T>(), options.EffectiveLandmarks, budget, Device);
    }

    // Work on the device; on the next one when it is lost.
    private TResult OnDevice<TResult>(Func<ComputeDevice, TResult> work, List<string> warnings)
    {
        try
        {
            return _devices.Run(work, warnings);
        }
        catch (DeviceFailureException failure)
        {
            throw new DeviceException(failure.Message, failure);
        }
    }

    private IEnumerable<string> WarningsOf(ComputeDevice device) => _tensorCores is null or TensorCoreUse.None || device.Description.Backend == BackendKind.Cuda
        ? device.Warnings
        : device.Warnings.Append($"tensor cores were asked for; {device.Description.Selector} has none that are used, so products are in float32");

    private Landmarks ChooseLandmarks<T>(
        ContextSample sample, (Context Part, int Dimension)[] parts, SpectralOptions options, FitProgressRelay relay, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        foreach ((Context part, _) in parts)
        {
            if (!FitMemory.HasLawElsewhere(part))
                throw new InputException($"{part}: it has no law at rows outside its sample, so the Nystroem solver cannot extend from landmarks; choose another solver");
        }
        relay.Report(FitPhase.Sampling, 0);
        int n = sample.Rows, m = Math.Min(n, options.EffectiveLandmarks);
        if (m == n || options.LandmarkSampling == LandmarkSampling.Uniform)
            return new Landmarks(Landmarks.Uniform(n, m, options.Seed));
        bool takeMasses = parts.All(p => Landmarks.TakeMasses(p.Part));
        if (options.LandmarkSampling == LandmarkSampling.KMeansPlusPlus)
        {
            int[] seeds = Landmarks.KMeansPlusPlus(sample, m, options.Seed, cancellationToken);
            return new Landmarks(seeds, takeMasses ? Landmarks.CellMasses(sample, seeds, _devices.Current, cancellationToken) : null);
        }
        var scores = new double[n];
        var pilot = new Landmarks(Landmarks.Uniform(n, Math.Max(options.Dimension + 1, m / 2), options.Seed));
        foreach ((Context part, int dimension) in parts)
        {
            ContextSpectrum first = NystromSolver.Fit<T>(part, sample, pilot, dimension, options, _devices.Current, _host, relay, cancellationToken);
            TensorPrimitives.Add(scores, NystromSolver.LeverageScores(first), scores);
        }
        return takeMasses ? Landmarks.ByScoreWithMass(scores, m, options.Seed) : new Landmarks(Landmarks.ByScore(scores, m, options.Seed));
    }

    /// <summary>The solver for a problem. A pure function.</summary>
    internal static SpectralSolver Choose(SpectralSolver asked, int rows, int atoms, int dimension, bool supportsDouble)
    {
        int smallest = Math.Min(rows, atoms);
        return asked switch
        {
            SpectralSolver.Exact when !supportsDouble => throw new InputException("the exact solver computes in double precision, which this device does not offer"),
            SpectralSolver.Auto when supportsDouble && (smallest <= SmallProblem || (smallest <= MediumProblem && 3L * dimension >= smallest)) => SpectralSolver.Exact,
            SpectralSolver.Auto => SpectralSolver.Krylov,
            _ => asked,
        };
    }

    private static void CheckSize(int functionLength, int dimension)
    {
        if ((long)functionLength * dimension > Array.MaxLength)
            throw new InputException($"the dimension is {dimension}; {functionLength} values of each singular function allow at most {Array.MaxLength / functionLength}");
    }

    // Largest entry of |F^T W F - I| over the features that are not zero, a tile of rows at a time.
    private static double LossOfOrthogonality<T>(ComputeDevice device, ContextSpectrum spectrum, double[]? weights, CancellationToken cancellationToken)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        const int Tile = 1 << 15;
        Arithmetic<T> on = device.Arithmetic<T>();
        int n = spectrum.Features.Points, d = spectrum.Features.Functions, rank = spectrum.Rank;
        double[] gram = new double[d * d], part = new double[d * d];
        using DeviceMatrix<T> tile = MemoryTile.Allocate(Math.Min(Tile, n), rows => on.Allocate(rows, d), out int most);
        for (int start = 0; start < n; start += most)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(most, n - start);
            DeviceMatrix<T> block = tile.RowRange(0, rows);
            on.Upload(spectrum.Features.Values<T>().Slice(start * d, rows * d), block);
            if (weights is not null)
            {
                using DeviceMatrix<T> roots = on.UploadColumn<T>(Array.ConvertAll(weights.AsSpan(start, rows).ToArray(), w => Math.Sqrt(n * w)));
                on.ScaleRows(roots, block, block);
            }
            on.InnerProducts(block, block, part);
            TensorPrimitives.Add(gram, part, gram);
        }
        double worst = 0;
        for (int i = 0; i < rank; i++)
            for (int j = 0; j < rank; j++)
                worst = Math.Max(worst, Math.Abs((gram[(i * d) + j] / n) - (i == j ? 1 : 0)));
        return worst;
    }

    private static ReadOnlySpan<T> Flat<T>(T[,] x) => x.Length == 0 ? [] : MemoryMarshal.CreateReadOnlySpan(ref x[0, 0], x.Length);

    private static ContextSample Sample<T>(ReadOnlySpan<T> x, int rows)
        where T : INumberBase<T>
    {
        if (rows < 1 || x.Length % rows != 0)
            throw new InputException($"{x.Length} inputs cannot be shared out over {rows} rows");
        double[] values = GC.AllocateUninitializedArray<double>(x.Length);
        TensorPrimitives.ConvertTruncating(x, values.AsSpan());
        return new ContextSample(values, rows, x.Length / rows);
    }

    private static (int Rows, int Columns) Shape<T>(ReadOnlyTensorSpan<T> x) =>
        x.Rank == 2 && x.FlattenedLength <= Array.MaxLength
            ? ((int)x.Lengths[0], (int)x.Lengths[1])
            : throw new InputException($"the inputs have {x.Rank} dimensions and {x.FlattenedLength} values; two dimensions, rows and columns, of at most {Array.MaxLength} values were expected");

    private static void Warn(ContextSpectrum spectrum, Context part, int dimension, SpectralOptions options, List<string> warnings)
    {
        if (spectrum.Components > 1)
            warnings.Add($"{part}: the rows fall into {spectrum.Components} connected components; the first {Math.Min(dimension, spectrum.Components - 1)} features, with s = 1, tell them apart");
        if (spectrum.Rank < dimension)
            warnings.Add($"{part}: the rank is {spectrum.Rank}; the other {dimension - spectrum.Rank} of {dimension} features are zero");
        if (!spectrum.Converged)
            warnings.Add($"{part}: the largest residual is {spectrum.Residuals.Max():g2}, above the tolerance {options.EffectiveTolerance:g2}");
    }

    /// <summary>Closes the device.</summary>
    public void Dispose()
    {
        _disposed = true;
        _devices.Dispose();
        _hostOwner?.Dispose();
    }
}
