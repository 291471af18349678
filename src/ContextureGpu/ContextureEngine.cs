using ContextureGpu.Kernels;
using ContextureGpu.Spectral;

namespace ContextureGpu;

/// <summary>How an engine works.</summary>
public sealed record EngineOptions
{
    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda[:i]</c>, <c>opencl[:i]</c> or <c>ilgpu-cpu</c>.</summary>
    public string Device { get; init; } = "auto";
}

/// <summary>Computes spectra of contexts on one device. Owns the device's memory; use it from one thread at a time.</summary>
public sealed partial class ContextureEngine : IDisposable
{
    /// <summary>Up to this many rows or values of A the dense solver is quicker than an iteration.</summary>
    private const int SmallProblem = 600;

    /// <summary>Up to here it is still the better choice when a third of the spectrum is wanted.</summary>
    private const int MediumProblem = 3000;

    private readonly ComputeDevice _device;
    private readonly HostLinearAlgebra _host;
    private readonly CpuDevice? _hostOwner;
    private readonly string _reason;
    private bool _disposed;

    private ContextureEngine(ComputeDevice device, string reason)
    {
        (_device, _reason) = (device, reason);
        _hostOwner = device as CpuDevice is null ? CpuDevice.Open() : null;
        _host = ((device as CpuDevice) ?? _hostOwner)!.LinearAlgebra;
    }

    /// <summary>What it computes on.</summary>
    public DeviceDescription Device => _device.Description;

    /// <summary>Opens a device.</summary>
    /// <param name="options">Which; null leaves the choice to the scheduler.</param>
    /// <exception cref="InputException">The options name no device.</exception>
    /// <exception cref="DeviceException">The device is missing or failed its test.</exception>
    public static ContextureEngine Create(EngineOptions? options = null)
    {
        (ComputeDevice device, string reason) = DeviceScheduler.Open((options ?? new EngineOptions()).Device);
        return new ContextureEngine(device, reason);
    }

