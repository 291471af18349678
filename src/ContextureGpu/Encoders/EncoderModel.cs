using ContextureGpu.Encoders;
using ContextureGpu.Kernels;
using ContextureGpu.Operators;

namespace ContextureGpu;

/// <summary>How an encoder is evaluated at new rows.</summary>
public enum EncoderEvaluation
{
    /// <summary>The mean of the network's outputs over the context given x, <c>E[Psi(A) | x]</c>: what the objectives on A train. The context must have a law at new rows.</summary>
    Average,

    /// <summary>The network at x itself. For objectives on A its values must be rows.</summary>
    Direct,
}

/// <summary>
/// A trained encoder: a network, and the features that the generalised eigenproblem of theory.md section 4 makes of its outputs. Immutable, safe to read from many threads,
/// and independent of the device it was trained on.
/// </summary>
public sealed class EncoderModel
{
    /// <summary>Rows that the network takes at a time.</summary>
    private const int RowsAtOnce = 4096;

    private readonly EncoderState _state;
    private readonly SpectralModel _model;

    internal EncoderModel(EncoderState state)
    {
        _state = state;
        ModelState model = state.Model;
        _model = new SpectralModel(model.Context, model.Sample, model.Parts, model.Facts);
        Eigenvalues = [.. _model.SingularValues.ToArray().Select(s => s * s)];
    }

    /// <summary>The context.</summary>
    public Context Context => _model.Context;

    /// <summary>What was minimised.</summary>
    public Objective Objective => _state.Objective;

    /// <summary>Rows of the sample, N.</summary>
    public int Rows => _model.Rows;

    /// <summary>Inputs of a row.</summary>
    public int InputDimension => _model.InputDimension;

    /// <summary>Features d.</summary>
    public int Dimension => _model.Dimension;

    /// <summary>Trained outputs d_1.</summary>
    public int Outputs => _state.Shape.Outputs;

    /// <summary>Trained numbers.</summary>
    public long Parameters => _state.Shape.Size;

    /// <summary>Estimates of s_1^2 .. s_d^2, from below, descending; zeros beyond the rank.</summary>
    public IReadOnlyList<double> Eigenvalues { get; }

    /// <summary>Dimension of the span of the outputs: below <see cref="Outputs"/> the network has collapsed that far.</summary>
    public int Rank => _state.OutputRank;

    /// <summary><c>||T T* mu_i - s_i^2 mu_i||</c> for each feature: 0 for a singular function.</summary>
    public ReadOnlySpan<double> Residuals => _model.Residuals;

    /// <summary>Features of the sample, row-major (N, d): zero mean, unit variance, uncorrelated, the largest entry of each positive.</summary>
    public ReadOnlySpan<double> Features => _model.Features;

    /// <summary>Mean loss of each epoch; without batches an epoch is a step.</summary>
    public IReadOnlyList<double> Losses => _state.Losses;

    /// <summary>Steps of the training.</summary>
    public int Steps => Facts.Iterations;

    /// <summary>Seconds the steps took; since the resumption, for a training that was resumed.</summary>
    public double Seconds => _state.Seconds;

    /// <summary>Device, precision and warnings.</summary>
    public FitFacts Facts => _model.Facts;

    /// <summary>How the columns of a table become inputs; null for an encoder that was trained on plain numbers.</summary>
    public Preprocessing? Preprocessing => _state.Model.Preprocessing;

    /// <summary>How new rows are evaluated where nothing else is asked for: the average for objectives on A, the network itself for those on x.</summary>
    public EncoderEvaluation DefaultEvaluation => TrainingPlan<double>.TakesRows(Objective) ? EncoderEvaluation.Direct : EncoderEvaluation.Average;

    internal EncoderModel WithTable(Preprocessing preprocessing, IReadOnlyDictionary<string, IReadOnlyList<string>> classes, IReadOnlyList<string> warnings)
    {
        ModelState model = _state.Model;
        FitFacts facts = model.Facts with { Warnings = [.. warnings, .. model.Facts.Warnings] };
        return new EncoderModel(_state with { Model = model with { Preprocessing = preprocessing, Classes = classes, Facts = facts } });
    }

    /// <summary>Writes the encoder to a file that <see cref="Load"/> reads on any machine. The file appears whole or not at all.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public void Save(string path) => EncoderFile.Save(path, _state);

    /// <summary>Reads an encoder. A file from an untrusted source is safe to open: it can only be refused.</summary>
    /// <exception cref="InputException">It is no encoder, is damaged, or is of another version.</exception>
    public static EncoderModel Load(string path) => new(EncoderFile.Load(path));

