using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary>
/// Abalone beside its exact eigenfunctions (Zhai, "Contextures", 2025, chapter 3; theory.md section 7): Class_Rings dropped, 70 % of the rows to train on, the rest held out, columns
/// standardised on the training rows, knn(k=30), 128 features from 512 outputs. Published: R2_CCA up to 0.9, mutual kNN above 0.8.
/// </summary>
internal sealed class AlignmentTask : IDisposable
{
    /// <summary>Features, and outputs that are trained for them.</summary>
    public const int Dimension = 128, Outputs = 512;

    /// <summary>The published R2_CCA at most.</summary>
    public const double PublishedCcaR2 = 0.9;

    /// <summary>The published mutual kNN at least.</summary>
    public const double PublishedMutualKnn = 0.8;

    private const double TrainingShare = 0.7;
    private const string Target = "Class_Rings";

    private static readonly Context Neighbours = Context.Knn(30);
    private static readonly PreprocessingOptions Preprocessing = new() { Exclude = [Target] };

    private readonly ContextureEngine _engine;
    private readonly DataTable _training, _heldOut;
    private readonly SpectralModel _exact;
    private readonly double[] _exactOutside;
    private readonly double _ratioTrace;
    private readonly CpuDevice _processor = CpuDevice.Open();

    /// <summary>Reads the data, splits it and computes the exact eigenfunctions.</summary>
    /// <param name="engine">What computes; not owned.</param>
    /// <param name="data">The data set.</param>
    /// <param name="seed">Key of the split.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public AlignmentTask(ContextureEngine engine, string data, ulong seed, CancellationToken cancellationToken)
    {
        _engine = engine;
        DataTable table = DataTable.Read(data);
        _ = table.ColumnIndex(Target);
        int[][] split = RowSplit.Of(table.Rows, [TrainingShare], seed);
        (_training, _heldOut) = (table.Rows(split[0]), table.Rows(split[1]));
        _exact = engine.Fit(_training, Neighbours, Preprocessing, new SpectralOptions { Dimension = Dimension, Precision = ElementPrecision.Double }, cancellationToken);
        _exactOutside = _exact.Transform(_heldOut, out _);
        foreach (double s in _exact.SingularValues)
            _ratioTrace += s * s;
    }

    /// <summary>Rows that are trained on.</summary>
    public int Rows => _training.Rows;

    /// <summary>Rows that no encoder has seen.</summary>
    public int HeldOut => _heldOut.Rows;

    /// <summary>Trains an encoder and measures it.</summary>
    /// <param name="options">How; the numbers of features and outputs are those of the task.</param>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public AlignmentScore Train(EncoderOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        EncoderModel encoder = _engine.Train(_training, Neighbours, Preprocessing, options with { Dimension = Dimension, Outputs = Outputs }, progress, cancellationToken);
        Alignment inside = Measure(_exact.Features, encoder.Features, cancellationToken), outside = Measure(_exactOutside, encoder.Transform(_heldOut, out _), cancellationToken);
        return new AlignmentScore(
            inside.ExplainedF, inside.MutualKnn, encoder.Eigenvalues.Sum() / _ratioTrace, outside.ExplainedF, outside.MutualKnn, encoder.Rank, encoder.Steps, encoder.Seconds);
    }

    public void Dispose() => _processor.Dispose();

    private Alignment Measure(ReadOnlySpan<double> first, ReadOnlySpan<double> second, CancellationToken cancellationToken) => Alignment.Measure(
        new FeatureSpan(first, first.Length / Dimension, Dimension), new FeatureSpan(second, second.Length / Dimension, Dimension), _processor.LinearAlgebra, _processor, null, cancellationToken);
}

/// <summary>One trained encoder beside the exact eigenfunctions.</summary>
/// <param name="CcaR2">Mean squared canonical correlation on the rows trained on, over all exact functions: directions that an encoder of a lower rank lacks count as 0.</param>
/// <param name="MutualKnn">Mutual kNN there, 10 neighbours.</param>
/// <param name="RatioTrace">Sum of the estimated s^2 over that of the exact ones.</param>
/// <param name="HeldOutCcaR2">The same on the other rows.</param>
/// <param name="HeldOutMutualKnn">Mutual kNN there.</param>
/// <param name="Rank">Dimension of the span of the outputs.</param>
/// <param name="Steps">Steps of the training.</param>
/// <param name="Seconds">Its time.</param>
internal sealed record AlignmentScore(
    double CcaR2, double MutualKnn, double RatioTrace, double HeldOutCcaR2, double HeldOutMutualKnn, int Rank, int Steps, double Seconds);
