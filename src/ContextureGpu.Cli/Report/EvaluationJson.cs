using System.Diagnostics;
using System.Text.Json;

namespace ContextureGpu.Cli;

/// <summary>An evaluation as JSON. One context: its object. Several: <c>contexts</c>, an array of such objects, and <c>ranking</c>, positions in it from 0, the best first.</summary>
internal static class EvaluationJson
{
    /// <summary>Prints it.</summary>
    public static void Print(EvaluationOutcome outcome) => JsonOutput.Print(writer =>
    {
        if (outcome.Reports.Count == 1 && outcome.Request.Sweep is null)
        {
            WriteReport(writer, outcome.Reports[0]);
            WriteEncoder(writer, outcome, 0);
        }
        else
        {
            writer.WriteStartArray("contexts");
            for (int r = 0; r < outcome.Reports.Count; r++)
            {
                writer.WriteStartObject();
                WriteReport(writer, outcome.Reports[r]);
                WriteEncoder(writer, outcome, r);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            JsonOutput.WriteNumbers(writer, "ranking", [.. outcome.Ranking.Select(i => (double)i)]);
            if (outcome.Request.Sweep is { } sweep)
            {
                writer.WriteStartObject("sweep");
                writer.WriteString("text", sweep.Text);
                JsonOutput.WriteNumbers(writer, "levels", [.. sweep.Levels.Select(l => l.Level)]);
                JsonOutput.WriteNumbers(writer, "decayRate", [.. outcome.Reports.Select(r => r.Association.Decay.Rate)]);
                JsonOutput.WriteNumbers(writer, "tau", [.. outcome.Reports.Select(r => r.Tau.Value)]);
                if (outcome.Reports[0].Probes.Count > 0)
                    JsonOutput.WriteNumbers(writer, "error", [.. outcome.Reports.Select(r => r.Probes[0].BestError)]);
                writer.WriteEndObject();
            }
        }
        WriteSeconds(writer, outcome.Seconds);
        writer.WriteNumber("peakBytes", Process.GetCurrentProcess().PeakWorkingSet64);
        JsonOutput.WriteTexts(writer, "warnings", outcome.Warnings);
    });

    /// <summary>Phases and their seconds.</summary>
    public static void WriteSeconds(Utf8JsonWriter writer, IReadOnlyList<(string Phase, double Seconds)> seconds)
    {
        writer.WriteStartObject("seconds");
        foreach ((string phase, double value) in seconds)
            writer.WriteNumber(phase, value);
        writer.WriteEndObject();
    }

    /// <summary>The members of one context.</summary>
    public static void WriteReport(Utf8JsonWriter writer, ContextReport report)
    {
        writer.WriteNumber("rows", report.Rows);
        writer.WriteNumber("inputDimension", report.InputDimension);
        writer.WriteString("context", report.Context.ToString());
        writer.WriteNumber("dim", report.Tau.ByDimension.Count);
        ReadOnlySpan<double> residuals = report.Model.Residuals;
        FitRun.WriteSpectrum(writer, report.Model, [.. report.SingularValues], residuals[..Math.Min(residuals.Length, report.SingularValues.Count)]);
        writer.WriteString("summary", report.Summary);

        ContextMetric tau = report.Tau;
        writer.WriteStartObject("tau");
        JsonOutput.WriteNumber(writer, "value", tau.Value);
        writer.WriteNumber("bestDim", tau.BestDimension);
        writer.WriteBoolean("abstain", tau.Abstains);
        writer.WriteNumber("beta", tau.Beta);
        JsonOutput.WriteNumbers(writer, "byDim", [.. tau.ByDimension]);
        writer.WriteEndObject();

        Association association = report.Association;
        writer.WriteStartObject("association");
        writer.WriteString("verdict", EvaluationWords.Of(association.Verdict));
        JsonOutput.WriteNumber(writer, "decayRate", association.Decay.Rate);
        JsonOutput.WriteNumber(writer, "decayFit", association.Decay.RSquared);
        writer.WriteNumber("kernelDeviation", association.KernelDeviation);
        writer.WriteNumber("kernelDeviationError", association.KernelDeviationError);
        JsonOutput.WriteNumber(writer, "lipschitz", association.Lipschitz);
        JsonOutput.WriteNumber(writer, "neighborDrop", association.NeighborDrop);
        writer.WriteString("suggestion", EvaluationWords.Of(association.Suggestion));
        JsonOutput.WriteTexts(writer, "reasons", association.Reasons);
        writer.WriteEndObject();

        writer.WriteStartArray("compatibility");
        foreach (TargetCompatibility task in report.Compatibility)
        {
            writer.WriteStartObject();
            writer.WriteString("target", task.Target);
            writer.WriteString("class", task.Class);
            writer.WriteNumber("rho", task.Rho);
            writer.WriteNumber("captured", task.Captured);
            JsonOutput.WriteNumbers(writer, "cosines", [.. task.Cosines]);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();

        writer.WriteStartObject("worstCase");
        writer.WriteNumber("epsilon", report.Epsilon);
        JsonOutput.WriteNumbers(writer, "byDim", [.. report.WorstCaseByDimension]);
        writer.WriteEndObject();

        if (report.Probes.Count > 0)
        {
            writer.WriteStartObject("probe");
            WriteProbe(writer, report.Probes[0]);
            writer.WriteEndObject();
            writer.WriteStartArray("probes");
            foreach (ProbeCurve probe in report.Probes)
            {
                writer.WriteStartObject();
                WriteProbe(writer, probe);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        if (report.Estimate is { } estimate)
        {
            writer.WriteStartObject("estimate");
            writer.WriteNumber("rows", estimate.Rows);
            writer.WriteNumber("of", estimate.Of);
            JsonOutput.WriteNumber(writer, "tauLow", estimate.TauLow);
            JsonOutput.WriteNumber(writer, "tauHigh", estimate.TauHigh);
            writer.WriteBoolean("isWide", estimate.IsWide);
            writer.WriteEndObject();
        }
    }

    /// <summary>Scores of a probe on the three parts, under a name.</summary>
    public static void WriteResult(Utf8JsonWriter writer, string name, ProbeResult result)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("setting", result.Setting);
        JsonOutput.WriteNumber(writer, "gradientNorm", result.GradientNorm);
        foreach ((string part, ProbeScore score) in new[] { ("train", result.Train), ("validation", result.Validation), ("test", result.Test) })
        {
            writer.WriteStartObject(part);
            JsonOutput.WriteNumber(writer, EvaluationWords.Of(result.Metric), score.Error);
            if (result.Metric == ProbeMetric.MeanSquaredError)
                JsonOutput.WriteNumber(writer, "r2", score.RSquared);
            else
            {
                JsonOutput.WriteNumber(writer, "accuracy", score.Accuracy);
                JsonOutput.WriteNumber(writer, "logLoss", score.LogLoss);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    private static void WriteEncoder(Utf8JsonWriter writer, EvaluationOutcome outcome, int place)
    {
        if (outcome.Encoders.Count == 0)
            return;
        EncoderReport encoder = outcome.Encoders[place];
        writer.WriteStartObject("encoder");
        writer.WriteNumber("rank", encoder.Rank);
        writer.WriteNumber("ratioTrace", encoder.RatioTrace);
        writer.WriteNumber("largestTrace", encoder.LargestTrace);
        writer.WriteNumber("traceGap", encoder.TraceGap);
        JsonOutput.WriteNumber(writer, "worstCaseLower", encoder.WorstCase?.Lower);
        JsonOutput.WriteNumber(writer, "worstCaseUpper", encoder.WorstCase?.Upper);
        writer.WriteEndObject();
    }

    private static void WriteProbe(Utf8JsonWriter writer, ProbeCurve probe)
    {
        writer.WriteString("target", probe.Target);
        writer.WriteString("metric", EvaluationWords.Of(probe.Metric));
        JsonOutput.WriteNumbers(writer, "dims", [.. probe.Dimensions.Select(d => (double)d)]);
        JsonOutput.WriteNumbers(writer, "errorByDim", [.. probe.TestErrors]);
        JsonOutput.WriteNumbers(writer, "validationErrorByDim", [.. probe.ValidationErrors]);
        writer.WriteNumber("bestDim", probe.BestDimension);
        JsonOutput.WriteNumber(writer, "bestError", probe.BestError);
        JsonOutput.WriteNumber(writer, "baselineError", probe.BaselineError);
        WriteResult(writer, "linear", probe.Linear);
        WriteResult(writer, "neighbors", probe.Neighbors);
    }
}
