using System.Numerics.Tensors;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;
using ContextureGpu.Spectral;

namespace ContextureGpu;

/// <summary>
/// The top singular functions of a context, as learned on a sample: their values there, and what is needed to evaluate them at new rows,
/// <c>mu_i(x) = (1/s_i) sum_j P(a_j | x) nu_i(a_j)</c>. Immutable, safe to read from many threads, and independent of the device it was computed on.
/// </summary>
public sealed class SpectralModel
{
    private readonly ContextSample _sample;
    private readonly IReadOnlyList<ModelPart> _parts;
    private readonly FunctionValues _features;
    private readonly double[] _singularValues, _residuals;
    private double[]? _wide;

    /// <param name="context">The expression, as it was given.</param>
    /// <param name="sample">The rows whose law the parts are bound to: those it was fitted on, or the landmarks among them.</param>
    /// <param name="parts">The spectra.</param>
    /// <param name="facts">How the fit went.</param>
    internal SpectralModel(Context context, ContextSample sample, IReadOnlyList<ModelPart> parts, FitFacts facts)
        : this(context, sample, parts, FunctionValues.SideBySide([.. parts.Select(p => p.Spectrum.Features)]), facts)
    {
    }

    private SpectralModel(Context context, ContextSample sample, IReadOnlyList<ModelPart> parts, FunctionValues features, FitFacts facts)
    {
        (Context, _sample, _parts, _features, Facts) = (context, sample, parts, features, facts);
        _singularValues = [.. parts.SelectMany(p => p.Spectrum.SingularValues)];
        _residuals = [.. parts.SelectMany(p => p.Spectrum.Residuals)];
    }

    /// <summary>The context.</summary>
    public Context Context { get; }

    /// <summary>Rows of the sample, N.</summary>
    public int Rows => _features.Points;

    /// <summary>Inputs of a row.</summary>
    public int InputDimension => _sample.Dimension;

    /// <summary>Features d.</summary>
    public int Dimension => _singularValues.Length;

    /// <summary>s_1 .. s_d, the constant removed; for a concatenation those of each part in turn. Zeros beyond the rank.</summary>
    public ReadOnlySpan<double> SingularValues => _singularValues;

    /// <summary><c>||T T* mu_i - s_i^2 mu_i||</c> for each pair, relative to <c>||mu_i|| = 1</c>.</summary>
    /// <remarks>
    /// After the Nystroem solver it is the error against the whole sample: exact up to 50,000 rows; above, an estimate with the law of the context on 8,192 held-out rows (no
    /// landmarks) in the place of that on all rows, and <see cref="FitFacts.Warnings"/> says so.
    /// </remarks>
    public ReadOnlySpan<double> Residuals => _residuals;

    /// <summary>Features of the sample, row-major (N, d): zero mean, unit variance, uncorrelated within a part, the largest entry of each positive.</summary>
    /// <remarks>A fit in single precision holds float32; the first use makes a copy in float64 that the model keeps. <see cref="CopyFeatures(Span{float})"/> makes none.</remarks>
    public ReadOnlySpan<double> Features => _wide ?? Interlocked.CompareExchange(ref _wide, _features.ToDouble(), null) ?? _wide;

    /// <summary>Copies the features, row-major (N, d), in float32.</summary>
    /// <exception cref="InputException">The span does not hold N d values.</exception>
    public void CopyFeatures(Span<float> destination)
    {
        CheckRoom(destination.Length);
        _features.CopyTo(0, destination);
    }

    /// <summary>Copies the features, row-major (N, d).</summary>
    /// <exception cref="InputException">The span does not hold N d values.</exception>
    public void CopyFeatures(Span<double> destination)
    {
        CheckRoom(destination.Length);
        _features.CopyTo(0, destination);
    }

    /// <summary>Features that are not zero, over all parts.</summary>
    public int Rank => _parts.Sum(p => p.Spectrum.Rank);

