namespace ContextureGpu;

/// <summary>What the error of a probe is.</summary>
public enum ProbeMetric
{
    /// <summary>Mean squared error of a quantity.</summary>
    MeanSquaredError,

    /// <summary>Share of rows whose class is not the one predicted.</summary>
    ErrorRate,
}

/// <summary>How well a linear probe on the first d features predicts a target, for growing d. The validation rows choose regularisation and dimension, the test rows judge.</summary>
/// <param name="Target">Name of the target.</param>
/// <param name="Metric">What the errors are.</param>
/// <param name="Dimensions">The d looked at, ascending.</param>
/// <param name="ValidationErrors">Error on the validation rows for each d, at the best regularisation.</param>
/// <param name="TestErrors">Error on the test rows for each d, at the regularisation that the validation rows chose.</param>
/// <param name="BestDimension">The first d with the smallest validation error.</param>
/// <param name="BaselineError">Test error without features: of the mean of the training rows, or of their most frequent class.</param>
/// <param name="Linear">The linear probe at the best dimension in full.</param>
/// <param name="Neighbors">A probe by nearest neighbours on the features of the best dimension.</param>
public sealed record ProbeCurve(
    string Target, ProbeMetric Metric, IReadOnlyList<int> Dimensions, IReadOnlyList<double> ValidationErrors, IReadOnlyList<double> TestErrors, int BestDimension,
    double BaselineError, ProbeResult Linear, ProbeResult Neighbors)
{
    /// <summary>Test error at <see cref="BestDimension"/>.</summary>
    public double BestError => Linear.Test.Error;
}

/// <summary>Probes of given features.</summary>
/// <param name="Linear">The linear probe.</param>
/// <param name="Neighbors">The probe by nearest neighbours.</param>
/// <param name="BaselineError">Test error without features.</param>
public sealed record FeatureProbe(ProbeResult Linear, ProbeResult Neighbors, double BaselineError);

/// <summary>A fitted probe.</summary>
/// <param name="Metric">What its errors are.</param>
/// <param name="Setting">What the validation rows chose: the penalty of each squared weight per training row, or the number of neighbours.</param>
/// <param name="Train">On the rows it was fitted to.</param>
/// <param name="Validation">On the rows that chose the setting.</param>
/// <param name="Test">On rows that had no part in it.</param>
/// <param name="GradientNorm">Largest entry of the gradient where the fit stopped: 0 for closed forms.</param>
public sealed record ProbeResult(ProbeMetric Metric, double Setting, ProbeScore Train, ProbeScore Validation, ProbeScore Test, double GradientNorm);

/// <summary>How a probe did on some rows.</summary>
/// <param name="Error">Mean squared error or error rate.</param>
/// <param name="RSquared">Share of the variance explained, against the mean of these rows; null for classes, and for fewer than two different values.</param>
/// <param name="LogLoss">Mean negative logarithm of the probability of the right class; null where the probe gives none.</param>
public sealed record ProbeScore(double Error, double? RSquared, double? LogLoss)
{
    /// <summary>One minus the error rate; means nothing for a quantity.</summary>
    public double Accuracy => 1 - Error;
}
