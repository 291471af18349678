using System.Diagnostics;
using ContextureGpu.Spectral;

namespace ContextureGpu;

/// <summary>What a fit is doing.</summary>
public enum FitPhase
{
    /// <summary>Chooses landmarks (Nystroem solver only).</summary>
    Sampling,

    /// <summary>Binds the context to the rows: neighbours, edges, classes.</summary>
    Binding,

    /// <summary>Computes singular triplets.</summary>
    Solving,

    /// <summary>Extends functions from the landmarks to all rows (Nystroem solver only).</summary>
    Extending,

    /// <summary>Measures what was found: certificate and orthogonality.</summary>
    Certifying,

    /// <summary>Judges the context (evaluation only): association, compatibility, worst cases.</summary>
    Judging,

    /// <summary>Fits probes (evaluation only).</summary>
    Probing,

    /// <summary>Done.</summary>
    Done,
}

/// <summary>How far a fit is.</summary>
/// <param name="Phase">What it does now; for a concatenation every part goes through the phases in turn.</param>
/// <param name="Part">Part of a concatenation, from 0.</param>
/// <param name="Parts">Parts in all; 1 if the context is no concatenation.</param>
/// <param name="Fraction">Share of this phase that is done, 0 to 1; while solving it is an estimate from the decay of the residuals.</param>
/// <param name="Remaining">Estimated time until the phase ends; null while nothing is known.</param>
public sealed record FitProgress(FitPhase Phase, int Part, int Parts, double Fraction, TimeSpan? Remaining);

/// <summary>Turns what the steps of a fit say into <see cref="FitProgress"/>: fractions that never fall, and the time left from the time used.</summary>
internal sealed class FitProgressRelay(IProgress<FitProgress>? target, double tolerance) : IProgress<SolverProgress>
{
    /// <summary>Fraction from which on an estimate of the time left is worth something.</summary>
    private const double Telling = 0.05;

    private long _start = Stopwatch.GetTimestamp();
    private double _fraction, _firstResidual;
    private FitPhase _phase;

    public int Part { get; set; }

    public int Parts { get; set; } = 1;

    /// <summary>A phase begins or goes on.</summary>
    public void Report(FitPhase phase, double fraction)
    {
        if (target is null)
            return;
        if (phase != _phase || fraction == 0)
            (_phase, _fraction, _firstResidual, _start) = (phase, 0, 0, Stopwatch.GetTimestamp());
        _fraction = Math.Max(_fraction, Math.Clamp(fraction, 0, 1));
        TimeSpan? remaining = _fraction >= Telling ? Stopwatch.GetElapsedTime(_start) * ((1 - _fraction) / _fraction) : null;
        target.Report(new FitProgress(phase, Part, Parts, _fraction, remaining));
    }

    /// <summary>Residuals fall about exponentially: the fraction is the share of the way on a logarithmic scale.</summary>
    public void Report(SolverProgress value)
    {
        if (_firstResidual == 0)
            _firstResidual = value.LargestResidual;
        double way = Math.Log(_firstResidual / tolerance), gone = Math.Log(_firstResidual / value.LargestResidual);
        bool falling = way > 0 && double.IsFinite(gone);
        Report(FitPhase.Solving, Math.Max(1e-3, value.Converged >= value.Wanted ? 1 : falling ? Math.Min(0.99, gone / way) : 0));
    }
}
