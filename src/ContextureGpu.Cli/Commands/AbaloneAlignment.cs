using System.Globalization;
using ContextureGpu.Kernels;

namespace ContextureGpu.Cli;

/// <summary>What the experiment is asked to do.</summary>
internal sealed record AbaloneAlignmentRequest(
    string Data, IReadOnlyList<int> Epochs, IReadOnlyList<CovarianceConstraint> Constraints, int Width, int Depth, double LearningRate, int? Batch, int Draws, string Device, ulong Seed, bool Json);

/// <summary>The alignment of trained encoders of one width and depth with the exact eigenfunctions on abalone; <see cref="AlignmentSweep"/> has many.</summary>
internal static class AbaloneAlignment
{
    public static int Run(AbaloneAlignmentRequest request, CancellationToken cancellationToken)
    {
        using ContextureEngine engine = ContextureEngine.Create(new EngineOptions { Device = request.Device });
        using var task = new AlignmentTask(engine, request.Data, request.Seed, cancellationToken);
        var results = new List<(CovarianceConstraint Constraint, AlignmentScore Score)>();
        foreach (CovarianceConstraint constraint in request.Constraints)
        {
            foreach (int epochs in request.Epochs)
            {
                var options = new EncoderOptions
                {
                    Width = request.Width,
                    Depth = request.Depth,
                    Constraint = constraint,
                    LearningRate = request.LearningRate,
                    Epochs = epochs,
                    Batch = request.Batch,
                    Draws = request.Draws,
                    Seed = request.Seed,
                };
                Experiment.Say(FormattableString.Invariant($"{constraint}, {epochs} epochs"));
                results.Add((constraint, task.Train(options, null, cancellationToken)));
            }
        }
        if (request.Json)
            PrintJson(request, task, engine.Device, results);
        else
            PrintText(request, task, results);
        return 0;
    }

    private static void PrintText(AbaloneAlignmentRequest request, AlignmentTask task, List<(CovarianceConstraint Constraint, AlignmentScore Score)> results)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(plain, $"knn(k=30), {task.Rows} rows, {task.HeldOut} held out, {AlignmentTask.Dimension} features of {AlignmentTask.Outputs} outputs, width {request.Width}, depth {request.Depth}, tanh, skip connections, learning rate {request.LearningRate}, {AlignmentSweep.Batches(request.Batch, request.Draws)}, seed {request.Seed}"));
        Console.WriteLine("constraint   steps  seconds  R2_CCA  mutual kNN  ratio trace  held out: R2_CCA  mutual kNN");
        foreach ((CovarianceConstraint constraint, AlignmentScore score) in results)
        {
            Console.WriteLine(string.Create(
                plain,
                $"{constraint,-10}  {score.Steps,6}  {score.Seconds,7:f1}  {score.CcaR2,6:f4}  {score.MutualKnn,10:f4}  {score.RatioTrace,11:f4}  {score.HeldOutCcaR2,16:f4}  {score.HeldOutMutualKnn,10:f4}"));
        }
        Console.WriteLine("published         -        -  <= 0.9       > 0.8");
    }

    private static void PrintJson(
        AbaloneAlignmentRequest request, AlignmentTask task, DeviceDescription device, List<(CovarianceConstraint Constraint, AlignmentScore Score)> results) => JsonOutput.Print(writer =>
    {
        writer.WriteString("experiment", "abalone-alignment");
        writer.WriteNumber("rows", task.Rows);
        writer.WriteNumber("heldOut", task.HeldOut);
        writer.WriteNumber("dim", AlignmentTask.Dimension);
        writer.WriteNumber("outputs", AlignmentTask.Outputs);
        writer.WriteNumber("width", request.Width);
        writer.WriteNumber("depth", request.Depth);
        writer.WriteNumber("learningRate", request.LearningRate);
        if (request.Batch is int pairs)
        {
            writer.WriteNumber("batch", pairs);
            writer.WriteNumber("draws", request.Draws);
        }
        else
            writer.WriteString("batch", "full");
        writer.WriteNumber("seed", request.Seed);
        writer.WriteStartArray("trainings");
        foreach ((CovarianceConstraint constraint, AlignmentScore score) in results)
        {
            writer.WriteStartObject();
            writer.WriteString("constraint", AlignmentSweep.Word(constraint));
            writer.WriteNumber("steps", score.Steps);
            writer.WriteNumber("seconds", score.Seconds);
            writer.WriteNumber("rank", score.Rank);
            writer.WriteNumber("ratioTrace", score.RatioTrace);
            writer.WriteNumber("ccaR2", score.CcaR2);
            writer.WriteNumber("mutualKnn", score.MutualKnn);
            writer.WriteNumber("heldOutCcaR2", score.HeldOutCcaR2);
            writer.WriteNumber("heldOutMutualKnn", score.HeldOutMutualKnn);
            writer.WriteStartObject("device");
            JsonOutput.WriteDevice(writer, device);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartObject("published");
        writer.WriteNumber("ccaR2AtMost", AlignmentTask.PublishedCcaR2);
        writer.WriteNumber("mutualKnnAbove", AlignmentTask.PublishedMutualKnn);
        writer.WriteEndObject();
    });
}