    /// <summary>The top singular functions of a context on a sample.</summary>
    /// <param name="x">Inputs; row i is <c>x[i, *]</c>.</param>
    /// <param name="context">The context.</param>
    /// <param name="options">What is asked for; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The inputs, the options or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">No result that is finite was reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public SpectralModel Fit(double[,] x, Context context, SpectralOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Fit(x.Cast<double>().ToArray(), x.GetLength(0), context, options, cancellationToken);
    }

    /// <inheritdoc cref="Fit(double[,], Context, SpectralOptions?, CancellationToken)"/>
    public SpectralModel Fit(float[,] x, Context context, SpectralOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        return Fit(x.Cast<float>().Select(v => (double)v).ToArray(), x.GetLength(0), context, options, cancellationToken);
    }

    /// <inheritdoc cref="Fit(double[,], Context, SpectralOptions?, CancellationToken)"/>
    /// <param name="x">Inputs, row-major (rows, columns).</param>
    /// <param name="rows">Number of rows, at least 2.</param>
    /// <param name="context">The context.</param>
    /// <param name="options">What is asked for; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public SpectralModel Fit(ReadOnlySpan<double> x, int rows, Context context, SpectralOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (rows < 1 || x.Length % rows != 0)
            throw new InputException($"{x.Length} inputs cannot be shared out over {rows} rows");
        return Fit(new ContextSample(x.ToArray(), rows, x.Length / rows), context, options, cancellationToken);
    }

    /// <summary>The top singular functions of a context on the rows of a table. Columns that the context reads labels from are no inputs.</summary>
    /// <param name="table">The table.</param>
    /// <param name="context">The context.</param>
    /// <param name="preprocessing">How columns become inputs, and which are left out; null for the defaults.</param>
    /// <param name="options">What is asked for; null for the defaults.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="InputException">The table, the options or the context do not fit together; the message says how.</exception>
    /// <exception cref="NumericalException">No result that is finite was reached.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public SpectralModel Fit(
        DataTable table, Context context, PreprocessingOptions? preprocessing = null, SpectralOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(context);
        preprocessing ??= new PreprocessingOptions();
        preprocessing = preprocessing with { Exclude = [.. preprocessing.Exclude, .. ContextTable.LabelColumns(context)] };
        Preprocessing encoding = Preprocessing.Fit(table, preprocessing);
        (ContextSample sample, var classes) = ContextTable.Read(table, context, encoding, null, out IReadOnlyList<string> warnings);
        SpectralModel model = Fit(sample, context, options, cancellationToken);
        return model.WithTable(encoding, classes, [.. encoding.Warnings, .. warnings]);
    }

    internal SpectralModel Fit(ContextSample sample, Context context, SpectralOptions? options, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(context);
        options ??= new SpectralOptions();
        options.Check();
        if (sample.Rows < 2)
            throw new InputException($"there is {sample.Rows} row; a spectrum needs at least 2");
        if (options.Precision == ElementPrecision.Double && !Device.SupportsDouble)
            throw new InputException($"{Device.Selector} ({Device.Name}) does not compute in double precision; choose single, or another device");

        CheckSize(sample.Rows, options.Dimension);
        Context resolved = ContextBinding.Resolve(context, sample);
        (Context Part, int Dimension)[] parts = resolved is ConcatenationContext list
            ? [.. list.Parts.Select(p => p.Part).Zip(list.Split(options.Dimension))]
            : [(resolved, options.Dimension)];
        var fitted = new List<ModelPart>();
        var warnings = new List<string>();
        SpectralSolver? first = null;
        double orthogonality = 0;
        try
        {
            foreach ((Context part, int dimension) in parts)
            {
                cancellationToken.ThrowIfCancellationRequested();
                BoundContext bound = ContextBinding.Bind(part, sample, _device, cancellationToken);
                CheckSize(bound.Atoms, dimension);
                SpectralSolver solver = Choose(options.Solver, bound.Rows, bound.Atoms, dimension, Device.SupportsDouble);
                first ??= solver;
                ContextSpectrum spectrum = solver == SpectralSolver.Exact || options.Precision == ElementPrecision.Double
                    ? ContextSpectrum.Compute<double>(bound, dimension, solver, options, _device, _host, cancellationToken)
                    : ContextSpectrum.Compute<float>(bound, dimension, solver, options, _device, _host, cancellationToken);
                orthogonality = Math.Max(orthogonality, LossOfOrthogonality(spectrum, bound));
                Warn(spectrum, part, dimension, options, warnings);
                fitted.Add(new ModelPart(part, spectrum));
            }
        }
        catch (DeviceFailureException failure)
        {
            throw new DeviceException(failure.Message, failure);
        }
        catch (OutOfMemoryException refusal)
        {
            throw new InputException($"{Device.Selector} has too little memory for this: {refusal.Message}; a smaller dimension or fewer rows would fit", refusal);
        }
        var facts = new FitFacts(
            first!.Value, fitted.Max(p => p.Spectrum.Iterations), fitted.All(p => p.Spectrum.Converged), orthogonality, options.Precision, Device, _reason, warnings);
        return new SpectralModel(context, sample, fitted, facts);
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

    private double LossOfOrthogonality(ContextSpectrum spectrum, BoundContext bound)
    {
        int n = bound.Rows, d = spectrum.SingularValues.Length, rank = spectrum.Rank;
        var weighted = (double[])spectrum.Features.Clone();
        for (int i = 0; i < n; i++)
        {
            double weight = bound.InputWeights is { } w ? w[i] : 1.0 / n;
            for (int j = 0; j < d; j++)
                weighted[(i * d) + j] *= weight;
        }
        var gram = new double[d * d];
        _host.Multiply(spectrum.Features, Orientation.Transposed, weighted, Orientation.Normal, gram, d, d, n);
        double worst = 0;
        for (int i = 0; i < rank; i++)
            for (int j = 0; j < rank; j++)
                worst = Math.Max(worst, Math.Abs(gram[(i * d) + j] - (i == j ? 1 : 0)));
        return worst;
    }

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
        _device.Dispose();
        _hostOwner?.Dispose();
    }
}