    /// <summary>
    /// Writes the network and the linear map to the features as an ONNX graph of operator set 17: <see cref="EncoderEvaluation.Direct"/> evaluation, in the precision of the
    /// training. Its input <c>x</c> is (rows, <see cref="InputDimension"/>), the inputs in the order of <see cref="ContextureGpu.Preprocessing.InputNames"/>, numbers as they are in
    /// the data, NaN where one is missing, and 1 or 0 for the levels of text columns; scaling is part of the graph. Its output <c>features</c> is (rows, d). The file appears
    /// whole or not at all.
    /// </summary>
    /// <exception cref="InputException">The network takes no rows, the parameters exceed 2 GiB, or the file cannot be written.</exception>
    public void ExportOnnx(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!_state.NetworkOnRows)
            throw EncoderGraph.Refusal(Context);
        using CpuDevice device = CpuDevice.Open();
        AtomicFile.Write(path, EncoderGraph.Of(_state, device.LinearAlgebra).WriteTo);
    }

    /// <summary>Features of new rows, on this machine's processor.</summary>
    /// <param name="rows">Inputs, row-major (n, <see cref="InputDimension"/>).</param>
    /// <param name="features">Receives row-major (n, d).</param>
    /// <param name="evaluation">Through the context or by the network alone; null for <see cref="DefaultEvaluation"/>.</param>
    /// <exception cref="InputException">
    /// A size does not fit, a value is not finite, the context has no law at new rows (graphs) or needs more than inputs there (labels), or the network takes no rows.
    /// </exception>
    public void Transform(ReadOnlySpan<double> rows, Span<double> features, EncoderEvaluation? evaluation = null)
    {
        if (InputDimension == 0 || rows.Length % InputDimension != 0 || features.Length != (long)rows.Length / InputDimension * Dimension)
            throw new InputException($"rows of {InputDimension} inputs and {Dimension} features were expected; there are {rows.Length} inputs and room for {features.Length} features");
        if (!rows.IsEmpty)
            Transform(new ContextSample(rows.ToArray(), rows.Length / InputDimension, InputDimension), features, evaluation ?? DefaultEvaluation);
    }

    /// <inheritdoc cref="Transform(ReadOnlySpan{double}, Span{double}, EncoderEvaluation?)"/>
    public void Transform(ReadOnlySpan<float> rows, Span<float> features, EncoderEvaluation? evaluation = null)
    {
        double[] wide = new double[rows.Length], result = new double[features.Length];
        System.Numerics.Tensors.TensorPrimitives.ConvertTruncating(rows, wide.AsSpan());
        Transform(wide, result, evaluation);
        System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<double, float>(result, features);
    }

    /// <summary>Features of the rows of a table with the columns that the encoder was trained with.</summary>
    /// <param name="table">The table; columns are found by name.</param>
    /// <param name="warnings">What encoding has to say: categories that were not there, columns that are not used.</param>
    /// <param name="evaluation">Through the context or by the network alone; null for <see cref="DefaultEvaluation"/>.</param>
    /// <returns>Row-major (table rows, d).</returns>
    /// <exception cref="InputException">The encoder was trained on plain numbers, a column is missing, or it cannot be evaluated this way.</exception>
    public double[] Transform(DataTable table, out IReadOnlyList<string> warnings, EncoderEvaluation? evaluation = null)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (Preprocessing is null)
            throw new InputException("the encoder was trained on plain numbers, not on a table");
        EncoderEvaluation how = evaluation ?? DefaultEvaluation;
        ContextSample rows;
        if (how == EncoderEvaluation.Average)
            (rows, _) = ContextTable.Read(table, Context, Preprocessing, _state.Model.Classes, out warnings);
        else
            rows = new ContextSample(Preprocessing.Apply(table, out warnings), table.Rows, InputDimension);
        var features = new double[rows.Rows * Dimension];
        Transform(rows, features, how);
        return features;
    }

    private void Transform(ContextSample rows, Span<double> features, EncoderEvaluation evaluation)
    {
        switch (evaluation)
        {
            case EncoderEvaluation.Average:
                _model.Transform(rows, features);
                break;
            case EncoderEvaluation.Direct when !_state.NetworkOnRows:
                throw new InputException($"the network was trained on the values of A of {Context}, which are no rows; only its average over the context is defined at new rows");
            case EncoderEvaluation.Direct:
                Direct(rows, features);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(evaluation), evaluation, "unknown evaluation");
        }
    }

    private void Direct(ContextSample rows, Span<double> features)
    {
        using CpuDevice device = CpuDevice.Open();
        Arithmetic<double> on = device.Arithmetic<double>();
        using var network = new Network<double>(on, _state.Shape);
        for (int p = 0; p < _state.Parameters.Length; p++)
            on.Upload(_state.Parameters[p], network.Parameters[p].Value);
        using DeviceMatrix<double> shift = on.UploadMatrix<double>(Array.ConvertAll(_state.Mean, m => -m), 1, Outputs);
        for (int start = 0; start < rows.Rows; start += RowsAtOnce)
        {
            int count = Math.Min(RowsAtOnce, rows.Rows - start);
            using DeviceMatrix<double> x = on.UploadMatrix<double>(rows.Values.AsSpan(start * InputDimension, count * InputDimension), count, InputDimension), y = on.Allocate(count, Dimension);
            DeviceMatrix<double> outputs = network.Forward(x);
            on.Activate(Activation.Identity, outputs, shift, null, outputs);
            on.MultiplySmall(outputs, _state.Map, 0, y);
            double[] values = on.DownloadDouble(y);
            int bad = Array.FindIndex(values, v => !double.IsFinite(v));
            if (bad >= 0)
                throw new NumericalException($"feature {bad % Dimension} of row {start + (bad / Dimension)} (counted from 0) is {values[bad]}");
            values.CopyTo(features[(start * Dimension)..]);
        }
    }
}
