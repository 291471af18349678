using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary>What the experiment is asked to do.</summary>
internal sealed record AbaloneAlignmentRequest(
    string Data, IReadOnlyList<int> Epochs, IReadOnlyList<CovarianceConstraint> Constraints, int Width, int Depth, double LearningRate, int? Batch, string Device, ulong Seed, bool Json);

/// <summary>
/// The alignment of a trained encoder with the exact eigenfunctions on abalone (Zhai, "Contextures", 2025, chapter 3; theory.md section 7): Class_Rings dropped, 70 % of the rows
/// to train on, the rest held out, columns standardised on the training rows, knn(k=30), 128 features from 512 outputs. Published: R2_CCA up to 0.9, mutual kNN above 0.8.
/// </summary>
internal static class AbaloneAlignment
{
    private const int Dimension = 128, Outputs = 512;
    private const double TrainingShare = 0.7;
    private const string Target = "Class_Rings";

    public static int Run(AbaloneAlignmentRequest request, CancellationToken cancellationToken)
    {
        DataTable table = DataTable.Read(request.Data);
        _ = table.ColumnIndex(Target);
        int[][] split = RowSplit.Of(table.Rows, [TrainingShare], request.Seed);
        DataTable training = table.Rows(split[0]), heldOut = table.Rows(split[1]);
        var preprocessing = new PreprocessingOptions { Exclude = [Target] };
        Context context = Context.Knn(30);
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = request.Device });
        SpectralModel exact = engine.Fit(
            training, context, preprocessing, new SpectralOptions { Dimension = Dimension, Precision = ElementPrecision.Double }, cancellationToken);
        double[] exactOutside = exact.Transform(heldOut, out _);
        double ratioTrace = 0;
        foreach (double s in exact.SingularValues)
            ratioTrace += s * s;

        var results = new List<AlignmentRow>();
        using CpuDevice processor = CpuDevice.Open();
        foreach (CovarianceConstraint constraint in request.Constraints)
        {
            foreach (int epochs in request.Epochs)
            {
                var options = new EncoderOptions
                {
                    Dimension = Dimension,
                    Outputs = Outputs,
                    Width = request.Width,
                    Depth = request.Depth,
                    Constraint = constraint,
                    LearningRate = request.LearningRate,
                    Epochs = epochs,
                    Batch = request.Batch,
                    Seed = request.Seed,
                };
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{constraint}, {epochs} epochs"));
                EncoderModel encoder = engine.Train(training, context, preprocessing, options, null, cancellationToken);
                results.Add(new AlignmentRow(
                    constraint, encoder, encoder.Eigenvalues.Sum() / ratioTrace,
                    Measure(exact.Features, encoder.Features), Measure(exactOutside, encoder.Transform(heldOut, out _))));
            }
        }
        if (request.Json)
            PrintJson(request, training.Rows, heldOut.Rows, results);
        else
            PrintText(request, training.Rows, heldOut.Rows, results);
        return 0;

        Alignment Measure(ReadOnlySpan<double> first, ReadOnlySpan<double> second) => Alignment.Measure(
            new FeatureSpan(first, first.Length / Dimension, Dimension), new FeatureSpan(second, second.Length / Dimension, Dimension), processor.LinearAlgebra, processor, null,
            cancellationToken);
    }

    private static void PrintText(AbaloneAlignmentRequest request, int rows, int heldOut, List<AlignmentRow> results)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(plain, $"knn(k=30), {rows} rows, {heldOut} held out, {Dimension} features of {Outputs} outputs, width {request.Width}, depth {request.Depth}, tanh, skip connections, learning rate {request.LearningRate}, {(request.Batch is int pairs ? $"batches of {pairs} pairs" : "all rows in a step")}, seed {request.Seed}"));
        Console.WriteLine("constraint   steps  seconds  R2_CCA  mutual kNN  ratio trace  held out: R2_CCA  mutual kNN");
        foreach (AlignmentRow row in results)
        {
            Console.WriteLine(string.Create(
                plain,
                $"{row.Constraint,-10}  {row.Encoder.Steps,6}  {row.Encoder.Seconds,7:f1}  {row.Inside.CcaR2,6:f4}  {row.Inside.MutualKnn,10:f4}  {row.RatioTrace,11:f4}  {row.Outside.CcaR2,16:f4}  {row.Outside.MutualKnn,10:f4}"));
        }
        Console.WriteLine("published         -        -  <= 0.9       > 0.8");
    }

    private static void PrintJson(AbaloneAlignmentRequest request, int rows, int heldOut, List<AlignmentRow> results) => JsonOutput.Print(writer =>
    {
        writer.WriteString("experiment", "abalone-alignment");
        writer.WriteNumber("rows", rows);
        writer.WriteNumber("heldOut", heldOut);
        writer.WriteNumber("dim", Dimension);
        writer.WriteNumber("outputs", Outputs);
        writer.WriteNumber("width", request.Width);
        writer.WriteNumber("depth", request.Depth);
        writer.WriteNumber("learningRate", request.LearningRate);
        if (request.Batch is int pairs)
            writer.WriteNumber("batch", pairs);
        else
            writer.WriteString("batch", "full");
        writer.WriteNumber("seed", request.Seed);
        writer.WriteStartArray("trainings");
        foreach (AlignmentRow row in results)
        {
            writer.WriteStartObject();
            writer.WriteString("constraint", row.Constraint switch
            {
                CovarianceConstraint.Whiten => "whiten",
                CovarianceConstraint.VicReg => "vicreg",
                _ => "lagrangian",
            });
            writer.WriteNumber("steps", row.Encoder.Steps);
            writer.WriteNumber("seconds", row.Encoder.Seconds);
            writer.WriteNumber("rank", row.Encoder.Rank);
            writer.WriteNumber("ratioTrace", row.RatioTrace);
            writer.WriteNumber("ccaR2", row.Inside.CcaR2);
            writer.WriteNumber("mutualKnn", row.Inside.MutualKnn);
            writer.WriteNumber("heldOutCcaR2", row.Outside.CcaR2);
            writer.WriteNumber("heldOutMutualKnn", row.Outside.MutualKnn);
            writer.WriteStartObject("device");
            JsonOutput.WriteDevice(writer, row.Encoder.Facts.Device);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartObject("published");
        writer.WriteNumber("ccaR2AtMost", 0.9);
        writer.WriteNumber("mutualKnnAbove", 0.8);
        writer.WriteEndObject();
    });

    /// <summary>One training beside the exact functions.</summary>
    /// <param name="Constraint">How the covariance was held.</param>
    /// <param name="Encoder">What was trained.</param>
    /// <param name="RatioTrace">Sum of the estimated s^2 over that of the exact ones.</param>
    /// <param name="Inside">On the rows trained on.</param>
    /// <param name="Outside">On the others.</param>
    private sealed record AlignmentRow(CovarianceConstraint Constraint, EncoderModel Encoder, double RatioTrace, Alignment Inside, Alignment Outside);
}
