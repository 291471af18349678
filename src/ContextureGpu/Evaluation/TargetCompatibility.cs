namespace ContextureGpu;

/// <summary>
/// How compatible a task f is with a context: <c>rho = ||T* f|| / ||f||</c> of the centred task (Zhai et al., "Contextures", ICML 2025, section 4), and where in the spectrum it lies.
/// </summary>
/// <param name="Target">Name of the target.</param>
/// <param name="Class">Class that is told from the rest; null for a quantity.</param>
/// <param name="Rho">rho in [0, 1], from the operator itself.</param>
/// <param name="Cosines"><c>&lt;f, mu_i&gt; / ||f||</c> for i = 1 .. d0, in [-1, 1].</param>
public sealed record TargetCompatibility(string Target, string? Class, double Rho, IReadOnlyList<double> Cosines)
{
    /// <summary>Share of the task's variance that the first d0 functions explain, in [0, 1].</summary>
    public double Captured => Math.Min(1, Cosines.Sum(c => c * c));
}
