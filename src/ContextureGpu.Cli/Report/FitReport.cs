using System.Globalization;

namespace ContextureGpu.Cli;

/// <summary>The report of a fit: spectrum, residuals, the first two features.</summary>
internal static class FitReport
{
    /// <summary>The page.</summary>
    /// <param name="model">What was fitted.</param>
    /// <param name="source">Name of the data.</param>
    /// <param name="target">Colours of the rows.</param>
    /// <param name="facts">Names and values, in order.</param>
    /// <param name="seconds">Phases of the work and their times.</param>
    /// <param name="warnings">What a reader should know.</param>
    /// <param name="command">The command that repeats it.</param>
    public static ReportPage Of(
        SpectralModel model, string source, TargetView target, IReadOnlyList<(string Name, string Value)> facts, IReadOnlyList<(string Phase, double Seconds)> seconds,
        IReadOnlyList<string> warnings, string command)
    {
        double[] s = model.SingularValues.ToArray(), residuals = model.Residuals.ToArray();
        return new ReportPage(
            $"{model.Context} on {source}",
            Verdict(model, s, residuals),
            warnings,
            [
                new ReportSection("Spectrum", [
                    new ReportText("Singular values s of the expectation operator, the constant removed, and their squares, the eigenvalues of T T*. Fast decay is weak association, slow decay is strong."),
                    Spectrum([("s", s), ("s²", [.. s.Select(v => v * v)])]),
                    Residuals(residuals, model.Facts.Orthogonality),
                    Table(s, residuals),
                ]),
                new ReportSection("Features", [target.Scatter(model.Features, model.Rows, model.Dimension)]),
                new ReportSection("How it was computed", [new ReportFacts([.. facts, ("seconds", Times(seconds))])]),
                new ReportSection("Again", [new ReportCommand(command)]),
            ]);
    }

    /// <summary>Values of spectra against their position.</summary>
    public static ReportFigure Spectrum(IReadOnlyList<(string Name, double[] Values)> spectra, string caption = "The values that the features belong to, in order.") => new(
        new Plot("spectrum", new PlotAxis("i"), new PlotAxis(spectra.Count == 1 ? spectra[0].Name : "value"), [.. spectra.Select(p => Curve(p.Name, p.Values))]), caption);

    /// <summary>The residuals of each pair.</summary>
    public static ReportFigure Residuals(double[] residuals, double orthogonality) => new(
        new Plot("certificate", new PlotAxis("i"), new PlotAxis("residual", AxisScale.Logarithmic), [Curve("residual", residuals)]),
        string.Create(CultureInfo.InvariantCulture, $"‖T T* μ − s² μ‖ of each pair, computed from the operator itself; the features are orthonormal to {orthogonality:0.0e+00}."));

    /// <summary>The numbers behind the two figures.</summary>
    public static ReportTable Table(double[] s, double[] residuals) => new(
        ["i", "s", "s²", "residual"],
        [.. s.Select((v, i) => (string[])[Text(i + 1, "0"), Text(v, "f6"), Text(v * v, "f6"), Text(residuals[i], "0.0e+00")])])
    {
        Folded = $"The {s.Length} values",
    };

    /// <summary>Phases and seconds in one line.</summary>
    public static string Times(IReadOnlyList<(string Phase, double Seconds)> seconds) =>
        string.Join(", ", seconds.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Phase} {p.Seconds:f2}")));

    /// <summary>A line over the positions 1, 2, ...</summary>
    public static PlotLine Curve(string name, IReadOnlyList<double> values) => new(name, [.. values.Select((v, i) => (i + 1.0, v))]);

    private static string Verdict(SpectralModel model, double[] s, double[] residuals)
    {
        string spectrum = s.Length == 0 ? "no features" : string.Create(CultureInfo.InvariantCulture, $"{s.Length} features with singular values from {s[0]:f3} down to {s[^1]:f3}");
        string trust = model.Facts.Converged
            ? string.Create(CultureInfo.InvariantCulture, $"exact to a residual of {residuals.DefaultIfEmpty(0).Max():0.0e+00}")
            : string.Create(CultureInfo.InvariantCulture, $"not converged: the largest residual is {residuals.DefaultIfEmpty(0).Max():0.0e+00}");
        string rank = model.Rank < s.Length ? string.Create(CultureInfo.InvariantCulture, $", of rank {model.Rank}") : "";
        return $"{spectrum}{rank}, {trust}.";
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
