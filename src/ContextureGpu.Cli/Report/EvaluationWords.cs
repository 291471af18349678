using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>The words and numbers that all forms of an evaluation share.</summary>
internal static class EvaluationWords
{
    /// <summary>too weak, moderate or too strong.</summary>
    public static string Of(AssociationVerdict verdict) => verdict switch
    {
        AssociationVerdict.TooWeak => "too weak",
        AssociationVerdict.TooStrong => "too strong",
        _ => "moderate",
    };

    /// <summary>concatenate, convolve, combine or none.</summary>
    public static string Of(MixingOperation operation) => operation switch
    {
        MixingOperation.Concatenation => "concatenate",
        MixingOperation.Convolution => "convolve",
        MixingOperation.ConvexCombination => "combine",
        _ => "none",
    };

    /// <summary>mse or error.</summary>
    public static string Of(ProbeMetric metric) => metric == ProbeMetric.MeanSquaredError ? "mse" : "error";

    /// <summary>A number in a sentence or a table; a dash where it is not finite.</summary>
    public static string Number(double value) => double.IsFinite(value) ? value.ToString("g4", CultureInfo.InvariantCulture) : "-";

    /// <summary>The decay of a spectrum.</summary>
    public static string Decay(DecayFit decay) => decay.Rate switch
    {
        0 => "0: the spectrum does not fall",
        double.PositiveInfinity => "unbounded: every s_i is 0",
        _ => string.Create(CultureInfo.InvariantCulture, $"{decay.Rate:g4}, to a tenth within {decay.FeaturesToTenth:g3} features (R2 {decay.RSquared:f3})"),
    };

    /// <summary>Contexts from the weakest association to the strongest, by the decay of their spectra.</summary>
    public static IEnumerable<ContextReport> FromWeakToStrong(IEnumerable<ContextReport> reports) => reports.OrderByDescending(r => r.Association.Decay.Rate);

    /// <summary>tau with what stands beside it.</summary>
    public static string Tau(ContextReport report)
    {
        ContextMetric tau = report.Tau;
        string interval = report.Estimate is { } e ? $", between {Number(e.TauLow)} and {Number(e.TauHigh)} from {e.Rows} of {e.Of} rows" : "";
        string note = tau.Abstains ? ": too near beta + 1 to say anything" : tau.FallsThroughout ? ": falls throughout, more features would be better" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Number(tau.Value)} at d* = {tau.BestDimension} of {tau.ByDimension.Count}{interval}{note}");
    }

    /// <summary>The name of a task.</summary>
    public static string Task(TargetCompatibility task) => task.Class is null ? task.Target : $"{task.Target}={task.Class}";

    /// <summary>A score in full.</summary>
    public static string Score(ProbeScore score, ProbeMetric metric) => metric == ProbeMetric.MeanSquaredError
        ? $"{Number(score.Error)}{(score.RSquared is { } r ? $" (R2 {Number(r)})" : "")}"
        : $"{Number(score.Error)} (accuracy {Number(score.Accuracy)}{(score.LogLoss is { } loss ? $", log-loss {Number(loss)}" : "")})";

    /// <summary>Places of a spectrum worth showing: 1, 2, 4, .. and the last.</summary>
    public static IEnumerable<int> Places(int count)
    {
        for (int i = 1; i < count; i *= 2)
            yield return i;
        if (count > 0)
            yield return count;
    }
}