    /// <summary>How the fit went.</summary>
    public FitFacts Facts { get; private init; }

    /// <summary>The parts of a concatenation, or the whole context.</summary>
    internal IReadOnlyList<ModelPart> Parts => _parts;

    /// <summary>The features as they were computed.</summary>
    internal FunctionValues FeatureValues => _features;

    /// <summary>The rows whose law the parts are bound to.</summary>
    internal ContextSample Sample => _sample;

    /// <summary>How the columns of a table become inputs; null for a model that was fitted on plain numbers.</summary>
    public Preprocessing? Preprocessing { get; private init; }

    /// <summary>Classes of each label column, by its name.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<string>> Classes { get; private init; } = new Dictionary<string, IReadOnlyList<string>>();

    internal SpectralModel WithTable(Preprocessing preprocessing, IReadOnlyDictionary<string, IReadOnlyList<string>> classes, IReadOnlyList<string> warnings) =>
        new(Context, _sample, _parts, _features, Facts with { Warnings = [.. warnings, .. Facts.Warnings] }) { Preprocessing = preprocessing, Classes = classes };

    /// <summary>Features of the rows of a table with the columns that the model was fitted with.</summary>
    /// <param name="table">The table; columns are found by name.</param>
    /// <param name="warnings">What encoding has to say: categories that were not there, columns that are not used.</param>
    /// <returns>Row-major (table rows, d).</returns>
    /// <exception cref="InputException">The model was fitted on plain numbers, a column is missing, or the context has no law at new rows.</exception>
    public double[] Transform(DataTable table, out IReadOnlyList<string> warnings)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (Preprocessing is null)
            throw new InputException("the model was fitted on plain numbers, not on a table");
        (ContextSample rows, _) = ContextTable.Read(table, Context, Preprocessing, Classes, out warnings);
        var features = new double[(long)rows.Rows * Dimension];
        Transform(rows, features);
        return features;
    }

    /// <summary>Writes the model to a file that <see cref="Load"/> reads on any machine. The file appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public void Save(string path) => ModelFile.Save(path, new ModelState(Context, _sample, _parts, Facts, Preprocessing, Classes));

    /// <summary>Reads a model. A file from an untrusted source is safe to open: it can only be refused.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="laws">The user's own laws that the context names; without one of them, the model has its features but none for new rows.</param>
    /// <exception cref="InputException">It is no model, is damaged, or is of another version.</exception>
    public static SpectralModel Load(string path, params ContextLaw[] laws)
    {
        ArgumentNullException.ThrowIfNull(laws);
        ModelState state = ModelFile.Load(path, laws);
        return new SpectralModel(state.Context, state.Sample, state.Parts, state.Facts) { Preprocessing = state.Preprocessing, Classes = state.Classes };
    }

    /// <summary>Features of new rows, on this machine's processor.</summary>
    /// <param name="rows">Inputs, row-major (n, <see cref="InputDimension"/>).</param>
    /// <param name="features">Receives row-major (n, d).</param>
    /// <exception cref="InputException">
    /// A size does not fit, a value is not finite, or the context has no law at new rows (graphs) or needs more than inputs there (labels).
    /// </exception>
    public void Transform(ReadOnlySpan<double> rows, Span<double> features)
    {
        if (InputDimension == 0 || rows.Length % InputDimension != 0 || features.Length != (long)rows.Length / InputDimension * Dimension)
            throw new InputException($"rows of {InputDimension} inputs and {Dimension} features were expected; there are {rows.Length} inputs and room for {features.Length} features");
        if (!rows.IsEmpty)
            Transform(new ContextSample(rows.ToArray(), rows.Length / InputDimension, InputDimension), features);
    }

    /// <inheritdoc cref="Transform(ReadOnlySpan{double}, Span{double})"/>
    public void Transform(ReadOnlySpan<float> rows, Span<float> features)
    {
        double[] wide = new double[rows.Length], result = new double[features.Length];
        TensorPrimitives.ConvertTruncating(rows, wide.AsSpan());
        Transform(wide, result);
        TensorPrimitives.ConvertTruncating<double, float>(result, features);
    }

    private void CheckRoom(int length)
    {
        if (length != (long)Rows * Dimension)
            throw new InputException($"({Rows}, {Dimension}) features are {(long)Rows * Dimension} values; there is room for {length}");
    }

    internal void Transform(ContextSample rows, Span<double> features)
    {
        rows.CheckRange();
        using CpuDevice device = CpuDevice.Open();
        Arithmetic<double> on = device.Arithmetic<double>();
        int start = 0;
        foreach (ModelPart part in _parts)
        {
            int d = part.Spectrum.SingularValues.Length;
            BoundContext bound = ContextBinding.Bind(part.Context, _sample, device, CancellationToken.None);
            FunctionValues functionsOfAtoms = part.Spectrum.AtomFunctions;
            double[] inverse = Array.ConvertAll(part.Spectrum.SingularValues, s => s > 0 ? 1 / s : 0), scaled = new double[(long)bound.Atoms * d];
            for (int a = 0; a < bound.Atoms; a++)
            {
                Span<double> row = scaled.AsSpan(a * d, d);
                functionsOfAtoms.CopyTo(a * d, row);
                TensorPrimitives.Multiply(row, inverse, row);
            }
            using LinearOperator<double> law = bound.At(on, rows, device);
            using DeviceMatrix<double> functions = on.UploadMatrix<double>(scaled, bound.Atoms, d), values = on.Allocate(rows.Rows, d);
            law.Apply(functions, values);
            double[] result = on.DownloadDouble(values);
            int bad = Array.FindIndex(result, v => !double.IsFinite(v));
            if (bad >= 0)
                throw NoFeature(start + (bad % d), bad / d, result[bad], rows);
            for (int i = 0; i < rows.Rows; i++)
                result.AsSpan(i * d, d).CopyTo(features[((i * Dimension) + start)..]);
            start += d;
        }
    }

    // Where all distances to the sample are equal but for their rounding, the law of A is lost in it.
    private NumericalException NoFeature(int feature, int row, double value, ContextSample rows)
    {
        double reach = PointUnit.LargestOf(rows.Row(row)), sample = PointUnit.LargestOf(_sample.Values);
        string why = reach > 1e4 * sample ? $"; its inputs reach {reach:G3}, those of the sample {sample:G3}: too far from every row of the sample for a law there" : "";
        return new NumericalException($"feature {feature} of row {row} (counted from 0) is {value}{why}");
    }
}

/// <summary>One part of a concatenation, or the whole context: its expression with all numbers known, and its spectrum.</summary>
internal sealed record ModelPart(Context Context, ContextSpectrum Spectrum);

/// <summary>How a fit went.</summary>
/// <param name="Solver">The solver that ran; for a concatenation that of the first part.</param>
/// <param name="Iterations">Its passes or restarts.</param>
/// <param name="Converged">Whether every residual is within the tolerance.</param>
/// <param name="Orthogonality">Largest entry of <c>|F^T W F - I|</c> over the features of a part that are not zero.</param>
/// <param name="Precision">The type large data was computed in.</param>
/// <param name="Device">The device.</param>
/// <param name="DeviceReason">Why this device.</param>
/// <param name="Warnings">What a reader should know.</param>
public sealed record FitFacts(
    SpectralSolver Solver, int Iterations, bool Converged, double Orthogonality, ElementPrecision Precision, DeviceDescription Device, string DeviceReason,
    IReadOnlyList<string> Warnings)
{
    /// <summary>How many of the neighbours that <see cref="KnnSearch.Approximate"/> found are right, the lowest of several contexts; null where all searches were exact.</summary>
    public NeighborRecall? NeighborRecall { get; init; }
}
